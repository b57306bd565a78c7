// A simulated story: people run fhctl, several at once, while requests are struck by faults and strangers meddle; then
// everything is quiet, and what fhctl promises has to be true. One seed is one story; a tape tells it again.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/tape.h"

namespace fhctl::test {

struct Mistake;  // tests/sim/mistake.h

struct PlaySettings {
  const Mistake* mistake = nullptr;  // one that is made on purpose
  bool tells = false;                // writes down what happens
  bool traffic = false;              // programs send records in every story, not only in some
  bool hurried = false;              // nobody drains while they do: records get lost
};

struct PlayResult {
  std::vector<std::string> broken;     // rules, and how; empty: all is well
  std::vector<std::string> told;       // what happened, one line each
  std::string drawn;                   // what the world was like
  std::map<std::string, int> faults;   // struck, by name
  std::map<std::string, int> reached;  // what happened in it, by name
  std::int64_t requests = 0;
  int runs = 0;
  double virtual_s = 0;
  std::uint64_t trace = 0;  // the same seed gives the same, always and in every build
  Tape tape;
};

PlayResult play(Chooser& chooser, const PlaySettings& settings = {});

// Takes choices off the tape for as long as the same rule breaks. `tries` is how often the story may be told.
Tape shrink(const Tape& tape, const PlaySettings& settings, int tries = 2000);

}  // namespace fhctl::test
