// The body of the lock object: writing, reading, and when it proves that the process of the holder has exited.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/observe/lock_object.h"
#include "core/run/lock.h"
#include "tests/run/lock_scene.h"

namespace fhctl::pipeline {
namespace lock_object_test {
namespace {

std::string lock_with(const std::string& pid) {
  const test::FakeHost host;
  return R"({"run_id":"r","lease_s":60,"host":")" + host.host_name + R"(","boot_id":")" + host.boot + ":" +
         host.pid_ns + "\"" + pid + "}";
}

TEST(LockBody, APidThatDoesNotFitIsNone) {
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":77)"))->pid, 77);
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":4294967373)"))->pid, 0);  // the lower half is 77
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":"77")"))->pid, 0);
}

TEST(LockBody, AStartTimeThatIsNotANumberIsUnknown) {
  EXPECT_EQ(parse_lock(lock_with(R"(,"pid":77,"pid_start":5000)"))->pid_start, 5000);
  for (const char* start : {"", R"(,"pid_start":"5000")", R"(,"pid_start":null)", R"(,"pid_start":1.5)",
                            R"(,"pid_start":9223372036854775808)"}) {
    EXPECT_FALSE(parse_lock(lock_with(std::string(R"(,"pid":77)") + start))->pid_start) << start;
  }
}

TEST(LockBody, WithoutAProcessTheHolderCountsAsAlive) {
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

TEST(LockBody, IsReadBackAsItWasWrittenAndOnlyWhenItIsALock) {
  EXPECT_EQ(*parse_lock(format_lock(body_of("me"))), body_of("me"));
  LockBody body = body_of("me");
  for (const int lease : {1, 86'400}) {
    body.lease_s = lease;
    EXPECT_TRUE(parse_lock(format_lock(body))) << lease;
  }
  for (const int lease : {-1, 0, 86'401}) {
    body.lease_s = lease;
    EXPECT_FALSE(parse_lock(format_lock(body))) << lease;
  }
  EXPECT_FALSE(parse_lock(R"({"lease_s": 60})"));
  EXPECT_FALSE(parse_lock(R"({"run_id": "r"})"));
  EXPECT_FALSE(parse_lock("[]"));
  const Result<LockBody> bare = parse_lock(R"({"run_id": "r", "lease_s": 60})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->pid, 0);
  EXPECT_EQ(bare->renewals, 0);
}

// The lock of process 77 of the machine and PID namespace of a FakeHost, where no such process exists.
SeenLock lock_of_dead() {
  const test::FakeHost host;
  SeenLock seen;
  seen.body = body_of("other");
  seen.body.host = host.host_name;
  seen.body.boot_id = host.boot;
  return seen;
}

TEST(LockBody, AHolderIsDeadOnlyWhenItsProcessTableIsOursAndKnown) {
  const test::FakeHost host;
  EXPECT_TRUE(holder_is_dead(lock_of_dead(), host));
  const auto dead_with = [&](auto change) {
    SeenLock seen = lock_of_dead();
    change(seen);
    return holder_is_dead(seen, host);
  };
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.host = "elsewhere"; }));
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.boot_id = "an earlier start"; }));
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.pid_namespace = "4026532178"; })) << "another container";
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.pid_namespace = ""; })) << "an earlier version wrote it";
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.problem = Error{}; }));
  // A value that is unknown on both sides compares equal and proves nothing.
  for (std::string test::FakeHost::*part :
       {&test::FakeHost::host_name, &test::FakeHost::boot, &test::FakeHost::pid_ns}) {
    test::FakeHost unknown;
    unknown.*part = "";
    SeenLock seen = lock_of_dead();
    seen.body.host = unknown.host_name;
    seen.body.boot_id = unknown.boot;
    seen.body.pid_namespace = unknown.pid_ns;
    EXPECT_FALSE(holder_is_dead(seen, unknown));
  }
}

TEST(LockBody, AProcessThatExistsIsTheHolderUnlessItStartedAtAnotherTime) {
  test::FakeHost host;
  SeenLock seen = lock_of_dead();
  host.alive_processes.insert(77);
  EXPECT_FALSE(holder_is_dead(seen, host)) << "its start cannot be read here";
  host.starts[77] = 5'000;
  EXPECT_FALSE(holder_is_dead(seen, host));
  host.starts[77] = 5'001;
  EXPECT_TRUE(holder_is_dead(seen, host)) << "its number was given to another process";
  seen.body.pid_start.reset();
  EXPECT_FALSE(holder_is_dead(seen, host)) << "its start is not in the lock";
}

TEST(LockBody, TheOwnProcessIsAliveEvenIfTheListOfProcessesCannotBeRead) {
  test::FakeHost host;
  host.process = 77;
  host.alive_processes = {};
  SeenLock seen = lock_of_dead();
  EXPECT_FALSE(holder_is_dead(seen, host));
  host.starts[77] = 5'000;
  EXPECT_FALSE(holder_is_dead(seen, host));
  host.starts[77] = 9'000;
  EXPECT_TRUE(holder_is_dead(seen, host)) << "an earlier process had our number";
}

// Locks of versions that did not write a PID namespace: the whole boot_id was compared with that of this machine.
TEST(LockBody, AnEarlierVersionNeverTakesTheBootIdForItsOwn) {
  LockBody body = body_of("me");
  for (const char* pid_namespace : {"4026531836", ""}) {
    body.pid_namespace = pid_namespace;
    const Json json = Json::parse(format_lock(body));
    EXPECT_EQ(get_string(json, "boot_id"), "another start of the machine:" + std::string(pid_namespace));
    EXPECT_EQ(*parse_lock(format_lock(body)), body);
  }
  body.boot_id = "";
  EXPECT_EQ(get_string(Json::parse(format_lock(body)), "boot_id"), "");
  body.pid_start.reset();
  EXPECT_FALSE(Json::parse(format_lock(body)).contains("pid_start"));
  EXPECT_EQ(*parse_lock(format_lock(body)), body);
}

}  // namespace
}  // namespace lock_object_test
}  // namespace fhctl::pipeline
