// The checks of `doctor`.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "core/observe/observe.h"

namespace fhctl::cli {

struct HealthCheck {
  enum class Level { kOk, kWarn, kFail };
  Level level = Level::kOk;
  std::string subject;  // "credentials", "S3"
  std::string finding;
  std::string hint;
  Error error;  // of a failure: decides the exit code
};

// In the order of dependence: a check needs those before it, and is left out when one of them failed. Each service gets
// one read that changes nothing.
std::vector<HealthCheck> check_health(Context& context, const pipeline::SpecSources& sources);

// The finding for a clock difference: S3 and other services refuse signatures that are 5 to 15 minutes off.
HealthCheck judge_clock(Duration offset);
HealthCheck judge_quota(int streams_in_region, int quota, const std::string& region);

}  // namespace fhctl::cli
