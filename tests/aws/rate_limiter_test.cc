#include "core/aws/rate_limiter.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::aws {
namespace rate_limiter_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct PacerTest : testing::Test {
  test::VirtualDriver driver;
  Loop loop{driver};
  test::FakeSignals signals;
  Cancellation control{loop, signals};

  double elapsed() const { return seconds_of(driver.elapsed()); }
};

TEST_F(PacerTest, BurstGoesAtOnceThenOneAfterTheOther) {
  std::vector<double> times;
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 5, .burst = 5});
    for (int i = 0; i < 8; ++i) {
      ASSERT_TRUE(pacer.acquire(control));
      times.push_back(elapsed());
    }
  });
  for (int i = 0; i < 5; ++i) EXPECT_EQ(times[static_cast<std::size_t>(i)], 0);
  EXPECT_NEAR(times[5], 0.2, 0.01);
  EXPECT_NEAR(times[6], 0.4, 0.01);
  EXPECT_NEAR(times[7], 0.6, 0.01);
}

TEST_F(PacerTest, AWaitIsNoPolling) {
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 5, .burst = 1});
    for (int i = 0; i < 11; ++i) ASSERT_TRUE(pacer.acquire(control));
  });
  EXPECT_NEAR(elapsed(), 2, 0.01);
  EXPECT_LE(driver.waits, 60);  // it checks for signals every 100 ms
}

TEST_F(PacerTest, NoWindowOfASecondHoldsMoreThanRateAndBurst) {
  std::vector<double> times;
  loop.run([&] {
    RateLimiter pacer(loop, {});
    Group group(loop);
    for (int i = 0; i < 50; ++i) {
      group.spawn([&] {
        ASSERT_TRUE(pacer.acquire(control));
        times.push_back(elapsed());
      });
    }
    group.join();
  });
  ASSERT_EQ(times.size(), 50u);
  EXPECT_NEAR(times.back(), 45 / 4.9, 0.1);
  for (std::size_t i = 0; i + 10 < times.size(); ++i) EXPECT_GT(times[i + 10] - times[i], 1.0) << i;
}

TEST_F(PacerTest, TurnsComeInOrderOfArrival) {
  std::vector<int> order;
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 2, .burst = 1});
    Group group(loop);
    for (int i = 0; i < 20; ++i) {
      group.spawn([&, i] {
        ASSERT_TRUE(pacer.acquire(control));
        order.push_back(i);
        if (i == 3) pacer.on_throttled();
        if (i > 5) pacer.on_success();
      });
    }
    group.join();
  });
  EXPECT_THAT(order, testing::ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19));
}

TEST_F(PacerTest, ThrottlingSlowsDownOncePerInterval) {
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 4, .burst = 4});
    pacer.on_throttled();
    pacer.on_throttled();  // the answer to a call of the same burst
    EXPECT_DOUBLE_EQ(pacer.rate(), 2.8);
    loop.sleep_for(seconds(1));
    pacer.on_throttled();
    EXPECT_DOUBLE_EQ(pacer.rate(), 1.96);
    for (int i = 0; i < 30; ++i) {
      loop.sleep_for(seconds(3));
      pacer.on_throttled();
    }
    EXPECT_DOUBLE_EQ(pacer.rate(), 0.5);
  });
}

TEST_F(PacerTest, AfterThrottlingThereIsNoBurstAndSuccessBringsTheRateBack) {
  std::vector<double> times;
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 2, .burst = 5});
    pacer.on_throttled();
    for (int i = 0; i < 100; ++i) pacer.on_success();
    EXPECT_DOUBLE_EQ(pacer.rate(), 2);
    loop.sleep_for(seconds(60));
    for (int i = 0; i < 3; ++i) {
      ASSERT_TRUE(pacer.acquire(control));
      times.push_back(elapsed());
    }
  });
  EXPECT_NEAR(times[0], 60, 0.01);
  EXPECT_NEAR(times[1], 60.5, 0.01);
  EXPECT_NEAR(times[2], 61, 0.01);
}

TEST_F(PacerTest, ACancelledWaitDelaysNoOtherCall) {
  std::vector<std::string> log;
  Cancellation impatient{loop, signals, driver.now() + milliseconds(300)};
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 1, .burst = 1});
    ASSERT_TRUE(pacer.acquire(control));
    Group group(loop);
    group.spawn([&] {
      const Result<void> turn = pacer.acquire(impatient);
      log.push_back(turn ? "turn" : std::string(kind_name(turn.error().kind)));
    });
    group.spawn([&] {
      ASSERT_TRUE(pacer.acquire(control));
      log.push_back("turn of the next");
    });
    group.join();
  });
  EXPECT_THAT(log, testing::ElementsAre("timeout", "turn of the next"));
  EXPECT_LE(elapsed(), 2.01);
}

TEST_F(PacerTest, SignalEndsTheWait) {
  driver.after(seconds(2), [&] { signals.raise(2); });
  loop.run([&] {
    RateLimiter pacer(loop, {.per_second = 0.1, .burst = 1});
    ASSERT_TRUE(pacer.acquire(control));
    const Result<void> turn = pacer.acquire(control);
    ASSERT_FALSE(turn);
    EXPECT_EQ(turn.error().kind, ErrorKind::kCancelled);
  });
  EXPECT_LE(elapsed(), 2.2);
}

}  // namespace
}  // namespace rate_limiter_test
}  // namespace fhctl::aws
