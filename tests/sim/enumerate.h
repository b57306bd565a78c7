// Every fault at every request: of up, growing, shrinking, draining, both kinds of destroy, and looking. After each the
// same command runs again, undisturbed, and has to bring the cloud to where an undisturbed run would have brought it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/mistake.h"

namespace fhctl::test {

struct EnumerateOptions {
  std::string scenario = "up";  // one of scenario_names()
  int streams = 3;              // before and after, as far as the scenario leaves it open
  bool pairs = false;           // two faults, one after the other, in the same run
  int stride = 1;               // every so many requests only
  int share = 1;                // of pairs: one in so many, evenly spread
  std::size_t broken_max = 20;  // ends when so many have broken something
  const Mistake* mistake = nullptr;
};

struct EnumerateResult {
  int runs = 0;  // that were disturbed
  std::int64_t requests = 0;
  int requests_undisturbed = 0;
  double virtual_s = 0;
  std::map<std::string, int> faults;
  std::vector<std::string> broken;  // "lost-after at request 17 (CreateRole): ..."; at most broken_max
};

std::vector<std::string> scenario_names();
EnumerateResult enumerate(const EnumerateOptions& options);

}  // namespace fhctl::test
