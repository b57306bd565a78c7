// Retry policy: which errors are retried, and after which delay. Numbers after the AWS SDKs' retry rules of 2026 (base
// 50 ms transient, 1 s throttling, cap 20 s, full jitter, a token bucket of 500), but patient until a deadline rather
// than for 3 attempts.
#pragma once

#include <optional>
#include <string_view>

#include "core/aws/error_codes.h"
#include "core/aws/error_response.h"
#include "core/base/random.h"
#include "core/base/time.h"

namespace fhctl::aws {

// The delay before retry number `retry` (0 is the first), without jitter.
Duration backoff_cap(Retry kind, int retry);
// With full jitter, and obeying x-amz-retry-after (milliseconds), clamped to [t, t + 5 s].
Duration backoff(Retry kind, int retry, std::optional<std::string_view> retry_after_ms, Entropy& entropy);

// True when the request got no response, or one that cannot be read: whether it was carried out is unknown.
bool answer_lost(const Error& error);

// Retry tokens shared by a run: they limit the load on a failing service.
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
