// One pacer per operation: Firehose allows 5 calls a second for each, shared with everything else in the account.
#pragma once

#include <cstdint>
#include <deque>

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
  Result<void> acquire(Control& control);
  // Several throttled answers to calls that went out together slow it down once.
  void on_throttled();
  void on_success();
  double rate() const { return rate_; }  // calls a second, now

 private:
  void refill();
  Duration time_to_turn(std::uint64_t ticket) const;

  Loop& loop_;
  PaceOptions options_;
  double rate_;
  double tokens_;
  double burst_;
  Instant refilled_at_;
  Instant slowed_until_;             // until then a throttled answer tells nothing new
  std::deque<std::uint64_t> queue_;  // tickets of those who wait, oldest first
  std::uint64_t next_ticket_ = 0;
};

}  // namespace fhctl::aws
