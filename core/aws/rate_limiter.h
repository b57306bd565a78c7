// A rate limiter for one operation: Firehose allows 5 calls a second for each, shared by all callers in the account.
#pragma once

#include <cstdint>
#include <deque>

#include "core/base/cancellation.h"
#include "core/base/loop.h"

namespace fhctl::aws {

struct RateLimit {
  double per_second = 4.9;
  double burst = 5;  // calls that may go out at once after a pause; becomes 1 after the first throttling
};

// A token bucket that slows down when AWS throttles (x 0.7, at least 0.5/s) and recovers with successes.
class RateLimiter {
 public:
  RateLimiter(Loop& loop, RateLimit options);
  // Waits for a turn, in order of arrival. kCancelled or kTimeout from `control`.
  Result<void> acquire(Cancellation& control);
  // Several throttled responses to calls that were in flight together reduce the rate once.
  void on_throttled();
  void on_success();
  double rate() const { return rate_; }  // calls a second, now

 private:
  void refill();
  Duration time_to_turn(std::uint64_t ticket) const;

  Loop& loop_;
  RateLimit options_;
  double rate_;
  double tokens_;
  double burst_;
  Instant refilled_at_;
  Instant slowed_until_;             // a throttled response before then changes nothing
  std::deque<std::uint64_t> queue_;  // tickets of the waiting callers, oldest first
  std::uint64_t next_ticket_ = 0;
};

}  // namespace fhctl::aws
