// A pipeline under traffic: producers send at full rate while fhctl scales the pipeline up and down and destroys it,
// all in one virtual time. Every record is counted, from the acknowledgement to the bucket.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/drain/drain_status.h"
#include "sandbox/state/options.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/harness/traffic.h"

namespace fhctl::test {

struct ScenarioSettings {
  std::uint64_t seed = 1;
  int producers = 8;
  std::vector<int> scales = {10, 3, 6};  // after an up of 2; then destroy --keep-bucket
  // A nonconforming producer sends to the last stream, at this interval, until the scenario ends.
  bool nonconforming = false;
  Duration nonconforming_every = std::chrono::seconds(20);
  pipeline::DrainConditions conditions;
  // The options of the simulation are drawn from the seed; this may then change them.
  std::function<void(sandbox::Options&, pipeline::SpecValues&)> change;
  bool hide_age = false;  // DescribeDeliveryStream does not return when a stream was created
};

struct StoryResult {
  std::string trouble;  // a run that failed without a cause; empty: none
  TrafficCount records;
  int refused = 0;        // runs that ended with "not deleted"
  int deleted = 0;        // streams
  std::int64_t held = 0;  // records that streams had not delivered when their deletion was requested
  int differences = 0;    // deleted streams for which a difference was stated
  std::int64_t requests = 0;
  std::map<std::string, int> phases;  // status of drains, as reported
  Duration took{};
  std::string options;  // the drawn options, for people

  bool sound() const { return trouble.empty() && held == 0 && records.missing == 0 && records.unexplained == 0; }
};

StoryResult tell(const ScenarioSettings& settings);

}  // namespace fhctl::test
