// Injected faults: rules that apply to chosen requests. Each request is matched once; the first rule that matches
// applies. Only signed requests are counted, from 1.
//
// A plan is a JSON list of rules:
//   "at": 5                    the 5th request (of any kind); or
//   "operation": "CreateRole"  requests of this operation, from the "nth" (default 1) on; "service" narrows further
//   "times": 2                 how many requests the rule applies to (default 1; 0: no limit)
//   "fault":  kill_before, kill_after       the client is killed; the request is not, or is, carried out
//             drop_before, drop_after       the connection closes without a response; same
//             throttle, access_denied, expired_token, unavailable     the service's own error; nothing is done
//             error         "status", "code", "message"; nothing is done
//             html          a proxy's error page, 502; nothing is done
//             delay         a complete response, "ms" later
//             truncate      carried out; the response breaks off half-way
//             ok_with_error not carried out; 200 with an <Error> body, as S3 sometimes does
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "sandbox/state/options.h"
#include "sandbox/wire/router.h"

namespace fhctl::sandbox {

enum class FaultKind {
  kNone,
  kKillBefore,
  kKillAfter,
  kDropBefore,
  kDropAfter,
  kThrottle,
  kAccessDenied,
  kExpiredToken,
  kUnavailable,
  kError,
  kHtml,
  kDelay,
  kTruncate,
  kOkWithError,
};

struct FaultRule {
  std::int64_t at = 0;    // 0: by operation
  std::string operation;  // empty: any
  std::string service;    // empty: any
  std::int64_t nth = 1;
  std::int64_t times = 1;  // 0: no limit
  FaultKind kind = FaultKind::kNone;
  int status = 500;
  std::string code;
  std::string message;
  Duration delay{};

  std::int64_t seen = 0;  // requests that matched so far
};

// The error (kUsage) names the rule and the member that is wrong.
Result<std::vector<FaultRule>> parse_fault_plan(std::string_view json);

class Faults {
 public:
  std::vector<FaultRule> rules;

  // Takes the plan and the kill switch from the options. The caller must have rejected an unreadable plan before.
  explicit Faults(const Options& options);

  // Counts the request and returns the rule that applies to it.
  FaultRule draw(const Route& route);
  std::int64_t requests() const { return requests_; }
  void restart_count();  // the next request is number 1 again; rules reset their counts

 private:
  std::int64_t requests_ = 0;
};

// The rule for Options::kill_at_request and kill_after_effect.
FaultRule kill_rule(std::int64_t at, bool after_effect);

}  // namespace fhctl::sandbox
