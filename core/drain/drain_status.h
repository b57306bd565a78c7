// The status of a drain: what it still waits for, and for how long.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"

namespace fhctl::pipeline {

// The conditions to check. All of them in production; tests leave out one at a time to prove that each is needed.
struct DrainConditions {
  bool quiet = true;
  bool flushed = true;
  bool delivering = true;
  bool complete = true;
};

enum class DrainPhase {
  kNotifying,        // producers may not have reloaded the manifest yet
  kTraffic,          // records still come in
  kWaitingForQuiet,  // no traffic is visible, but not for long enough yet
  kFlushing,         // the buffer may not be written yet
  kFailing,          // delivery fails: Firehose keeps trying, so the stream stays
  kIncomplete,       // fewer records were delivered than taken; accepted after `drain.time`
  kUnknown,          // the metrics cannot be read in full
  kReady,            // safe to delete
};
std::string_view phase_key(DrainPhase phase);  // "telling", "traffic", ...: for JSON

struct DrainStatus {
  std::string stream;
  int number = 0;
  DrainPhase phase = DrainPhase::kNotifying;
  std::string waiting_for;        // one phrase: "41 records/s still come in, since 10:04:00Z"
  double records_per_s = 0;       // kTraffic: in the last period with any
  std::optional<WallTime> since;  // kTraffic: the first period with traffic after producers should have stopped;
                                  // kFailing: of the first failure
  Duration left{};                // until it may be ready, when nothing else happens; zero when that is not known
  bool without_metrics = false;   // checked without metrics
  // How many records more than CloudWatch shows delivered were taken in the last 25 hours. With kReady: nothing more is
  // expected to arrive.
  std::int64_t difference = 0;
  // True when waiting alone does not help: the user must act.
  bool stuck() const { return phase == DrainPhase::kTraffic || phase == DrainPhase::kFailing; }
};

// "1 record more taken than CloudWatch shows delivered"
std::string difference_text(std::int64_t difference);

}  // namespace fhctl::pipeline
