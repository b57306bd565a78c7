#include "core/aws/retry.h"

#include <gtest/gtest.h>

#include "core/aws/error_codes.h"
#include "core/base/random.h"

namespace fhctl::aws {
namespace retry_test {
namespace {

using std::chrono::milliseconds;

TEST(Backoff, JitterCoversTheWholeRangeAndNoMore) {
  SeededEntropy entropy(7);
  Duration least = Duration::max();
  Duration most = Duration::zero();
  for (int i = 0; i < 1000; ++i) {
    const Duration delay = backoff(Retry::kThrottling, 1, std::nullopt, entropy);
    least = std::min(least, delay);
    most = std::max(most, delay);
  }
  EXPECT_LT(least, milliseconds(50));
  EXPECT_GT(most, milliseconds(1950));
  EXPECT_LT(most, milliseconds(2000));
}

TEST(Backoff, CapHoldsForAnyNumberOfRetries) {
  for (const int retry : {5, 20, 64, 1'000'000}) {
    EXPECT_EQ(backoff_cap(Retry::kThrottling, retry), std::chrono::seconds(20)) << retry;
  }
  EXPECT_EQ(backoff_cap(Retry::kTransient, -1), milliseconds(50));
}

TEST(Backoff, HintOfTheServerIsObeyedWithinFiveSeconds) {
  struct Case {
    std::string_view hint;
    Duration least;
    Duration most;
  };
  const Case cases[] = {
      {"1500", milliseconds(1500), milliseconds(1500)},
      {"99999999999", milliseconds(5000), milliseconds(5050)},
      {"99999999999999999999", milliseconds(0), milliseconds(50)},
      {"1.5", milliseconds(0), milliseconds(50)},
      {"", milliseconds(0), milliseconds(50)},
  };
  SeededEntropy entropy(1);
  for (const Case& c : cases) {
    const Duration delay = backoff(Retry::kTransient, 0, c.hint, entropy);
    EXPECT_GE(delay, c.least) << c.hint;
    EXPECT_LE(delay, c.most) << c.hint;
  }
}

TEST(RetryQuota, EndsAndComesBack) {
  RetryQuota quota;
  int taken = 0;
  while (quota.take(Retry::kTransient)) ++taken;
  EXPECT_EQ(taken, 35);
  EXPECT_EQ(quota.available(), 10);
  EXPECT_TRUE(quota.take(Retry::kThrottling));
  quota.give_back(Retry::kTransient);
  EXPECT_EQ(quota.available(), 19);
  for (int i = 0; i < 1000; ++i) quota.refund_one();
  EXPECT_EQ(quota.available(), 500);
}

}  // namespace
}  // namespace retry_test
}  // namespace fhctl::aws
