// Eventual consistency: what a run has just created, changed or deleted may be unknown to its next calls, or still
// visible to them, for minutes. The client remembers the changes of its run, and everything that has to wait for AWS to
// show them, or for AWS to finish what blocks them, waits in the same way: with growing pauses, until the run's
// deadline at most, and with a report of what it waits for.
//
// Only changes of this run count. What another process created or deleted is taken as AWS shows it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/aws/endpoints.h"
#include "core/base/random.h"
#include "core/base/result.h"
#include "core/base/time.h"

namespace fhctl::aws {

struct ClientState;  // core/aws/request_attempts.h

// The resources that a call is about, each named as in messages: "role logs-firehose". Empty: none.
struct CallResources {
  std::string needs = {};    // must exist: "not found" means that this resource is absent
  std::string creates = {};  // exists after the call
  std::string changes = {};  // its tags, policies or other parts are different after the call
  std::string deletes = {};  // is gone after the call
};

// How long after a change the service may still show the state before it. AWS promises no time; S3 and IAM are said to
// need seconds as a rule and minutes at worst.
Duration settle_time(Service service);
// How long a call that AWS refuses because of another operation on the same resource is repeated. The longest time that
// users report is that of the name of a deleted bucket: up to an hour.
inline constexpr Duration kBusyMax = std::chrono::hours(1);

// What this run has changed. Each query returns until when AWS may not show it yet; nullopt: this run has made no such
// change, or AWS has had enough time to show it.
class RecentChanges {
 public:
  // To be called after a call that succeeded.
  void note(const CallResources& resources, Duration settles_in, Instant now);
  std::optional<Instant> created(const std::string& resource, Instant now) const;
  std::optional<Instant> changed(const std::string& resource, Instant now) const;  // in any way
  std::optional<Instant> deleted(const std::string& resource, Instant now) const;
  // The resources created lately whose names begin with this, in order.
  std::vector<std::string> created_with_prefix(const std::string& prefix, Instant now) const;

 private:
  enum class Change { kCreated, kChanged, kDeleted };
  struct Entry {
    Change change = Change::kChanged;
    Instant until;
  };
  std::optional<Instant> until(const std::string& resource, Instant now, std::optional<Change> change) const;

  std::map<std::string, Entry> entries_;
};

// The pause before try number `number` (0 is the first repetition): 1 s doubled each time, at most `longest`; a random
// part of up to a half is taken off, so that runs do not repeat in step.
Duration consistency_pause(int number, Duration longest, Entropy& entropy);

// One wait, for as many pauses as it needs. Reports each pause, and the end of the wait.
class ConsistencyWait {
 public:
  // For `resource`, named as in messages.
  ConsistencyWait(ClientState& state, std::string resource);
  ~ConsistencyWait();  // reports the end, if there was a pause
  ConsistencyWait(const ConsistencyWait&) = delete;
  ConsistencyWait& operator=(const ConsistencyWait&) = delete;

  // Waits before the next try, not beyond `until`. False, without a pause: `until` has passed. `reason`: what AWS said
  // or showed instead. Errors: the stop or the deadline of the run; that of the deadline names the resource and the
  // first reason. Waits.
  Result<bool> pause(std::string_view reason, Instant until);
  // The same with another longest pause, and with the plain error of the run's stop or deadline. Waits.
  Result<bool> pause_at_most(std::string_view reason, Instant until, Duration longest);

  bool begun() const { return pauses_ > 0; }
  Duration waited() const;  // since the first pause
  // "waited 2m 10s for role logs-firehose"
  std::string summary() const;
  // The error, and if it is that of the deadline, what the wait was for and its first reason.
  Error explained(Error error) const;

 private:
  void report(std::string_view reason, Duration delay, bool over) const;

  ClientState& state_;
  std::string resource_;
  std::string first_reason_;
  int pauses_ = 0;
  Instant since_{};
};

}  // namespace fhctl::aws
