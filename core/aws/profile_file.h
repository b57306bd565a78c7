// The shared config and credentials files (~/.aws/config, ~/.aws/credentials): an INI dialect of AWS's own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/base/seams.h"

namespace fhctl::aws {

// One section. Property names are lower-cased (they compare without case in the AWS CLI). A property with nested lines
// ("s3 =" and indented lines below) keeps them in `nested`.
struct ProfileSection {
  std::map<std::string, std::string> values;
  std::map<std::string, std::map<std::string, std::string>> nested;
  std::map<std::string, std::string> origins;  // of each value: the file's path, for messages
};

struct ProfileSet {
  std::map<std::string, ProfileSection> profiles;
  std::map<std::string, ProfileSection> sso_sessions;
  std::map<std::string, ProfileSection> services;
  std::string config_path;  // as resolved, whether or not the file exists
  std::string credentials_path;

  const ProfileSection* find(std::string_view profile) const;
};

enum class ProfileFileKind { kConfig, kCredentials };

// Parses one file's text into the set; later files override earlier ones key by key. Errors name `path` and the line.
Result<void> parse_profile_file(std::string_view text, ProfileFileKind kind, const std::string& path, ProfileSet& into);

// Reads both files: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else below the home folder. A missing file is an
// empty one. Keys of the credentials file win.
Result<ProfileSet> load_profiles(const Environment& environment, FileSystem& files);

}  // namespace fhctl::aws
