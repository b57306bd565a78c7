// Credentials: what a request is signed with. core/aws/credentials/chain.h finds them.
#pragma once

#include <optional>
#include <string>

#include "core/base/time.h"

namespace fhctl::aws {

struct Credentials {
  std::string access_key_id{};
  std::string secret_access_key{};
  std::string session_token{};           // empty: long-term keys
  std::optional<WallTime> expiration{};  // where the source says it
  std::string account_id{};              // where the source says it
  std::string source{};                  // "environment (AWS_ACCESS_KEY_ID)", "~/.aws/credentials [default]"
};

// Returns the last four characters of the access key id, for messages. No message shows more of a key.
std::string key_tail(const Credentials& credentials);

}  // namespace fhctl::aws
