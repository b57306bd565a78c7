// A simulated scenario: users run fhctl, several at once, while requests get faults and external actors intervene; then
// the disturbances end, and the guarantees of fhctl are checked. One seed is one scenario; a choice trace replays it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/harness/choice_trace.h"

namespace fhctl::test {

struct SeededBug;  // tests/sim/harness/seeded_bug.h

struct PlaySettings {
  const SeededBug* seeded_bug = nullptr;  // a defect that is planted on purpose
  bool tells = false;                     // records what happens
  bool traffic = false;                   // programs send records in every scenario, not only in some
  bool hurried = false;                   // nothing is drained under traffic: records get lost
  bool only_delays = false;               // the scenario of delay_scenario.h
  bool close_runs = false;                // in it, runs begin before the changes of earlier ones are visible
};

struct ScenarioResult {
  std::vector<std::string> broken;     // violated invariants, and how; empty: none
  std::vector<std::string> events;     // what happened, one line each
  std::string drawn;                   // the drawn conditions
  std::map<std::string, int> faults;   // number of faults, by name
  std::map<std::string, int> reached;  // situations that were reached, by name
  std::int64_t requests = 0;
  int runs = 0;
  double virtual_s = 0;
  std::uint64_t trace = 0;  // equal for equal seeds, always and in every build
  ChoiceTrace choice_trace;
};

ScenarioResult run_scenario(Chooser& chooser, const PlaySettings& settings = {});

// Removes choices from the choice trace while the same invariant is violated. `tries` limits the number of replays.
ChoiceTrace shrink(const ChoiceTrace& choice_trace, const PlaySettings& settings, int tries = 2000);

}  // namespace fhctl::test
