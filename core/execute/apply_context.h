// What the parts of apply() share: the run, the goal, and the accounting of steps.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/observe/conditional_write.h"
#include "core/observe/lock_object.h"
#include "core/plan/build_plan.h"
#include "core/publish/publisher.h"
#include "core/run/lock.h"
#include "core/run/options.h"
#include "core/run/run.h"

namespace fhctl::pipeline {

// How long a run relies on an ownership reading, and on the manifest that it published, before it checks again.
inline constexpr Duration kTrustedFor = std::chrono::seconds(30);

class ApplyContext {
 public:
  ApplyContext(Run& run, const ConvergeOptions& options, const Desired& desired, Observed observed, const Plan& plan,
               Outcome& outcome, Lock* lock);

  // To be called before each change. Succeeds if no stop was requested, the deadline has not passed, enough of the
  // lock's lease is left, and nothing failed so far.
  Result<void> check_can_start() const;
  // The same without the last condition: for publishing, and for finishing what was started.
  Result<void> check_can_continue() const;

  void started(const Step& step);
  void done(const Step& step);
  void failed(const Step& step, Error error);
  // Records a failure that belongs to no step.
  void failure(const ResourceId& resource, Error error);
  // The same, but errors that concern the run as a whole are reported once, as the run's error.
  void record_failure(const ResourceId& resource, Error error);
  // Carries out one step: started, body, then done or failed. Skips the step if check_can_start() fails.
  template <class Body>
  bool step(const Step& step, Body body) {
    if (!can_start()) return false;
    started(step);
    const Result<void> result = body();
    if (result) {
      done(step);
    } else {
      failed(step, result.error());
    }
    return result.has_value();
  }
  bool can_start();  // check_can_start(); remembers the error

  bool any_failure() const { return failed_; }
  const Step* find(Kind kind) const;  // the plan's step for this kind, or nullptr
  // To be called before `what` (a resource as in core/aws/consistency.h) is deleted. Succeeds if its tags were read
  // recently, or if `read` shows that they are still this pipeline's (nullopt: it is gone). kPrecondition when they
  // have been removed or changed, by another process than this run. Waits.
  Result<void> check_still_ours(const std::string& what,
                                const std::function<Result<std::optional<Tags>>()>& read) const;
  ResourceGoal goal() const { return resource_goal(desired, observed); }
  s3::BucketRef bucket() const { return bucket_ref(desired.spec, desired.identity); }

  Run& run;
  const ConvergeOptions& options;
  const Desired& desired;
  Observed observed;
  const Plan& plan;
  Outcome& outcome;
  Lock* lock;                          // nullptr: --no-lock
  std::optional<StoredIntent> intent;  // recorded in pipeline.json; nullopt: this run has recorded it already
  std::string created_at;              // ISO 8601: for a pipeline.json that is written for the first time
  Publisher publisher;
  StreamsNow streams;  // kept up to date as streams come and go
  int total = 0;
  int steps_done = 0;

 private:
  void count(const Step& step);

  std::map<ResourceId, Instant> started_at_;
  bool failed_ = false;
};

// What this run writes into the lock object.
LockBody lock_body(const Run& run, const Spec& spec);

}  // namespace fhctl::pipeline
