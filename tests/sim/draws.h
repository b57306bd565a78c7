// What the world of a random story is like.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sandbox/options.h"
#include "tests/sim/fault.h"
#include "tests/sim/tape.h"

namespace fhctl::test {

struct Draws {
  sandbox::Options options;
  bool reads_lag = false;
  bool versions = false;         // the bucket keeps old versions: somebody switched that on
  bool neighbour = false;        // a pipeline of the same name in a second region
  bool traffic = false;          // programs send records all the time, so that everybody drains
  bool rogue = false;            // one of them reads no manifest
  bool containers = false;       // runs are in containers of one machine, or on it, and not on two machines
  std::vector<FaultKind> kinds;  // the faults of this story
  std::uint64_t one_in = 1;      // so many requests is struck
  std::string text;
};

// `traffic`: programs send records in any case.
Draws draw(Chooser& chooser, bool traffic);

}  // namespace fhctl::test
