#include "core/base/cancellation.h"

#include <csignal>

#include <gtest/gtest.h>

#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl {
namespace cancellation_test {
namespace {

using namespace std::chrono_literals;

struct ControlTest : testing::Test {
  test::VirtualDriver driver;
  Loop loop{driver};
  test::FakeSignals signals;
  Cancellation control{loop, signals};
};

TEST_F(ControlTest, NothingStopsAnUndisturbedSleep) {
  loop.run([&] { EXPECT_TRUE(control.sleep_for(1h)); });
  EXPECT_EQ(driver.elapsed(), 1h);
}

TEST_F(ControlTest, ASignalEndsASleepWithinATenthOfASecond) {
  driver.after(10s, [&] { signals.raise(SIGTERM); });
  Result<void> slept;
  loop.run([&] { slept = control.sleep_for(1h); });
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(slept.error().message, "stopped by SIGTERM");
  EXPECT_GE(driver.elapsed(), 10s);
  EXPECT_LE(driver.elapsed(), 10s + 100ms);
  EXPECT_TRUE(control.stopping());
}

TEST_F(ControlTest, TheDeadlineEndsASleepOnTime) {
  control.set_deadline(loop.now() + 1234ms);
  Result<void> slept;
  loop.run([&] { slept = control.sleep_until(kNever); });
  ASSERT_FALSE(slept);
  EXPECT_EQ(slept.error().kind, ErrorKind::kTimeout);
  EXPECT_EQ(driver.elapsed(), 1234ms);
  EXPECT_FALSE(control.stopping());
}

TEST_F(ControlTest, SleepingForEverIsBoundedByTheDeadlineToo) {
  control.set_deadline(loop.now() + 1s);
  Result<void> slept;
  loop.run([&] { slept = control.sleep_for(Duration::max()); });
  EXPECT_EQ(slept.error().kind, ErrorKind::kTimeout);
}

TEST_F(ControlTest, TidyingUpIsAllowedOnceMoreForAWhile) {
  signals.raise(SIGINT);
  EXPECT_EQ(control.check().error().message, "stopped by SIGINT");
  control.begin_cleanup(5s);
  EXPECT_TRUE(control.check());
  EXPECT_FALSE(control.stopping());
  driver.advance(5s);
  EXPECT_EQ(control.check().error().kind, ErrorKind::kTimeout);
}

TEST_F(ControlTest, AfterCleanupTheRunContinues) {
  control.set_deadline(loop.now() + 60s);
  control.begin_cleanup(5s);
  control.begin_cleanup(5s);
  control.end_tidying();
  driver.advance(59s);
  EXPECT_TRUE(control.check());
  driver.advance(1s);
  EXPECT_EQ(control.check().error().kind, ErrorKind::kTimeout);
}

TEST_F(ControlTest, TidyingUpWorksAfterTheDeadlineAndEndsWithASecondSignal) {
  control.set_deadline(loop.now());
  EXPECT_FALSE(control.check());
  control.begin_cleanup(5s);
  EXPECT_TRUE(control.check());
  signals.raise(SIGINT);
  signals.raise(SIGINT);
  EXPECT_EQ(control.check().error().kind, ErrorKind::kCancelled);
}

}  // namespace
}  // namespace cancellation_test
}  // namespace fhctl
