// Credentials and where they came from: environment, then the shared files, as the AWS CLI does it.
#pragma once

#include <optional>
#include <string>

#include "core/aws/profile_file.h"
#include "core/base/result.h"
#include "core/base/seams.h"
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

// The last four characters, for messages. Never more of a key than this leaves the program.
std::string key_tail(const Credentials& credentials);

// The chain of this version: environment (skipped when the profile was named by a flag), then static keys of the
// profile. A profile that wants something else (SSO, role_arn, credential_process, login_session) is an error
// (kCredentials) that says so and how to get keys out of it (`aws configure export-credentials`). No credentials at all
// is kCredentials with the list of places that were looked at.
Result<Credentials> load_credentials(const Environment& environment, const ProfileSet& profiles,
                                     const std::string& profile, bool profile_named_by_flag);

}  // namespace fhctl::aws
