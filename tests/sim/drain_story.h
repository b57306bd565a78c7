// A pipeline under traffic: producers send at full rate while fhctl scales it up and down and destroys it, all in one
// virtual time. Every record is counted, from the acknowledgement to the bucket.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/pipeline/drain_verdict.h"
#include "sandbox/options.h"
#include "tests/sim/sim_world.h"
#include "tests/sim/traffic.h"

namespace fhctl::test {

struct StorySettings {
  std::uint64_t seed = 1;
  int producers = 8;
  std::vector<int> scales = {10, 3, 6};  // after an up of 2; then destroy --keep-bucket
  // Somebody who does not read the manifest: sends to the last stream, so often, for as long as the story lasts.
  bool rogue = false;
  Duration rogue_every = std::chrono::seconds(20);
  pipeline::DrainConditions conditions;
  // What the world is like; drawn from the seed, then changed by whoever wants something special.
  std::function<void(sandbox::Options&, pipeline::SpecValues&)> change;
  bool hide_age = false;  // DescribeDeliveryStream says nothing of when a stream was made
};

struct StoryResult {
  std::string trouble;  // a run that failed although nothing was wrong; empty: none
  TrafficCount records;
  int refused = 0;  // runs that ended with "not deleted"
  int deleted = 0;  // streams
  std::int64_t requests = 0;
  std::map<std::string, int> phases;  // of drains, as they were told
  Duration took{};
  std::string options;  // what was drawn, for people

  bool sound() const { return trouble.empty() && records.missing == 0 && records.unexplained == 0; }
};

StoryResult tell(const StorySettings& settings);

}  // namespace fhctl::test
