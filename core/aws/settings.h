// The AWS settings of a run: profile, region, endpoints, CA bundle. Flag, then environment, then profile.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/aws/endpoints.h"
#include "core/aws/shared_config.h"
#include "core/base/platform.h"
#include "core/base/result.h"

namespace fhctl::aws {

// What the command line said; empty means not said.
struct SettingsFlags {
  std::string profile{};
  std::string region{};
  std::string endpoint_url{};
  std::string ca_bundle{};
  bool use_fips = false;
  bool use_dualstack = false;
};

struct Settings {
  std::string profile{};  // "default" unless named
  bool profile_named_by_flag = false;
  std::string region{};         // empty: found nowhere
  std::string region_source{};  // "--region", "AWS_REGION", "profile default"
  std::string ca_bundle{};
  bool use_fips = false;
  bool use_dualstack = false;
  std::map<Service, std::string> endpoint_urls{};     // custom endpoints, only where one applies
  std::map<Service, std::string> endpoint_sources{};  // "--endpoint-url", "AWS_ENDPOINT_URL_S3", "profile x"
  int max_attempts = 0;                               // AWS_MAX_ATTEMPTS / max_attempts; 0: not set
};

// Returns the value of an environment variable without white space around it; empty when it is not set or blank, which
// the AWS CLI treats as the same.
std::string environment_value(const Environment& environment, std::string_view name);

// Errors (kUsage): a named profile that does not exist, a services section that does not exist, a bad boolean. A
// missing region is not an error here.
Result<Settings> resolve_settings(const Environment& environment, const SharedConfig& config,
                                  const SettingsFlags& flags);

}  // namespace fhctl::aws
