#include "core/base/random.h"

#include <bit>

namespace fhctl {

SeededEntropy::SeededEntropy(std::uint64_t seed) {
  for (std::uint64_t& word : state_) {
    seed += 0x9e3779b97f4a7c15u;
    std::uint64_t mixed = seed;
    mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
    word = mixed ^ (mixed >> 31);
  }
}

std::uint64_t SeededEntropy::next() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t shifted = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= shifted;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

std::uint64_t random_below(Entropy& entropy, std::uint64_t bound) {
  // The lowest 2^64 mod bound numbers are drawn again: without them every remainder is equally likely.
  const std::uint64_t first_fair = (0 - bound) % bound;
  std::uint64_t drawn = entropy.next();
  while (drawn < first_fair) drawn = entropy.next();
  return drawn % bound;
}

double random_unit(Entropy& entropy) { return static_cast<double>(entropy.next() >> 11) * 0x1.0p-53; }

std::string random_hex(Entropy& entropy, std::size_t digits) {
  std::string text;
  std::uint64_t drawn = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (i % 16 == 0) drawn = entropy.next();
    text += "0123456789abcdef"[drawn & 15];
    drawn >>= 4;
  }
  return text;
}

}  // namespace fhctl
