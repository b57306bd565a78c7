#include "core/producer/token_bucket.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace token_bucket_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kNow{std::chrono::hours(1)};

TEST(TokenBuckets, EachOfTheThreeMayBeTheOneThatIsEmpty) {
  struct Case {
    PutCost taken, wanted;
    Duration wait;
  };
  for (const Case& one :
       {Case{{1000, 10, 1}, {500, 1, 1}, milliseconds(500)}, Case{{10, 100, 1}, {1, 10, 1}, milliseconds(100)},
        Case{{10, 10, 10}, {1, 1, 2}, milliseconds(200)}, Case{{10, 10, 1}, {1, 1, 1}, {}}}) {
    TokenBuckets buckets({1000, 100, 10}, kNow);
    buckets.take(one.taken, kNow);
    const Instant ready = buckets.ready_at(one.wanted, kNow);
    EXPECT_NEAR(seconds_of(ready - kNow), seconds_of(one.wait), 1e-5);
    EXPECT_EQ(buckets.ready_at(one.wanted, ready), ready) << "it is there when the time has come";
  }
}

TEST(TokenBuckets, NoMoreThanASecondIsSaved) {
  TokenBuckets buckets({1000, 100, 10}, kNow);
  EXPECT_EQ(buckets.bytes_left(kNow + seconds(100)), 1000);
}

TEST(TokenBuckets, WhatIsOverASecondIsLent) {
  TokenBuckets buckets({1000, 100, 10}, kNow);
  EXPECT_EQ(buckets.ready_at({5000, 1, 1}, kNow), kNow);
  buckets.take({5000, 1, 1}, kNow);
  EXPECT_EQ(buckets.bytes_left(kNow), -4000);
  EXPECT_NEAR(seconds_of(buckets.ready_at({1, 1, 1}, kNow) - kNow), 4.001, 1e-5);
}

TEST(TokenBuckets, ARefusalMakesSlowerAndEachSecondFaster) {
  TokenBuckets buckets({1000, 100, 10}, kNow);
  buckets.slow_down(kNow, kNow + milliseconds(20));
  EXPECT_NEAR(buckets.rate(kNow + milliseconds(20)), 0.7, 1e-9);
  // Two more responses to batches that were sent before the rate was cut.
  buckets.slow_down(kNow, kNow + milliseconds(20));
  buckets.slow_down(kNow + milliseconds(20), kNow + milliseconds(30));
  EXPECT_NEAR(buckets.rate(kNow + milliseconds(20)), 0.7, 1e-9);
  EXPECT_NEAR(buckets.rate(kNow + milliseconds(2020)), 0.8, 1e-9);
  EXPECT_EQ(buckets.rate(kNow + milliseconds(6020)), 1.0);
  EXPECT_EQ(buckets.burst(kNow + milliseconds(2020)).bytes, 800);
}

TEST(TokenBuckets, TheRateNeverFallsToNothing) {
  TokenBuckets buckets({1000, 100, 10}, kNow);
  for (int i = 1; i < 100; ++i) buckets.slow_down(kNow + milliseconds(i), kNow + milliseconds(i));
  EXPECT_GE(buckets.rate(kNow + milliseconds(100)), 0.01);
  EXPECT_GE(buckets.burst(kNow + milliseconds(100)).requests, 1);
}

// While the rate rises from 0.5 to 1 in ten seconds, 7.5 seconds' worth comes in; here the bucket holds only one.
TEST(TokenBuckets, WhatComesInFollowsTheRate) {
  TokenBuckets buckets({1000, 1000000, 1000000}, kNow);
  buckets.slow_down(kNow, kNow);
  buckets.take({700, 0, 0}, kNow);
  EXPECT_EQ(buckets.bytes_left(kNow), 0);
  EXPECT_NEAR(static_cast<double>(buckets.bytes_left(kNow + seconds(1))), 725, 1);
  buckets.take({725 + 10000, 0, 0}, kNow + seconds(1));
  // From 0.75 to 1 in five seconds: 4.375 s' worth; then five seconds at the full rate.
  EXPECT_NEAR(static_cast<double>(buckets.bytes_left(kNow + seconds(11))), -10000 + 9375, 2);
}

TEST(TokenBuckets, ANewShareHoldsFromThenOn) {
  TokenBuckets buckets({1000, 100, 10}, kNow);
  buckets.take({1000, 1, 1}, kNow);
  buckets.set_share({100, 100, 10}, kNow);
  EXPECT_EQ(buckets.bytes_left(kNow + milliseconds(500)), 50);
  EXPECT_EQ(buckets.bytes_left(kNow + seconds(5)), 100);
}

}  // namespace
}  // namespace token_bucket_test
}  // namespace fhctl::pipeline
