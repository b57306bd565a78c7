// One pacer per operation: Firehose allows 5 calls a second for each, shared with everything else in the account.
#pragma once

#include <map>
#include <string>

#include "core/base/control.h"
#include "core/base/loop.h"

namespace fhctl::aws {

struct PaceOptions {
  double per_second = 4.9;
  double burst = 5;  // calls that may go out at once after a pause; becomes 1 after the first throttling
};

// A token bucket that slows down when AWS throttles (x 0.7, at least 0.5/s) and recovers with successes.
class Pacer {
 public:
  Pacer(Loop& loop, PaceOptions options);
  // Waits for a turn, in order of arrival. kCancelled or kTimeout from `control`.
  Result<void> acquire(const Control& control);
  void on_throttled();
  void on_success();
  double rate() const { return rate_; }  // calls a second, now

 private:
  void refill();
  Loop& loop_;
  PaceOptions options_;
  double rate_;
  double tokens_;
  double burst_;
  Instant refilled_at_;
  Instant next_turn_;
};

}  // namespace fhctl::aws
