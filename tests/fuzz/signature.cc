// The sandbox's verifier, which shares no code with the client, accepts what the client signs and refuses it after any
// change. Nothing is sent, so the target leaves out what HTTP could not carry.
#include <algorithm>

#include "core/aws/sigv4.h"
#include "core/base/text.h"
#include "sandbox/wire/verifier.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::signature {
namespace {

const WallTime kNow{std::chrono::milliseconds(1'768'903'451'000)};  // 2026-01-20T10:04:11Z
constexpr std::string_view kTokenCharacters =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~";
constexpr std::string_view kServices[] = {"firehose", "s3", "iam", "logs", "sts", "monitoring", "ssm"};

std::string without(std::string_view text, std::string_view unwanted) {
  std::string kept(text);
  std::erase_if(kept, [unwanted](char c) { return unwanted.find(c) != std::string_view::npos; });
  return kept;
}

// Returns it percent-encoded as the S3 calls do, or raw. '+' is left out of a raw query: fhctl never writes it, and
// services read it as a space.
std::string read_query(std::string_view text, bool encoded) {
  if (!encoded) return without(text, std::string_view("+# \r\n\0", 6));
  std::vector<std::string> parts;
  for (const std::string& part : split(text, '&')) {
    const std::size_t equals = part.find('=');
    std::string written = percent_encode(part.substr(0, equals));
    if (equals != std::string::npos) written += "=" + percent_encode(part.substr(equals + 1));
    parts.push_back(std::move(written));
  }
  return join(parts, "&");
}

bool may_be_sent(std::string_view name) {
  if (name.empty() || name.find_first_not_of(kTokenCharacters) != std::string_view::npos) return false;
  // Set by the signer, or determined by the scope.
  for (const std::string_view own : {"host", "x-amz-content-sha256", "x-amz-decoded-content-length"}) {
    if (equal_ignoring_case(name, own)) return false;
  }
  return true;
}

void read_headers(std::string_view text, http::Request& request) {
  for (const std::string& line : split(text, '\n')) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos || !may_be_sent(line.substr(0, colon))) continue;
    request.headers.add(line.substr(0, colon), without(line.substr(colon + 1), std::string_view("\r\0", 2)));
  }
}

aws::SigningScope scope_of(std::string_view service) {
  aws::SigningScope scope;
  scope.region = service == "iam" ? "us-east-1" : "eu-central-1";
  scope.service = service;
  const bool is_s3 = service == "s3";
  scope.double_encode_path = !is_s3;
  scope.normalize_path = !is_s3;
  scope.sign_content_hash = is_s3;
  return scope;
}

bool accepted(const sandbox::Options& options, http::Request request, std::string_view service) {
  sandbox::DerivedKeys keys;
  return !sandbox::verify(options, keys, request, service, kNow, kNow).refusal;
}

}  // namespace

FUZZ_TARGET(signature) {
  Input choices(input);
  const std::string_view service = kServices[choices.below(std::size(kServices))];
  const bool encoded = choices.coin();
  const bool with_token = choices.coin();
  http::Request request;
  request.method = without(choices.piece(), std::string_view(" \r\n\0", 4));
  request.host = "127.0.0.1";
  request.port = 4580;
  const std::string_view path = choices.piece();
  request.path = "/" + (encoded ? percent_encode(path, true) : without(path, std::string_view("?# \r\n\0", 6)));
  request.query = read_query(choices.piece(), encoded);
  read_headers(choices.piece(), request);
  request.body = choices.rest();
  // Signatures in the query string are another protocol, which the sandbox reports as not simulated.
  if (contains(request.query, "X-Amz-Signature=")) return;

  sandbox::Options options;
  if (with_token) options.session_token = "the/session+token==";
  const aws::Credentials credentials{.access_key_id = options.access_key_id,
                                     .secret_access_key = options.secret_access_key,
                                     .session_token = options.session_token,
                                     .expiration = {},
                                     .account_id = {},
                                     .source = {}};
  const aws::SigningScope scope = scope_of(service);
  const aws::SigningSteps steps = aws::sign(request, credentials, scope, kNow);
  FUZZ_CHECK(steps.signature.size() == 64);
  FUZZ_CHECK(accepted(options, request, service));

  // Signing again, as a retry does, changes nothing.
  http::Request again = request;
  FUZZ_CHECK(aws::sign(again, credentials, scope, kNow).signature == steps.signature);
  FUZZ_CHECK(again.headers.all.size() == request.headers.all.size());

  http::Request changed = request;
  changed.body += "x";
  FUZZ_CHECK(!accepted(options, changed, service));
  changed = request;
  changed.method += "X";
  FUZZ_CHECK(!accepted(options, changed, service));
  changed = request;
  changed.path += "x";
  FUZZ_CHECK(!accepted(options, changed, service));
  changed = request;
  changed.query += "&x";
  FUZZ_CHECK(!accepted(options, changed, service));
}

}  // namespace fhctl::fuzz::signature
