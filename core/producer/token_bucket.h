// How much one producer may put into one stream: bytes, records and requests a second. AWS limits all three, and shows
// a reached limit only by refusing; a refusal therefore lowers the rate, and time without one raises it again.
#pragma once

#include <array>
#include <cstdint>

#include "core/base/time.h"
#include "core/spec/limits.h"

namespace fhctl::pipeline {

struct PutCost {
  std::int64_t bytes = 0;
  std::int64_t records = 0;
  std::int64_t requests = 1;
};

// Three token buckets that slow down together. Each holds at most what comes in within one second.
class TokenBuckets {
 public:
  // `share`: of the stream's limits, what this producer may use. Full at first.
  TokenBuckets(const StreamLimits& share, Instant now);

  void set_share(const StreamLimits& share, Instant now);

  // What one second brings at the present rate, at least one of each.
  PutCost burst(Instant now) const;
  // When that much is available; `now` if it is already. An amount above the burst counts as a burst: it is lent.
  Instant ready_at(const PutCost& cost, Instant now) const;
  std::int64_t bytes_left(Instant now) const;  // negative while a loan is paid back
  void take(const PutCost& cost, Instant now);

  // The stream refused a batch that was sent at `sent_at`: the rate is reduced to 70 %. Batches that were in flight
  // together count once. The rate grows back by 5 % of the share a second.
  void slow_down(Instant sent_at, Instant now);
  double rate(Instant now) const;  // of the share, 0.01 to 1

 private:
  using Amounts = std::array<double, 3>;
  static Amounts amounts(const PutCost& cost);
  Amounts level(Instant now) const;
  double earned(Instant now) const;  // seconds' worth of the share since at_
  void settle(Instant now);

  Amounts share_;
  Amounts tokens_;
  Instant at_;  // tokens_ are of this time
  double cut_rate_ = 1;
  Instant cut_at_;  // when the rate was cut_rate_
  bool cut_ = false;
};

}  // namespace fhctl::pipeline
