// Every fault at every request: of up, growing, shrinking, draining, both kinds of destroy, and looking. After each the
// same command runs again, undisturbed, and has to bring the cloud to where an undisturbed run would have brought it.
//
// The command runs once. At each of its requests a copy of the whole world is made for each fault and goes on with it;
// with pairs, copies of that copy are made at each of the requests that are left. So each begins where faults part
// ways. Pairs that are the same in every byte are told once: a power loss with nothing unwritten is death, a read from
// the past in which nothing was different is none, and where nothing is written a full disk is as good a request later.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/mistake.h"

namespace fhctl::test {

struct EnumerateResult {
  int runs = 0;  // that were disturbed
  std::int64_t requests = 0;
  int requests_undisturbed = 0;
  double virtual_s = 0;
  std::map<std::string, int> faults;
  std::vector<std::string> broken;  // "lost-after at request 17 (CreateRole): ..."; at most broken_max
};

struct EnumerateOptions {
  std::string scenario = "up";  // one of scenario_names()
  int streams = 3;              // two more, or with pairs one, come or go where it resizes
  bool pairs = false;           // two faults, one after the other, in the same run
  int stride = 1;               // every so many requests only
  int share = 1;                // of pairs: one in so many, drawn
  int part = 0;                 // which of the shares: 0 to share - 1, which together are all pairs
  int jobs = 1;                 // copies at work at the same time
  std::size_t broken_max = 20;  // ends when so many have broken something
  const Mistake* mistake = nullptr;
  std::function<void(const EnumerateResult&)> on_progress = {};  // after each first fault
};

std::vector<std::string> scenario_names();
EnumerateResult enumerate(const EnumerateOptions& options);

}  // namespace fhctl::test
