// The input and the result of a converging run.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/drain/drain_status.h"
#include "core/manifest/manifest.h"
#include "core/observe/observe.h"
#include "core/plan/desired.h"

namespace fhctl::pipeline {

struct ConvergeOptions {
  SpecSources sources;
  Intent intent;
  bool plan_only = false;
  bool no_lock = false;
  bool no_wait = false;  // return once AWS has accepted; the next run continues with what is CREATING or draining
  DrainConditions drain_conditions;
  Duration lock_timeout = std::chrono::minutes(2);
  // Called with the plan before anything changes. An error ends the run: kConfirmation, kCancelled.
  std::function<Result<void>(const Plan&, const Observed&, const Desired&)> confirm;
  // Called when the reading after taking the lock requires more deletions or replacements than were confirmed. With
  // --yes it returns an error (kPrecondition).
  std::function<Result<void>(const Plan&, const Observed&, const Desired&)> confirm_again;
};

struct Outcome {
  Plan plan;          // the one that was applied (or would be)
  Observed observed;  // before
  Desired desired;
  int added = 0;
  int changed = 0;
  int destroyed = 0;
  std::int64_t data_deleted = 0;       // objects, versions and delete markers of the user that a destroy deleted
  std::set<ResourceId> created_early;  // created in this run before the plan was rebuilt
  std::vector<std::pair<ResourceId, Error>> failures;
  std::optional<Manifest> manifest;  // the newest one published or found
  std::vector<std::string> manifest_targets;
  bool still_creating = false;        // --no-wait
  std::vector<DrainStatus> draining;  // streams to delete that could not be deleted yet
  // By number: streams that were deleted although CloudWatch shows fewer records delivered than taken.
  std::map<int, DrainStatus> differences;
  // Nothing after a success, or why the run did not reach its goal. The kind decides the exit code: kPartial if a part
  // was done and the same command continues.
  std::optional<Error> error;
};

}  // namespace fhctl::pipeline
