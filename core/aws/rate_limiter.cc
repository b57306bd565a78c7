#include "core/aws/rate_limiter.h"

#include <algorithm>

namespace fhctl::aws {
namespace {

constexpr double kSlowDown = 0.7;
constexpr double kSpeedUp = 1.05;
constexpr double kRateMin = 0.5;
// Tokens are sums of fractions: a bucket that lacks only a rounding error is full enough.
constexpr double kOneToken = 1.0 - 1e-6;
constexpr Duration kWaitMin = std::chrono::milliseconds(1);

}  // namespace

RateLimiter::RateLimiter(Loop& loop, RateLimit options)
    : loop_(loop),
      options_(options),
      rate_(options.per_second),
      tokens_(options.burst),
      burst_(options.burst),
      refilled_at_(loop.now()),
      slowed_until_(loop.now()) {}

Result<void> RateLimiter::acquire(Cancellation& control) {
  RETURN_IF_ERROR(control.check());
  const std::uint64_t ticket = next_ticket_++;
  queue_.push_back(ticket);
  for (;;) {
    refill();
    if (queue_.front() == ticket && tokens_ >= kOneToken) {
      queue_.pop_front();
      tokens_ -= 1;
      return ok();
    }
    // The rate may change during the wait, so every waiter computes its wait again after it has woken up.
    if (Result<void> slept = control.sleep_until(loop_.now() + time_to_turn(ticket)); !slept) {
      queue_.erase(std::find(queue_.begin(), queue_.end(), ticket));
      return slept;
    }
  }
}

void RateLimiter::on_throttled() {
  refill();
  burst_ = 1;
  tokens_ = std::min(tokens_, 0.0);
  if (loop_.now() < slowed_until_) return;
  rate_ = std::max(kRateMin, rate_ * kSlowDown);
  slowed_until_ = loop_.now() + from_seconds(1 / rate_);
}

void RateLimiter::on_success() { rate_ = std::min(options_.per_second, rate_ * kSpeedUp); }

void RateLimiter::refill() {
  const Instant now = loop_.now();
  tokens_ = std::min(burst_, tokens_ + rate_ * seconds_of(now - refilled_at_));
  refilled_at_ = now;
}

Duration RateLimiter::time_to_turn(std::uint64_t ticket) const {
  const auto place = std::find(queue_.begin(), queue_.end(), ticket) - queue_.begin();
  const double missing = static_cast<double>(place) + 1 - tokens_;
  return std::max(kWaitMin, from_seconds(missing / rate_));
}

}  // namespace fhctl::aws
