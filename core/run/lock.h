// The lock: one object in the bucket, created only if absent, with a lease. Read-only commands never need it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/aws/client.h"
#include "core/base/platform.h"
#include "core/observe/lock_object.h"
#include "core/run/event.h"
#include "core/services/s3_objects.h"

namespace fhctl::pipeline {

// The error for a lost lock.
Error lock_lost();

struct LockOptions {
  Duration timeout = std::chrono::minutes(2);  // how long to wait for another holder
  Duration lease = std::chrono::seconds(60);
};

// A held lock. A fiber renews it, and the client sends no change without it, not even a retry. usable() is false once
// less than a quarter of the lease is left, by our clock or by the dates of AWS's responses, or another run has the
// lock; then no change may be started.
class Lock {
 public:
  // Takes over an expired lock and one whose holder is dead (holder_is_dead). Between two tries it pauses, for at most
  // a second, and every ten seconds it reports LockWaiting. Errors: kLocked with holder and age when another run still
  // holds the lock after the timeout; kPrecondition when the endpoint then still refuses conditional writes whose
  // condition holds (with a timeout under a second: after five tries), or when it ignores conditions. Waits.
  static Result<std::unique_ptr<Lock>> acquire(aws::Client& client, const Host& host, Observer& observer,
                                               const LockPlace& place, LockBody body, const LockOptions& options);
  ~Lock();  // does not release: the lease of a dropped run expires

  bool usable() const;
  // Deletes the lock object if it is still ours. Waits.
  Result<void> release();

  struct State;

 private:
  explicit Lock(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace fhctl::pipeline
