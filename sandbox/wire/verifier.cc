#include "sandbox/wire/verifier.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <utility>
#include <vector>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/wire/aws_chunked.h"
#include "sandbox/wire/error_reply.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";

struct Authorization {
  std::vector<std::string> credential;  // key id, date, region, service, terminator
  std::vector<std::string> signed_headers;
  std::string signature;
};

bool is_lower_hex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// "AWS4-HMAC-SHA256 Credential=.../aws4_request, SignedHeaders=a;b, Signature=...": nullopt when it is anything else.
std::optional<Authorization> parse_authorization(std::string_view text) {
  if (!starts_with(text, kAlgorithm) || text.size() <= kAlgorithm.size() || text[kAlgorithm.size()] != ' ') {
    return std::nullopt;
  }
  std::map<std::string, std::string> fields;
  for (const std::string& part : split(text.substr(kAlgorithm.size() + 1), ',')) {
    const std::string_view field = trim(part);
    const std::size_t equals = field.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    if (!fields.emplace(field.substr(0, equals), field.substr(equals + 1)).second) return std::nullopt;
  }
  if (fields.size() != 3 || !fields.contains("Credential") || !fields.contains("SignedHeaders")) return std::nullopt;
  Authorization result;
  result.credential = split(fields["Credential"], '/');
  result.signed_headers = split(fields["SignedHeaders"], ';');
  result.signature = fields["Signature"];
  const bool well_formed = result.credential.size() == 5 && result.signature.size() == 64 &&
                           is_lower_hex(result.signature) &&
                           std::is_sorted(result.signed_headers.begin(), result.signed_headers.end());
  if (!well_formed) return std::nullopt;
  for (const std::string& name : result.signed_headers) {
    if (name.empty() || name != to_lower(name)) return std::nullopt;
  }
  return result;
}

// "20260120T100411Z".
std::optional<WallTime> parse_amz_date(const std::string& text) {
  if (text.size() != 16 || text[8] != 'T' || text[15] != 'Z') return std::nullopt;
  return parse_iso8601(text.substr(0, 4) + "-" + text.substr(4, 2) + "-" + text.substr(6, 2) + "T" + text.substr(9, 2) +
                       ":" + text.substr(11, 2) + ":" + text.substr(13, 2) + "Z");
}

// Trims leading and trailing blanks, and replaces runs of blanks by one.
std::string squeeze(std::string_view value) {
  std::string result;
  for (char c : trim(value)) {
    const bool blank = c == ' ' || c == '\t';
    if (blank && ends_with(result, " ")) continue;
    result += blank ? ' ' : c;
  }
  return result;
}

std::string canonical_headers(const http::Request& request, const std::vector<std::string>& names) {
  std::string result;
  for (const std::string& name : names) {
    std::vector<std::string> values;
    for (const http::Header& header : request.headers.all) {
      if (equal_ignoring_case(header.name, name)) values.push_back(squeeze(header.value));
    }
    result += name + ":" + join(values, ",") + "\n";
  }
  return result;
}

// S3 decodes the path once and encodes it again; the other services remove dots and double slashes and encode the
// received path a second time.
std::string canonical_path(const std::string& path, bool is_s3) {
  if (is_s3) return percent_encode(percent_decode(path), true);
  std::vector<std::string> kept;
  for (const std::string& part : split(path, '/')) {
    if (part == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (!part.empty() && part != ".") {
      kept.push_back(percent_encode(part));
    }
  }
  const bool open_ended = ends_with(path, "/") && !kept.empty();
  return "/" + join(kept, "/") + (open_ended ? "/" : "");
}

std::string canonical_query(const std::string& query) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& part : split(query, '&')) {
    if (part.empty()) continue;
    const std::string spaced = replace_all(part, "+", "%20");
    const std::size_t equals = spaced.find('=');
    const std::string name = spaced.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : spaced.substr(equals + 1);
    pairs.emplace_back(percent_encode(percent_decode(name)), percent_encode(percent_decode(value)));
  }
  std::sort(pairs.begin(), pairs.end());
  std::string result;
  for (const auto& [name, value] : pairs) result += (result.empty() ? "" : "&") + name + "=" + value;
  return result;
}

bool is_aws_tool(std::string_view user_agent) {
  for (std::string_view name : {"Boto3/", "Botocore/", "aws-cli/", "aws-sdk-"}) {
    if (starts_with(user_agent, name)) return true;
  }
  return false;
}

bool near(WallTime a, WallTime b, std::chrono::minutes tolerance) { return a <= b + tolerance && b <= a + tolerance; }

