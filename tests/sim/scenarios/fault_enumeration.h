// Every fault at every request: of up, growing, shrinking, draining, both kinds of destroy, and plan. After each fault
// the same command runs again, undisturbed, and must bring the cloud to the state after an undisturbed run.
//
// The command runs once. At each of its requests the process forks a copy for each fault, and the copy continues with
// that fault; with pairs, each copy forks again at each of its remaining requests. Thus no work before a fault is
// repeated. Pairs with identical behaviour run once: a power loss without unsynced renames is a plain death, a stale
// read of unchanged state is no fault, and a full disk before a request without writes is the same as a full disk at a
// later request.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "tests/sim/harness/seeded_bug.h"

namespace fhctl::test {

struct EnumerateResult {
  int runs = 0;  // number of disturbed runs
  std::int64_t requests = 0;
  int requests_undisturbed = 0;
  double virtual_s = 0;
  std::map<std::string, int> faults;
  std::vector<std::string> broken;  // "lost-after at request 17 (CreateRole): ..."; at most broken_max
};

struct EnumerateOptions {
  std::string scenario = "up";  // one of scenario_names()
  int streams = 3;              // a resize creates or deletes two more, or with pairs one
  bool pairs = false;           // two faults, one after the other, in the same run
  int stride = 1;               // only every n-th request
  int share = 1;                // of pairs: one in this many, drawn
  int part = 0;                 // which of the shares: 0 to share - 1, which together are all pairs
  int jobs = 1;                 // number of copies that run at the same time
  std::size_t broken_max = 20;  // stops when this many disturbed runs have violated an invariant
  const SeededBug* seeded_bug = nullptr;
  std::function<void(const EnumerateResult&)> on_progress = {};  // after each first fault
};

std::vector<std::string> scenario_names();
EnumerateResult enumerate(const EnumerateOptions& options);

}  // namespace fhctl::test
