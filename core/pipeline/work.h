// What the parts of apply() share: the run, the goal, and the accounting of steps. Private to core/pipeline.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/pipeline/converge.h"
#include "core/pipeline/lost_answer.h"
#include "core/pipeline/publish.h"

namespace fhctl::pipeline {

// For so long a run relies on what it saw of an owner, or told producers.
inline constexpr Duration kTrustedFor = std::chrono::seconds(30);

class Work {
 public:
  Work(Run& run, const ConvergeOptions& options, const Desired& desired, Observed observed, const Plan& plan,
       Outcome& outcome, Lock* lock);

  // Before each change: nobody asked to stop, the deadline has not passed, the lock has enough of its lease left, and
  // nothing failed so far.
  Result<void> may_change() const;
  // The same without the last condition: for publishing and for finishing what was begun.
  Result<void> may_finish() const;

  void started(const Step& step);
  void done(const Step& step);
  void failed(const Step& step, Error error);
  // A failure that belongs to no step.
  void failure(const ResourceId& resource, Error error);
  // Reasons to stop that are about the run as a whole are said once; any other error is the resource's failure.
  void remember(const ResourceId& resource, Error error);
  // Carries out one step: started, body, then done or failed. Not started at all when may_change() says no.
  template <class Body>
  bool step(const Step& step, Body body) {
    if (!allowed(step)) return false;
    started(step);
    const Result<void> result = body();
    if (result) {
      done(step);
    } else {
      failed(step, result.error());
    }
    return result.has_value();
  }
  bool allowed(const Step& step);  // may_change(), remembering why not

  bool any_failure() const { return failed_; }
  const Step* find(Kind kind) const;  // the plan's step for this kind, or nullptr
  // Before `what` is deleted: whose it is was looked at lately, or `read` reads its tags again (nullopt: it is gone)
  // and they are still ours. kPrecondition when somebody made it theirs meanwhile by taking them off. Waits.
  Result<void> check_still_ours(const std::string& what,
                                const std::function<Result<std::optional<Tags>>()>& read) const;
  s3::BucketRef bucket() const { return {desired.spec.bucket_name(), desired.identity.account}; }

  Run& run;
  const ConvergeOptions& options;
  const Desired& desired;
  Observed observed;
  const Plan& plan;
  Outcome& outcome;
  Lock* lock;                          // nullptr: --no-lock
  std::optional<StoredIntent> intent;  // what this run writes into pipeline.json; nullopt: it has done so already
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

// What this run writes into the lock.
LockBody lock_body(const Run& run, const Spec& spec);

// Whether the tags are this very pipeline's life: something that was made by a call whose answer was lost.
bool same_life(const Tags& tags, const Desired& desired);

// Tags to set and keys to remove so that `there` becomes what the spec wants.
struct TagChange {
  Tags set;
  std::vector<std::string> remove;
};
TagChange tag_change(const Work& work, const Tags& there);

// Before the lock can be taken: the bucket it lies in. The id in its tags. Waits.
Result<std::string> make_bucket(Run& run, const Desired& desired);

// One step on a bucket, role, policy, log group or log stream. All wait.
Result<void> update_bucket(Work& work);
Result<void> make_role(Work& work);
Result<void> update_role(Work& work, const Step& step);
Result<void> put_policy(Work& work);
Result<void> make_log_group(Work& work);
Result<void> update_log_group(Work& work);
Result<void> make_log_stream(Work& work);

// pipeline.json, with a condition on what was read. Only when it says something new. Waits.
Result<void> write_document(Work& work);
// Records that the pipeline is being destroyed, if there is a pipeline.json to record it in. Waits.
Result<void> write_destroy_intent(Work& work);
Result<void> delete_document(Work& work);

// Streams: creates, updates, deletions, waiting and publishing, all that is ready at once. Waits.
void converge_streams(Work& work);
// Deletes the streams that may go; when none is left to drain, waits until all are gone. False: some still drain.
// Waits.
Result<bool> delete_all_streams(Work& work);

void apply_up(Work& work);
void apply_destroy(Work& work);

}  // namespace fhctl::pipeline
