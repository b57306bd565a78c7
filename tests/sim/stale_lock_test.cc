// A stale lock in the bucket, and a run that has nothing to do.
#include <gtest/gtest.h>

#include "core/observe/lock_object.h"
#include "core/run/lock.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace stale_lock_test {
namespace {

constexpr const char* kLockKey = "_fhctl/logs/us-west-2/lock";

struct StaleLockTest : testing::Test {
  Simulation world;

  void SetUp() override { ASSERT_TRUE(world.up(1).succeeded()); }

  // Creates the lock of a run on this machine whose process does not exist, renewed now.
  void leave_lock(const std::string& pid_namespace) {
    pipeline::LockBody body;
    body.run_id = "other";
    body.holder = body.host = world.host.host_name;
    body.boot_id = world.host.boot + world.host.host_name;
    body.pid_namespace = pid_namespace;
    body.pid = 77;
    sandbox::ObjectVersion object;
    object.body = pipeline::format_lock(body);
    object.etag = "\"0123\"";
    object.modified = world.driver.wall_now();
    objects()[kLockKey] = {object};
  }
  bool lock_is_there() { return objects().contains(kLockKey); }

 private:
  std::map<std::string, std::vector<sandbox::ObjectVersion>>& objects() {
    return world.cloud.world().s3->buckets.at(kBucketOfLogs).objects;
  }
};

TEST_F(StaleLockTest, OfADeadProcessOfThisMachineIsDeleted) {
  leave_lock(world.host.pid_ns);
  const RunResult run = world.up(1);
  ASSERT_TRUE(run.succeeded()) << run.error();
  EXPECT_FALSE(lock_is_there());
}

TEST_F(StaleLockTest, OfAHolderThatMayBeAliveIsLeftAloneByARunWithNothingToDo) {
  for (const char* elsewhere : {"4026532178", ""}) {
    for (const auto age : {std::chrono::seconds(0), std::chrono::seconds(30), std::chrono::seconds(7200)}) {
      leave_lock(elsewhere);
      world.pass(age);
      const RunResult run = world.up(1);
      ASSERT_TRUE(run.succeeded()) << run.error();
      EXPECT_TRUE(run.changing.empty());
      EXPECT_TRUE(lock_is_there()) << age.count() << " s old";
    }
  }
  // A run that has something to do takes it over once its lease has ended.
  ASSERT_TRUE(world.up(2).succeeded());
  EXPECT_FALSE(lock_is_there());
}

}  // namespace
}  // namespace stale_lock_test
}  // namespace fhctl::test
