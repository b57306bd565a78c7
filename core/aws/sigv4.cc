#include "core/aws/sigv4.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include <fmt/core.h>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

// Headers that proxies and HTTP libraries add or change on the way. What is not signed may change.
constexpr std::string_view kUnsignedHeaders[] = {
    "authorization",
    "connection",
    "expect",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailer",
    "upgrade",
    "transfer-encoding",
    "user-agent",
    "x-amzn-trace-id",
};

// Enough for the services, regions and days of one run. A program that runs for months clears the cache now and then.
constexpr std::size_t kSigningKeysMax = 32;

std::string canonical_path(const std::string& path, const SigningScope& scope);
std::string canonical_query(const std::string& query);
std::map<std::string, std::string> canonical_headers(const http::Headers& headers);
std::string signed_header_names(const std::map<std::string, std::string>& headers);
std::string credential_scope(const SigningScope& scope, const std::string& amz_date);
std::string canonical_request(const http::Request& request, const SigningScope& scope,
                              const std::map<std::string, std::string>& headers, const std::string& signed_headers,
                              std::string_view payload_hash);

}  // namespace

std::string canonical_request(const http::Request& request, const SigningScope& scope, std::string_view payload_hash) {
  const std::map<std::string, std::string> headers = canonical_headers(request.headers);
  return canonical_request(request, scope, headers, signed_header_names(headers), payload_hash);
}

std::string string_to_sign(std::string_view canonical_request, const SigningScope& scope, WallTime time) {
  const std::string amz_date = format_amz_date(time);
  return fmt::format("AWS4-HMAC-SHA256\n{}\n{}\n{}", amz_date, credential_scope(scope, amz_date),
                     to_hex(sha256(canonical_request)));
}

std::string signature(std::string_view secret_access_key, std::string_view string_to_sign, const SigningScope& scope,
                      WallTime time) {
  return to_hex(hmac_sha256(SigningKeys().key(secret_access_key, scope, time), string_to_sign));
}

const std::string& SigningKeys::key(std::string_view secret_access_key, const SigningScope& scope, WallTime time) {
  const std::string amz_date = format_amz_date(time);
  const std::string held_for = credential_scope(scope, amz_date);
  if (const auto known = keys_.find(held_for); known != keys_.end()) return known->second;
  if (keys_.size() >= kSigningKeysMax) forget();

  std::string key = "AWS4" + std::string(secret_access_key);
  for (const std::string_view part : {std::string_view(amz_date).substr(0, 8), std::string_view(scope.region),
                                      std::string_view(scope.service), std::string_view("aws4_request")}) {
    std::string next = hmac_sha256(key, part);
    wipe(key);
    key = std::move(next);
  }
  return keys_[held_for] = std::move(key);
}

void SigningKeys::forget() {
  for (auto& [scope, key] : keys_) wipe(key);
  keys_.clear();
}

SigningSteps sign(http::Request& request, const Credentials& credentials, const SigningScope& scope, WallTime time) {
  SigningKeys keys;
  return sign(request, credentials, scope, time, keys);
}

SigningSteps sign(http::Request& request, const Credentials& credentials, const SigningScope& scope, WallTime time,
                  SigningKeys& keys) {
  const std::string amz_date = format_amz_date(time);
  const std::string payload_hash = to_hex(sha256(request.body));
  http::Headers& headers = request.headers;
  for (const std::string_view stale : {"Authorization", "X-Amz-Date", "X-Amz-Security-Token"}) headers.remove(stale);
  headers.set("Host", request.authority());
  headers.set("X-Amz-Date", amz_date);
  if (!credentials.session_token.empty()) headers.set("X-Amz-Security-Token", credentials.session_token);
  if (scope.sign_content_hash) headers.set("x-amz-content-sha256", payload_hash);

  SigningSteps steps;
  const std::map<std::string, std::string> canonical = canonical_headers(headers);
  steps.signed_headers = signed_header_names(canonical);
  steps.canonical_request = canonical_request(request, scope, canonical, steps.signed_headers, payload_hash);
  steps.string_to_sign = string_to_sign(steps.canonical_request, scope, time);
  steps.signature = to_hex(hmac_sha256(keys.key(credentials.secret_access_key, scope, time), steps.string_to_sign));
  headers.set("Authorization", fmt::format("AWS4-HMAC-SHA256 Credential={}/{}, SignedHeaders={}, Signature={}",
                                           credentials.access_key_id, credential_scope(scope, amz_date),
                                           steps.signed_headers, steps.signature));
  return steps;
}

