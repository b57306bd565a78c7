// Numbers in the body of a lock: what does not fit, or is not there, is nobody's process.
#include <gtest/gtest.h>

#include "core/pipeline/lock.h"
#include "tests/support/fakes.h"

namespace fhctl::pipeline {
namespace {

std::string lock_with(const std::string& pid) {
  const test::FakeHost host;
  return R"({"run_id":"r","lease_s":60,"host":")" + host.host_name + R"(","boot_id":")" + host.boot + ":" + host.pid_ns +
         "\"" + pid + "}";
}

TEST(LockBody, APidThatDoesNotFitIsNone) {
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":77)"))->pid, 77);
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":4294967373)"))->pid, 0);  // the lower half is 77
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":"77")"))->pid, 0);
}

TEST(LockBody, AStartTimeThatIsNoNumberIsUnknown) {
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":77,"pid_start":5000)"))->pid_start, 5000);
  for (const char* start : {"", R"(,"pid_start":"5000")", R"(,"pid_start":null)", R"(,"pid_start":1.5)",
                            R"(,"pid_start":9223372036854775808)"}) {
    EXPECT_FALSE(parse_lock(lock_with(std::string(R"(,"pid":77)") + start))->pid_start) << start;
  }
}

TEST(LockBody, WithoutAProcessNobodyCanBeDead) {
  const test::FakeHost host;
  for (const char* pid : {"", R"(,"pid":0)", R"(,"pid":-1)", R"(,"pid":4294967373)"}) {
    SeenLock seen;
    seen.body = *parse_lock(lock_with(pid));
    EXPECT_FALSE(holder_is_dead(seen, host)) << pid;
  }
  SeenLock seen;
  seen.body = *parse_lock(lock_with(R"(,"pid":77)"));
  EXPECT_TRUE(holder_is_dead(seen, host));
}

}  // namespace
}  // namespace fhctl::pipeline
