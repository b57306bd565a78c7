// The shared config and credentials files (~/.aws/config, ~/.aws/credentials): an INI dialect of AWS's own.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/platform.h"
#include "core/base/result.h"

namespace fhctl::aws {

// One section. Property names are lower-cased (they compare without case in the AWS CLI). A property with nested lines
// ("s3 =" and indented lines below) keeps them in `nested`.
struct ConfigSection {
  std::map<std::string, std::string> values;
  std::map<std::string, std::map<std::string, std::string>> nested;
  std::map<std::string, std::string> origins;  // of each value: the file's path, for messages

  // Returns the property without white space around it; empty when it is absent.
  std::string value(std::string_view name) const;
  // Returns the path of the file that the property was read from; empty when it is absent.
  std::string origin(std::string_view name) const;
};

struct SharedConfig {
  std::map<std::string, ConfigSection> profiles;
  std::map<std::string, ConfigSection> sso_sessions;
  std::map<std::string, ConfigSection> services;
  std::string config_path;  // as resolved, whether or not the file exists
  std::string credentials_path;

  // Returns the section of the profile, or nullptr when no file has one.
  const ConfigSection* find(std::string_view profile) const;
};

enum class SharedFile { kConfig, kCredentials };

// Parses the text of one file into `into`; the properties of a later file override those of an earlier one. Errors
// (kUsage) name `path` and the line.
Result<void> parse_shared_file(std::string_view text, SharedFile kind, const std::string& path, SharedConfig& into);

// Reads both files: AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else below the home folder. A missing file counts
// as an empty one. Properties of the credentials file win.
Result<SharedConfig> load_shared_config(const Environment& environment, FileSystem& files);

}  // namespace fhctl::aws
