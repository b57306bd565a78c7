// The choices of a simulated story, so that it can be told again, and told again with fewer of them.
//
// Every decision asks choose(lane, what, n): 0 is always the mildest answer (no fault, nobody meddles). A story is its
// seed; a tape is the same story with the answers written down, and what is not written down is 0. Each lane counts for
// itself, so that taking a fault away does not shuffle what the world is like or what people do.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/base/random.h"
#include "core/base/result.h"

namespace fhctl::test {

enum class Lane { kWorld, kWork, kFault, kStranger, kAccount };
inline constexpr std::size_t kLanes = 5;

struct Choice {
  std::uint64_t value = 0;
  std::string what;
};

struct Tape {
  std::uint64_t seed = 0;                                    // of jitter, latencies and ids
  std::map<std::pair<Lane, std::uint64_t>, Choice> choices;  // by lane and position; those that are not 0
};
std::string format_tape(const Tape& tape);
Result<Tape> parse_tape(std::string_view text);

class Chooser {
 public:
  explicit Chooser(std::uint64_t seed);  // draws, and writes down
  explicit Chooser(const Tape& tape);    // answers what is written down

  // 0 <= answer < n; n > 0.
  std::uint64_t choose(Lane lane, std::string_view what, std::uint64_t n);
  // True once in `one_in` times.
  bool rarely(Lane lane, std::string_view what, std::uint64_t one_in);
  const Tape& tape() const { return tape_; }

 private:
  bool replays_ = false;
  Tape tape_;
  std::array<SeededEntropy, kLanes> entropy_;
  std::array<std::uint64_t, kLanes> position_{};
};

}  // namespace fhctl::test
