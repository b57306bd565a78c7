// Whether x how long x is it safe. Numbers after the AWS SDKs' retry rules of 2026 (base 50 ms transient, 1 s
// throttling, cap 20 s, full jitter, a token bucket of 500), but patient until a deadline rather than for 3 attempts.
#pragma once

#include <optional>
#include <string_view>

#include "core/aws/fault.h"
#include "core/base/random.h"
#include "core/base/time.h"

namespace fhctl::aws {

// The delay before retry number `retry` (0 is the first), without jitter.
Duration backoff_cap(Retry kind, int retry);
// With full jitter, and obeying x-amz-retry-after (milliseconds), clamped to [t, t + 5 s].
Duration backoff(Retry kind, int retry, std::optional<std::string_view> retry_after_ms, Entropy& entropy);

// Retry tokens shared by a run: they keep a broken service from being hammered.
class RetryQuota {
 public:
  bool take(Retry kind);       // false: none left
  void give_back(Retry kind);  // after a success that followed a retry
  void refund_one();           // after a success at the first try
  int available() const { return available_; }

 private:
  int available_ = 500;
};

}  // namespace fhctl::aws
