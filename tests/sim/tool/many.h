// Many stories, one after the other and several at a time, and what is printed of them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "tests/sim/play.h"

namespace fhctl::test {

// "faults: slow 3, stale 1,".
void print_counts(const char* what, const std::map<std::string, int>& counts);

// Writes SEED.tape into the folder that FHCTL_TAPES names, here without one, and answers its path.
std::string keep_tape(const Tape& tape);

// What `./dev sim` has to be told again for the same story: " --traffic --mistake NAME", or less.
std::string words_of(const PlaySettings& settings);

// Tells `count` seeds from `first` on, and prints those that went wrong, a line every minute, and the sums. What it
// finds and the trace do not depend on `jobs`. Returns an exit code.
int tell_many(std::int64_t first, std::int64_t count, int jobs, const PlaySettings& settings);

}  // namespace fhctl::test
