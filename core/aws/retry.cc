#include "core/aws/retry.h"

#include <algorithm>

#include "core/aws/error_codes.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

constexpr Duration kTransientBase = std::chrono::milliseconds(50);
constexpr Duration kThrottlingBase = std::chrono::seconds(1);
constexpr Duration kBackoffMax = std::chrono::seconds(20);
constexpr Duration kServerHintMax = std::chrono::seconds(5);

constexpr int kQuotaMax = 500;
constexpr int kTransientCost = 14;
constexpr int kThrottlingCost = 5;

int cost(Retry kind) { return kind == Retry::kThrottling ? kThrottlingCost : kTransientCost; }

}  // namespace

Duration backoff_cap(Retry kind, int retry) {
  const Duration base = kind == Retry::kThrottling ? kThrottlingBase : kTransientBase;
  // 50 ms doubled ten times is past the cap already; a larger shift could overflow.
  return std::min<Duration>(base * (std::int64_t{1} << std::clamp(retry, 0, 10)), kBackoffMax);
}

Duration backoff(Retry kind, int retry, std::optional<std::string_view> retry_after_ms, Entropy& entropy) {
  const Duration computed = from_seconds(seconds_of(backoff_cap(kind, retry)) * random_unit(entropy));
  if (!retry_after_ms) return computed;
  const std::optional<std::int64_t> hint_ms = parse_integer(trim(*retry_after_ms));
  if (!hint_ms || *hint_ms < 0) return computed;
  const std::int64_t bounded_ms = std::min<std::int64_t>(*hint_ms, 3'600'000);
  return std::clamp<Duration>(std::chrono::milliseconds(bounded_ms), computed, computed + kServerHintMax);
}

bool RetryQuota::take(Retry kind) {
  if (available_ < cost(kind)) return false;
  available_ -= cost(kind);
  return true;
}

void RetryQuota::give_back(Retry kind) { available_ = std::min(kQuotaMax, available_ + cost(kind)); }

void RetryQuota::refund_one() { available_ = std::min(kQuotaMax, available_ + 1); }

bool answer_lost(const Error& error) { return error.kind == ErrorKind::kNetwork || error.kind == ErrorKind::kProtocol; }

}  // namespace fhctl::aws
