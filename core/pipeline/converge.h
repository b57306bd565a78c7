// A whole run: observe, plan, confirm, lock, look again, apply. `up`, `scale` and `destroy` all come through here.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/seams.h"
#include "core/pipeline/desired.h"
#include "core/pipeline/event.h"
#include "core/pipeline/lock.h"
#include "core/pipeline/observe.h"

namespace fhctl::pipeline {

// What a run works with. One per command; everything is owned by the caller.
struct Run {
  aws::Client& client;
  FileSystem& files;
  Entropy& entropy;
  const Host& host;
  Control& control;
  Observer& observer;
  std::string version;                // of fhctl, for the manifest's publisher
  std::string run_id;                 // 8 hex digits
  std::string ci_url;                 // link to the CI job; empty when there is none
  std::string command;                // "scale", for the lock's body
  bool manifest_file_warned = false;  // the one warning about the local manifest file was given
};

struct ConvergeOptions {
  SpecSources sources;
  Intent intent;
  bool plan_only = false;
  bool no_lock = false;
  bool no_wait = false;  // return once AWS has accepted; what is CREATING or draining is left to the next run
  DrainConditions drain_conditions;
  Duration lock_timeout = std::chrono::minutes(2);
  // Asked before anything changes, with the plan. An error ends the run: kConfirmation, kCancelled.
  std::function<Result<void>(const Plan&, const Observed&, const Desired&)> confirm;
  // Asked when the look after taking the lock found more to delete or replace than was agreed to. Under --yes the
  // answer is an error (kPrecondition).
  std::function<Result<void>(const Plan&, const Observed&, const Desired&)> confirm_again;
};

struct Outcome {
  Plan plan;          // the one that was applied (or would be)
  Observed observed;  // before
  Desired desired;
  int added = 0;
  int changed = 0;
  int destroyed = 0;
  std::int64_t data_deleted = 0;  // objects, versions and delete markers of the user that a destroy deleted
  std::set<ResourceId> born;      // made in this run before the plan was made anew
  std::vector<std::pair<ResourceId, Error>> failures;
  std::optional<Manifest> manifest;  // the newest one published or found
  std::vector<std::string> manifest_targets;
  bool still_creating = false;         // --no-wait
  std::vector<DrainVerdict> draining;  // streams on their way out that could not be deleted yet
  // What is true at the end whatever happened: nothing, or why the run did not get where it should (with the kind that
  // decides the exit code: kPartial when something was done and the same command continues).
  std::optional<Error> error;
};

// Waits. The error is for runs that ended before anything was changed; afterwards the Outcome carries it.
Result<Outcome> converge(Run& run, const ConvergeOptions& options);

// Publishes the manifest as it should be now, in the bucket (with a condition on the previous ETag) and in the local
// file, if it differs; takes the lock for it. For `fhctl manifest publish`.
Result<Manifest> publish_now(Run& run, const SpecSources& sources, Duration lock_timeout);

}  // namespace fhctl::pipeline