class Check {
 public:
  Check(const Options& options, DerivedKeys& keys, http::Request& request, std::string_view service_asked)
      : options_(options), keys_(keys), request_(request), asked_(service_asked) {}

  // Returns the first refusal, in the order in which AWS checks.
  std::optional<http::Response> run(WallTime now, WallTime now_shifted) {
    if (std::optional<http::Response> refusal = read_authorization()) return refusal;
    if (std::optional<http::Response> refusal = check_scope()) return refusal;
    if (std::optional<http::Response> refusal = check_key()) return refusal;
    if (std::optional<http::Response> refusal = check_date(now, now_shifted)) return refusal;
    if (std::optional<http::Response> refusal = check_signed_headers()) return refusal;
    if (std::optional<http::Response> refusal = read_payload_hash()) return refusal;
    return check_signature();
  }

  Scope scope;

 private:
  http::Response no(Refusal refusal, std::string_view message = "") const { return refuse(asked_, refusal, message); }
  bool is_s3() const { return asked_ == "s3"; }

  std::optional<http::Response> read_authorization() {
    if (contains(request_.query, "X-Amz-Signature=")) {
      return no(Refusal::kMalformed, "Signatures in the query string are not simulated.");
    }
    const std::optional<std::string> header = request_.headers.find("authorization");
    if (!header) return no(Refusal::kUnsigned);
    std::optional<Authorization> parsed = parse_authorization(*header);
    if (!parsed) return no(Refusal::kMalformed, "The Authorization header is not of the form of Signature Version 4.");
    authorization_ = std::move(*parsed);
    scope = {authorization_.credential[0], authorization_.credential[1], authorization_.credential[2],
             authorization_.credential[3]};
    return std::nullopt;
  }

  std::optional<http::Response> check_scope() {
    if (authorization_.credential[4] != "aws4_request") {
      return no(Refusal::kMalformed, "Credential should be scoped with a valid terminator: 'aws4_request'.");
    }
    static constexpr std::string_view kServices[] = {"firehose", "s3", "iam", "logs", "sts", "monitoring", "ssm"};
    if (std::find(std::begin(kServices), std::end(kServices), scope.service) == std::end(kServices)) {
      return wire_error(asked_, 400, "UnknownOperationException",
                        "The service '" + scope.service + "' is not simulated.");
    }
    if (scope.service != asked_) {
      return no(Refusal::kBadSignature,
                "Credential should be scoped to correct service: '" + std::string(asked_) + "'.");
    }
    if (!region_fits()) {
      return no(Refusal::kBadSignature, "Credential should be scoped to a valid region, not '" + scope.region + "'.");
    }
    return std::nullopt;
  }

  bool region_fits() const {
    // IAM is global: each partition has one region that signs for it. AWS's own tools sign for another region when they
    // are given an endpoint, as they are here; only they are accepted.
    static constexpr std::string_view kIamRegions[] = {"us-east-1", "cn-north-1", "us-gov-west-1", "eusc-de-east-1"};
    if (scope.service == "iam" && !is_aws_tool(request_.headers.find("user-agent").value_or(""))) {
      return std::find(std::begin(kIamRegions), std::end(kIamRegions), scope.region) != std::end(kIamRegions);
    }
    const std::vector<std::string> parts = split(scope.region, '-');
    return parts.size() >= 3 && parts.size() <= 5 && parse_integer(parts.back()).has_value() &&
           scope.region.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string::npos;
  }

  std::optional<http::Response> check_key() {
    if (scope.access_key_id != options_.access_key_id) return no(Refusal::kUnknownKey);
    const std::optional<std::string> token = request_.headers.find("x-amz-security-token");
    if (token.value_or("") == options_.session_token) return std::nullopt;
    if (is_s3() && token) {
      return wire_error("s3", 400, "InvalidToken", "The provided token is malformed or otherwise invalid.");
    }
    return no(Refusal::kUnknownKey);
  }

  std::optional<http::Response> check_date(WallTime now, WallTime now_shifted) {
    amz_date_ = request_.headers.find("x-amz-date").value_or("");
    const std::optional<WallTime> date = parse_amz_date(amz_date_);
    if (!date) {
      return no(is_s3() ? Refusal::kDenied : Refusal::kMalformed, "A valid X-Amz-Date header is required.");
    }
    const std::chrono::minutes tolerance(is_s3() ? 15 : 5);
    if (!near(*date, now, tolerance) && !near(*date, now_shifted, tolerance)) {
      if (is_s3()) {
        return wire_error("s3", 403, "RequestTimeTooSkewed",
                          "The difference between the request time and the current time is too large.");
      }
      const bool late = *date < now;
      const WallTime edge = late ? now - tolerance : now + tolerance;
      return no(Refusal::kBadSignature, std::string(late ? "Signature expired: " : "Signature not yet current: ") +
                                            amz_date_ + " is " + (late ? "now earlier than " : "still later than ") +
                                            format_amz_date(edge) + " (" + format_amz_date(now) +
                                            (late ? " - 5 min.)" : " + 5 min.)"));
    }
    if (scope.date != amz_date_.substr(0, 8)) {
      return no(is_s3() ? Refusal::kMalformed : Refusal::kBadSignature,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '" +
                    scope.date + "' != '" + amz_date_.substr(0, 8) + "'.");
    }
    return std::nullopt;
  }

