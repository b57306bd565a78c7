// The body of the lock object: reading, writing and reading again gives the same value; numbers are never truncated.
#include "core/run/lock.h"

#include "core/base/json.h"
#include "core/observe/lock_object.h"
#include "tests/fuzz/target.h"
#include "tests/support/fakes.h"

namespace fhctl::fuzz::lock {

FUZZ_TARGET(lock) {
  const Result<pipeline::LockBody> body = pipeline::parse_lock(input);
  const Result<pipeline::LockBody> same = pipeline::parse_lock(input);
  FUZZ_CHECK(body.has_value() == same.has_value());
  if (!body) {
    FUZZ_CHECK(body.error() == same.error() && body.error().kind == ErrorKind::kProtocol);
    return;
  }
  FUZZ_CHECK(*body == *same);
  FUZZ_CHECK(body->lease_s >= 1 && body->lease_s <= 86'400);
  const Result<Json> json = parse_json(input, "the lock");
  // A process id that does not fit must not be used: truncated it would be that of another process.
  FUZZ_CHECK(body->pid == 0 || get_integer(*json, "pid") == body->pid);
  const Result<pipeline::LockBody> again = pipeline::parse_lock(pipeline::format_lock(*body));
  FUZZ_CHECK(again && *again == *body);

  test::FakeHost host;
  pipeline::SeenLock seen;
  seen.body = *body;
  if (pipeline::holder_is_dead(seen, host)) {
    FUZZ_CHECK(body->host == host.host_name && body->boot_id == host.boot && body->pid > 0);
    FUZZ_CHECK(body->pid_namespace == host.pid_ns);
  }
}

}  // namespace fhctl::fuzz::lock
