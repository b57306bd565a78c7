// The lock object in the bucket, as it is stored and read. core/run/lock.h takes, renews and releases it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/base/platform.h"
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
  std::string pipeline = {};       // of the pipeline, for messages
  s3::Encryption encryption = {};  // with which the object is stored; empty: the bucket's default
};

// nullopt: the lock is free. Waits.
Result<std::optional<SeenLock>> read_lock(aws::Client& client, const LockPlace& place);
// Deletes the lock, even another run's, if it is still the one that was read. False: it has changed since. Waits.
Result<bool> break_lock(aws::Client& client, const LockPlace& place, const SeenLock& seen);

// True only when it is proven that the holder's process has ended: host name, boot id and PID namespace are known and
// those of this process, and the pid does not exist here or belongs to a process that started at another time. False
// when anything that the proof needs is unknown.
bool holder_is_dead(const SeenLock& seen, const Host& host);

}  // namespace fhctl::pipeline
