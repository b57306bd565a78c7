// Signature Version 4, header form. Four steps, four functions, so that a test can name the step that went wrong.
// Follows "Create a signed AWS API request" in the IAM user guide; S3 differs in how its path is treated.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "core/aws/credentials.h"
#include "core/base/time.h"
#include "core/http/message.h"

namespace fhctl::aws {

struct SigningScope {
  std::string region{};
  std::string service{};           // the signing name: "s3", "firehose", ...
  bool double_encode_path = true;  // S3: false, neither normalised nor encoded again
  bool normalize_path = true;      // S3: false
  bool sign_content_hash = false;  // S3: true, adds and signs x-amz-content-sha256
};

struct SigningSteps {
  std::string canonical_request{};
  std::string string_to_sign{};
  std::string signature{};  // hex
  std::string signed_headers{};
};

// Canonical form of the request as it stands: every header in it is signed, but the few that proxies change
// (connection, expect, user-agent, x-amzn-trace-id, ...).
std::string canonical_request(const http::Request& request, const SigningScope& scope, std::string_view payload_hash);
std::string string_to_sign(std::string_view canonical_request, const SigningScope& scope, WallTime time);
std::string signature(std::string_view secret_access_key, std::string_view string_to_sign, const SigningScope& scope,
                      WallTime time);

// The keys that were derived from one secret, so that each is derived once. Another secret needs another object.
class SigningKeys {
 public:
  SigningKeys() = default;
  SigningKeys(const SigningKeys&) = delete;
  SigningKeys& operator=(const SigningKeys&) = delete;
  ~SigningKeys() { forget(); }

  // Raw bytes; valid until the next call.
  const std::string& key(std::string_view secret_access_key, const SigningScope& scope, WallTime time);
  void forget();  // wipes them

 private:
  std::map<std::string, std::string> keys_;  // by credential scope: a key holds for a day, a region and a service
};

// Adds Host, X-Amz-Date, X-Amz-Security-Token (when there is a session token), x-amz-content-sha256 (where asked for)
// and Authorization. Removes older ones first, so that a retry can be signed again.
SigningSteps sign(http::Request& request, const Credentials& credentials, const SigningScope& scope, WallTime time,
                  SigningKeys& keys);
SigningSteps sign(http::Request& request, const Credentials& credentials, const SigningScope& scope, WallTime time);

}  // namespace fhctl::aws
