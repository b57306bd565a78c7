#include "core/base/random.h"

#include <array>

#include <gtest/gtest.h>

namespace fhctl {
namespace random_test {
namespace {

// The reference implementations of splitmix64 and xoshiro256**, seed 0.
TEST(SeededEntropy, GivesTheReferenceNumbers) {
  SeededEntropy entropy(0);
  EXPECT_EQ(entropy.next(), 0x99ec5f36cb75f2b4u);
  EXPECT_EQ(entropy.next(), 0xbf6e1f784956452au);
  EXPECT_EQ(entropy.next(), 0x1a5f849d4933e6e0u);
}

TEST(Random, StaysBelowItsBoundAndReachesEverything) {
  SeededEntropy entropy(1);
  std::array<int, 6> counts{};
  for (int i = 0; i < 6000; ++i) ++counts.at(random_below(entropy, 6));
  for (const int count : counts) EXPECT_NEAR(count, 1000, 150);
  EXPECT_EQ(random_below(entropy, 1), 0u);
  for (int i = 0; i < 1000; ++i) {
    const double x = random_unit(entropy);
    EXPECT_GE(x, 0);
    EXPECT_LT(x, 1);
  }
}

TEST(Random, DrawsAgainWhatWouldFavourSmallNumbers) {
  struct Listed final : Entropy {
    std::array<std::uint64_t, 3> numbers = {0, 1, 7};
    std::size_t used = 0;
    std::uint64_t next() override { return numbers.at(used++); }
  };
  Listed entropy;
  EXPECT_EQ(random_below(entropy, 3), 1u);  // 2^64 mod 3 is 1, so the draw 0 is rejected as biased
  EXPECT_EQ(entropy.used, 2u);
}

TEST(Random, HexHasTheAskedLengthAndNoRepeats) {
  SeededEntropy entropy(2);
  const std::string text = random_hex(entropy, 40);
  EXPECT_EQ(text.size(), 40u);
  EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(text, random_hex(entropy, 40));
}

}  // namespace
}  // namespace random_test
}  // namespace fhctl
