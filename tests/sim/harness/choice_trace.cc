#include "tests/sim/harness/choice_trace.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::test {
namespace {

constexpr std::string_view kLaneNames[kLanes] = {"world", "work", "fault", "stranger", "account", "lag"};

SeededEntropy lane_entropy(std::uint64_t seed, std::uint64_t lane) {
  return SeededEntropy(seed * 0x9e3779b97f4a7c15u + lane + 1);
}

}  // namespace

std::string format_choice_trace(const ChoiceTrace& choice_trace) {
  std::string text = fmt::format("fhctl-tape 1 seed {}\n", choice_trace.seed);
  for (const auto& [place, choice] : choice_trace.choices) {
    text += fmt::format("{} {} {} {}\n", kLaneNames[static_cast<std::size_t>(place.first)], place.second, choice.value,
                        choice.what);
  }
  return text;
}

Result<ChoiceTrace> parse_choice_trace(std::string_view text) {
  ChoiceTrace choice_trace;
  bool first = true;
  for (std::string_view line : split(text, '\n')) {
    if (line.empty()) continue;
    const auto words = split(line, ' ');
    const Error bad{.kind = ErrorKind::kUsage, .message = "this is no line of a tape: " + std::string(line)};
    if (std::exchange(first, false)) {
      const auto seed = words.size() == 4 ? parse_integer(words[3]) : std::nullopt;
      if (!seed || words[0] != "fhctl-tape") return bad;
      choice_trace.seed = static_cast<std::uint64_t>(*seed);
      continue;
    }
    if (words.size() < 4) return bad;
    std::size_t lane = 0;
    while (lane < kLanes && kLaneNames[lane] != words[0]) ++lane;
    const auto position = parse_integer(words[1]);
    const auto value = parse_integer(words[2]);
    if (lane == kLanes || !position || !value) return bad;
    choice_trace.choices[{static_cast<Lane>(lane), static_cast<std::uint64_t>(*position)}] = {
        static_cast<std::uint64_t>(*value), join({words.begin() + 3, words.end()}, " ")};
  }
  return choice_trace;
}

Chooser::Chooser(std::uint64_t seed)
    : entropy_{lane_entropy(seed, 0), lane_entropy(seed, 1), lane_entropy(seed, 2),
               lane_entropy(seed, 3), lane_entropy(seed, 4), lane_entropy(seed, 5)} {
  tape_.seed = seed;
}

Chooser::Chooser(const ChoiceTrace& choice_trace) : Chooser(choice_trace.seed) {
  replays_ = true;
  tape_ = choice_trace;
}

std::uint64_t Chooser::choose(Lane lane, std::string_view what, std::uint64_t n) {
  const std::size_t index = static_cast<std::size_t>(lane);
  const std::uint64_t position = position_[index]++;
  if (replays_) {
    const auto found = tape_.choices.find({lane, position});
    return found == tape_.choices.end() ? 0 : found->second.value % n;
  }
  const std::uint64_t value = random_below(entropy_[index], n);
  if (value != 0) tape_.choices[{lane, position}] = {value, std::string(what)};
  return value;
}

bool Chooser::rarely(Lane lane, std::string_view what, std::uint64_t one_in) {
  const std::size_t index = static_cast<std::size_t>(lane);
  const std::uint64_t position = position_[index]++;
  if (replays_) return tape_.choices.contains({lane, position});
  const bool yes = random_below(entropy_[index], one_in) == 0;
  if (yes) tape_.choices[{lane, position}] = {1, std::string(what)};
  return yes;
}

}  // namespace fhctl::test
