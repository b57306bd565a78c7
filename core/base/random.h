// Random numbers from an Entropy. The arithmetic is fhctl's, because std distributions differ between standard
// libraries.
#pragma once

#include <cstdint>
#include <string>

#include "core/base/platform.h"

namespace fhctl {

// xoshiro256**, seeded with splitmix64: the same numbers from the same seed everywhere.
class SeededEntropy final : public Entropy {
 public:
  explicit SeededEntropy(std::uint64_t seed);
  std::uint64_t next() override;

 private:
  std::uint64_t state_[4];
};

std::uint64_t random_below(Entropy& entropy, std::uint64_t bound);  // 0 <= n < bound, without bias; bound > 0
double random_unit(Entropy& entropy);                               // 0 <= x < 1
std::string random_hex(Entropy& entropy, std::size_t digits);

}  // namespace fhctl
