// Runs many scenarios, one after the other and several at a time, and prints their results.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/scenarios/random_scenario.h"

namespace fhctl::test {

// "faults: slow 3, stale 1,".
void print_counts(const char* what, const std::map<std::string, int>& counts);

// Writes SEED.choice_trace into the folder in FHCTL_TAPES, or the current one, and returns its path.
std::string keep_tape(const ChoiceTrace& choice_trace);

// The options of `./dev sim` that are needed to replay the same scenario: " --traffic --mistake NAME", or
// fewer.
std::string words_of(const PlaySettings& settings);

// Runs `count` seeds from `first` on, and prints those that failed, a line every minute, and the totals. The findings
// and the trace do not depend on `jobs`. Returns an exit code.
int tell_many(std::int64_t first, std::int64_t count, int jobs, const PlaySettings& settings);

}  // namespace fhctl::test