namespace {

std::string credential_scope(const SigningScope& scope, const std::string& amz_date) {
  return fmt::format("{}/{}/{}/aws4_request", amz_date.substr(0, 8), scope.region, scope.service);
}

// Removes empty and "." segments; ".." also removes the segment before it. A trailing slash is kept, but never added:
// the SDKs turn "/a/." into "/a".
std::string normalized(const std::string& path) {
  std::vector<std::string> kept;
  for (const std::string& segment : split(path, '/')) {
    if (segment == ".." && !kept.empty()) kept.pop_back();
    if (!segment.empty() && segment != "." && segment != "..") kept.push_back(segment);
  }
  std::string result = "/" + join(kept, "/");
  if (ends_with(path, "/") && !kept.empty()) result += '/';
  return result;
}

std::string canonical_path(const std::string& path, const SigningScope& scope) {
  std::string result = path.empty() ? "/" : path;
  if (scope.normalize_path) result = normalized(result);
  // S3 encodes the decoded key once; everything else encodes the path as it was sent once more.
  return percent_encode(scope.double_encode_path ? result : percent_decode(result), /*keep_slash=*/true);
}

std::string canonical_query(const std::string& query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  for (const std::string& part : split(query, '&')) {
    if (part.empty()) continue;
    const std::size_t equals = part.find('=');
    const std::string key = part.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : part.substr(equals + 1);
    parameters.emplace_back(percent_encode(percent_decode(key)), percent_encode(percent_decode(value)));
  }
  std::sort(parameters.begin(), parameters.end());
  std::vector<std::string> parts;
  for (const auto& [key, value] : parameters) parts.push_back(key + "=" + value);
  return join(parts, "&");
}

// Trimmed, and every run of white space inside (a folded line, too) is one space.
std::string canonical_value(std::string_view value) {
  std::string result;
  bool pending_space = false;
  for (const char c : trim(value)) {
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      pending_space = true;
      continue;
    }
    if (pending_space) result += ' ';
    pending_space = false;
    result += c;
  }
  return result;
}

std::map<std::string, std::string> canonical_headers(const http::Headers& headers) {
  std::map<std::string, std::string> result;
  for (const http::Header& header : headers.all) {
    const std::string name = to_lower(header.name);
    if (std::find(std::begin(kUnsignedHeaders), std::end(kUnsignedHeaders), name) != std::end(kUnsignedHeaders)) {
      continue;
    }
    const auto [entry, inserted] = result.emplace(name, canonical_value(header.value));
    if (!inserted) entry->second += "," + canonical_value(header.value);
  }
  return result;
}

std::string signed_header_names(const std::map<std::string, std::string>& headers) {
  std::string names;
  for (const auto& [name, value] : headers) names += (names.empty() ? "" : ";") + name;
  return names;
}

std::string canonical_request(const http::Request& request, const SigningScope& scope,
                              const std::map<std::string, std::string>& headers, const std::string& signed_headers,
                              std::string_view payload_hash) {
  std::string header_lines;
  for (const auto& [name, value] : headers) header_lines += name + ":" + value + "\n";
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", request.method, canonical_path(request.path, scope),
                     canonical_query(request.query), header_lines, signed_headers, payload_hash);
}

}  // namespace
}  // namespace fhctl::aws
