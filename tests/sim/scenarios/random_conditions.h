// The conditions of a random scenario.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sandbox/state/options.h"
#include "tests/sim/harness/choice_trace.h"
#include "tests/sim/harness/fault.h"

namespace fhctl::test {

// For each service no delay, one up to 5 s, or one up to 60 s.
sandbox::ConsistencyDelays draw_delays(Chooser& chooser);
std::string text_of(const sandbox::ConsistencyDelays& delays);
bool any(const sandbox::ConsistencyDelays& delays);
// Which state each request sees of a service whose changes become visible late: the newest, the oldest that it may see,
// or one between them. So a client may see a change, then not, then again.
std::function<Duration(Duration delay)> drawn_lag(Chooser& chooser);

struct Draws {
  sandbox::Options options;
  bool reads_lag = false;
  bool versions = false;         // the bucket keeps old versions: a user enabled versioning
  bool neighbour = false;        // a pipeline of the same name in a second region
  bool traffic = false;          // programs send records all the time, so that every shrink drains
  bool nonconforming = false;    // one of them is nonconforming: reads no manifest
  bool containers = false;       // runs are in containers of one machine, or on it, and not on two machines
  std::vector<FaultKind> kinds;  // the faults of this scenario
  std::uint64_t one_in = 1;      // one request in this many gets a fault
  std::string text;
};

// If `traffic`, programs send records in any case.
Draws draw(Chooser& chooser, bool traffic);

}  // namespace fhctl::test
