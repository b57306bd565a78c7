// The events that the core reports: a closed set, for one Observer. Views turn them into text or JSON; nothing below
// cli/ formats a line for people, except the sentences inside errors, notes and reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/base/error.h"
#include "core/base/time.h"
#include "core/drain/drain_status.h"
#include "core/plan/plan.h"

namespace fhctl::pipeline {

struct Identified {  // account and caller, before anything is read or changed
  std::string account;
  std::string region;
  std::string pipeline;
  std::string caller_arn;
  std::string credentials_source;
};
struct Observing {};  // reading the current state
struct ObservedSummary {
  int resources = 0;
  int streams = 0;
};  // 0 resources: nothing found
struct LockWaiting {
  std::string holder = {};  // "vm (pid 4711)"; empty when `problem` says why the lock cannot be taken
  Duration age{};           // since the holder renewed it
  Duration wait_left{};
  std::string command = {};  // what the holder does; may be empty
  std::string problem = {};  // S3 refuses to store the lock although no other run holds it
};
struct LockTaken {
  std::string run_id;
  std::string taken_over_from;
};  // empty: the lock was free
struct LockReleased {};
struct Replanned {
  Plan plan;
};  // the observed state changed between the plan and the lock
struct StepStarted {
  ResourceId resource;
  Action action;
  int done = 0;
  int total = 0;
};
struct StepProgress {
  ResourceId resource;
  Action action;
  std::string status;
  Duration elapsed{};
};  // "CREATING", "DELETING"
struct StepDone {
  ResourceId resource;
  Action action;
  Duration elapsed{};
  int done = 0;
  int total = 0;
};
struct StepFailed {
  ResourceId resource;
  Action action;
  Error error;
};
struct IamWaiting {
  Duration elapsed{};
  std::string message;
};  // the new role is not usable yet
// AWS does not show yet what this run has changed, or another operation on the resource blocks it. Reported before each
// pause, and once when the wait has ended.
struct ConsistencyWaiting {
  std::string resource;  // "role logs-firehose"
  std::string reason;    // what AWS says or shows instead
  Duration elapsed{};    // since the wait began
  bool over = false;
};
struct Throttled {
  std::string operation;
  double calls_per_second = 0;
};
struct Retrying {
  std::string operation;
  int attempt = 1;
  Duration delay{};
  Error error;
};
struct ManifestPublished {
  std::int64_t generation = 0;
  int active = 0;
  int draining = 0;
  std::vector<std::string> targets;  // "s3://...", "./fhctl-manifest.json"
};
struct DrainWaiting {
  std::vector<std::string> streams;
  std::string reason;
  Duration left{};
};  // --no-drain: time passes, without proof that the streams are empty
struct Draining {
  std::vector<DrainStatus> streams;
  Duration elapsed{};   // since this run began to wait
  bool leaving = true;  // false: no stream is to be deleted; the run only waits for the delivery of what was sent
};
struct Emptying {
  std::int64_t deleted = 0;
  std::int64_t uploads_aborted = 0;
  double per_second = 0;
  bool done = false;
};
struct Said {
  Note note;
};
struct Stopping {
  int calls_in_flight = 0;
};  // the user asked to stop

using Event = std::variant<Identified, Observing, ObservedSummary, LockWaiting, LockTaken, LockReleased, Replanned,
                           StepStarted, StepProgress, StepDone, StepFailed, IamWaiting, ConsistencyWaiting, Throttled,
                           Retrying, ManifestPublished, DrainWaiting, Draining, Emptying, Said, Stopping>;

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on(const Event& event) = 0;  // must not wait
};

}  // namespace fhctl::pipeline