  std::optional<http::Response> check_signed_headers() {
    const std::vector<std::string>& names = authorization_.signed_headers;
    const auto is_signed = [&names](std::string_view name) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    for (const std::string& name : names) {
      if (!request_.headers.find(name)) {
        return no(Refusal::kBadSignature, "The signed header '" + name + "' is not in the request.");
      }
    }
    if (!is_signed("host"))
      return no(Refusal::kBadSignature, "'Host' must be a 'SignedHeader' in the AWS Authorization.");
    for (const http::Header& header : request_.headers.all) {
      const std::string name = to_lower(header.name);
      if ((starts_with(name, "x-amz-") || name == "content-type") && !is_signed(name)) {
        return is_s3() ? wire_error("s3", 403, "AccessDenied",
                                    "There were headers present in the request which were "
                                    "not signed: " +
                                        name)
                       : no(Refusal::kBadSignature, "The header '" + name + "' must be signed.");
      }
    }
    return std::nullopt;
  }

  std::optional<http::Response> read_payload_hash() {
    const std::optional<std::string> given = request_.headers.find("x-amz-content-sha256");
    if (is_s3() && !given) {
      return wire_error("s3", 400, "InvalidRequest", "Missing required header for this request: x-amz-content-sha256");
    }
    if (is_s3() && (*given == kUnsignedPayload || is_streaming_payload(*given))) {
      payload_hash_ = *given;
      return std::nullopt;
    }
    payload_hash_ = to_hex(sha256(request_.body));
    if (!given || *given == payload_hash_) return std::nullopt;
    if (!is_s3()) return no(Refusal::kBadSignature);
    if (given->size() != 64 || !is_lower_hex(*given)) {
      return wire_error("s3", 400, "InvalidArgument",
                        "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, a streaming mode or a valid sha256 value.");
    }
    return wire_error("s3", 400, "XAmzContentSHA256Mismatch",
                      "The provided 'x-amz-content-sha256' header does not match what was computed.");
  }

  std::optional<http::Response> check_signature() {
    const std::string canonical = request_.method + "\n" + canonical_path(request_.path, is_s3()) + "\n" +
                                  canonical_query(request_.query) + "\n" +
                                  canonical_headers(request_, authorization_.signed_headers) + "\n" +
                                  join(authorization_.signed_headers, ";") + "\n" + payload_hash_;
    const std::string& key = signing_key();
    const std::string to_sign =
        std::string(kAlgorithm) + "\n" + amz_date_ + "\n" + scope.text() + "\n" + to_hex(sha256(canonical));
    if (to_hex(hmac_sha256(key, to_sign)) != authorization_.signature) return no(Refusal::kBadSignature);
    if (!is_streaming_payload(payload_hash_)) return std::nullopt;
    return decode_aws_chunked(request_, payload_hash_, {key, amz_date_, scope.text(), authorization_.signature});
  }

  const std::string& signing_key() {
    constexpr std::size_t kMost = 64;
    if (keys_.size() >= kMost) keys_.clear();
    std::string& key = keys_[options_.secret_access_key + "\n" + scope.text()];
    if (!key.empty()) return key;
    key = "AWS4" + options_.secret_access_key;
    for (const std::string& part : {scope.date, scope.region, scope.service, std::string("aws4_request")}) {
      key = hmac_sha256(key, part);
    }
    return key;
  }

  const Options& options_;
  DerivedKeys& keys_;
  http::Request& request_;
  std::string_view asked_;
  Authorization authorization_;
  std::string amz_date_;
  std::string payload_hash_;
};

}  // namespace

Verdict verify(const Options& options, DerivedKeys& keys, http::Request& request, std::string_view service_asked,
               WallTime now, WallTime now_shifted) {
  Check check(options, keys, request, service_asked);
  std::optional<http::Response> refusal = check.run(now, now_shifted);
  return {check.scope, std::move(refusal)};
}

}  // namespace fhctl::sandbox
