// The random decisions of a simulated scenario, so that it can be replayed, and replayed with fewer of them.
//
// Every decision calls choose(lane, what, n): 0 is always the mildest choice (no fault, no external action). A seed
// determines a scenario; a choice trace is the same scenario with the choices recorded, and what is not recorded is 0.
// Each lane is counted separately, so that removing a fault changes neither the conditions of the scenario nor the
// actions of users.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "core/base/random.h"
#include "core/base/result.h"

namespace fhctl::test {

enum class Lane { kWorld, kWork, kFault, kStranger, kAccount, kLag };
inline constexpr std::size_t kLanes = 6;

struct Choice {
  std::uint64_t value = 0;
  std::string what;
};

struct ChoiceTrace {
  std::uint64_t seed = 0;                                    // of jitter, latencies and ids
  std::map<std::pair<Lane, std::uint64_t>, Choice> choices;  // by lane and position; only those that are not 0
};
std::string format_choice_trace(const ChoiceTrace& choice_trace);
Result<ChoiceTrace> parse_choice_trace(std::string_view text);

class Chooser {
 public:
  explicit Chooser(std::uint64_t seed);               // draws and records
  explicit Chooser(const ChoiceTrace& choice_trace);  // returns what is recorded

  // 0 <= result < n; n > 0.
  std::uint64_t choose(Lane lane, std::string_view what, std::uint64_t n);
  // True once in `one_in` times.
  bool rarely(Lane lane, std::string_view what, std::uint64_t one_in);
  const ChoiceTrace& choice_trace() const { return tape_; }

 private:
  bool replays_ = false;
  ChoiceTrace tape_;
  std::array<SeededEntropy, kLanes> entropy_;
  std::array<std::uint64_t, kLanes> position_{};
};

}  // namespace fhctl::test
