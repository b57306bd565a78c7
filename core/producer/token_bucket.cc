#include "core/producer/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace fhctl::pipeline {
namespace {

constexpr double kSlowerBy = 0.7;
constexpr double kFasterBySecond = 0.05;
constexpr double kRateMin = 0.01;
// Sums of floating numbers may fall short by their last digit.
constexpr double kRounding = 1e-9;

}  // namespace

TokenBuckets::TokenBuckets(const StreamLimits& share, Instant now) : at_(now), cut_at_(now) {
  set_share(share, now);
  tokens_ = share_;
}

void TokenBuckets::set_share(const StreamLimits& share, Instant now) {
  if (at_ != now) settle(now);
  share_ = amounts({share.bytes_per_s, share.records_per_s, share.requests_per_s});
  for (double& amount : share_) amount = std::max(1.0, amount);
}

TokenBuckets::Amounts TokenBuckets::amounts(const PutCost& cost) {
  return {static_cast<double>(cost.bytes), static_cast<double>(cost.records), static_cast<double>(cost.requests)};
}

PutCost TokenBuckets::burst(Instant now) const {
  auto whole = [factor = rate(now)](double share) {
    return std::max<std::int64_t>(1, static_cast<std::int64_t>(share * factor + kRounding));
  };
  return {whole(share_[0]), whole(share_[1]), whole(share_[2])};
}

Instant TokenBuckets::ready_at(const PutCost& cost, Instant now) const {
  const Amounts wanted = amounts(cost);
  const Amounts most = amounts(burst(now));
  const Amounts there = level(now);
  double wait_s = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const double missing = std::min(wanted[i], most[i]) - there[i];
    if (missing > kRounding * most[i]) wait_s = std::max(wait_s, missing / (share_[i] * rate(now)));
  }
  // Rounded up, so that it is there when the time has come.
  return wait_s == 0 ? now : now + from_seconds(wait_s) + std::chrono::microseconds(1);
}

std::int64_t TokenBuckets::bytes_left(Instant now) const { return static_cast<std::int64_t>(level(now)[0]); }

void TokenBuckets::take(const PutCost& cost, Instant now) {
  settle(now);
  const Amounts taken = amounts(cost);
  for (std::size_t i = 0; i < taken.size(); ++i) tokens_[i] -= taken[i];
}

void TokenBuckets::slow_down(Instant sent_at, Instant now) {
  if (cut_ && sent_at <= cut_at_) return;
  settle(now);
  cut_rate_ = std::max(kRateMin, kSlowerBy * rate(now));
  cut_at_ = now;
  cut_ = true;
}

double TokenBuckets::rate(Instant now) const {
  return std::min(1.0, cut_rate_ + kFasterBySecond * std::max(0.0, seconds_of(now - cut_at_)));
}

TokenBuckets::Amounts TokenBuckets::level(Instant now) const {
  Amounts level = tokens_;
  const double seconds = earned(now);
  const double most_seconds = rate(now);
  for (std::size_t i = 0; i < level.size(); ++i) {
    // A burst is never below one: a share of less than one a second still sends.
    const double most = std::max(1.0, share_[i] * most_seconds);
    level[i] = std::min(most, level[i] + share_[i] * seconds);
  }
  return level;
}

// The rate rises in a straight line up to 1: its mean over both parts.
double TokenBuckets::earned(Instant now) const {
  const double whole_s = std::max(0.0, seconds_of(now - at_));
  const double begin = rate(at_);
  const double rising_s = std::min(whole_s, (1 - begin) / kFasterBySecond);
  return rising_s * (begin + rate(now)) / 2 + (whole_s - rising_s);
}

void TokenBuckets::settle(Instant now) {
  tokens_ = level(now);
  at_ = now;
}

}  // namespace fhctl::pipeline
