// The lock: one object in the bucket, created only if absent, with a lease. Read-only commands never need it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/aws/client.h"
#include "core/base/seams.h"
#include "core/pipeline/event.h"
#include "core/services/s3_objects.h"

namespace fhctl::pipeline {

struct LockBody {
  std::string run_id;
  std::string holder;  // "user@host" or the CI job, for people
  std::string host;
  std::string boot_id;
  std::string pid_namespace;  // empty: not known, as in a lock that an earlier version wrote
  int pid = 0;
  std::optional<std::int64_t> pid_start;  // Host::process_start of that process
  std::string command;                    // "scale"
  std::string ci_url;
  std::int64_t renewals = 0;
  int lease_s = 60;
  bool operator==(const LockBody&) const = default;
};
// The member "boot_id" of the text is BOOT:PIDNS. Versions that do not know of PID namespaces compare it as a whole
// with their own boot id; it never matches, so they wait for the lease.
std::string format_lock(const LockBody& body);
Result<LockBody> parse_lock(std::string_view text);

struct SeenLock {
  LockBody body;
  std::string etag;
  Duration age{};  // since it was last renewed, by S3's clock
  bool expired = false;
  std::optional<Error> problem;  // the object is there and is not a lock that fhctl can read

  // How long the lease still runs, in whole seconds rounded up; zero when it has expired.
  Duration lease_left() const;
};

struct LockPlace {
  s3::BucketRef bucket;
  std::string key;
  std::string pipeline = {};  // its name, for messages
};

// nullopt: nobody holds it. Waits.
Result<std::optional<SeenLock>> read_lock(aws::Client& client, const LockPlace& place);
// Removes it, whoever holds it, if it is still the one that was seen. False: it changed meanwhile.
Result<bool> break_lock(aws::Client& client, const LockPlace& place, const SeenLock& seen);

// What a run says that may not go on.
Error lock_lost();

// True only when it is proven that the holder's process has ended: host name, boot id and PID namespace are known and
// those of this process, and the pid does not exist here or belongs to a process that started at another time. False
// when anything that the proof needs is unknown.
bool holder_is_dead(const SeenLock& seen, const Host& host);

struct LockOptions {
  Duration timeout = std::chrono::minutes(2);  // how long to wait for another holder
  Duration lease = std::chrono::seconds(60);
};

// A held lock. A fiber renews it, and the client sends no change without it, be it a retry; usable() turns false when
// less than a quarter of the lease is left, by our clock or by the dates of AWS's answers, or somebody else has it, and
// then no change may be started.
class Lock {
 public:
  // Takes over an expired lock and one whose holder is dead (holder_is_dead). Between two tries it pauses, for at most
  // a second, and every ten seconds it reports LockWaiting. Errors: kLocked with holder and age when another run still
  // holds the lock after the timeout; kPrecondition when the endpoint then still refuses conditional writes whose
  // condition holds (with a timeout under a second: after five tries), or when it ignores conditions. Waits.
  static Result<std::unique_ptr<Lock>> acquire(aws::Client& client, const Host& host, Observer& observer,
                                               const LockPlace& place, LockBody body, const LockOptions& options);
  ~Lock();  // does not release: a dropped run leaves the lease to expire

  bool usable() const;
  // Deletes the object if it is still ours. Waits.
  Result<void> release();

  struct State;

 private:
  explicit Lock(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace fhctl::pipeline
