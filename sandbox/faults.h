// What goes wrong on purpose: rules that strike chosen requests. One decision per request; the first rule that matches
// strikes. Only signed requests are counted, from 1.
//
// A plan is a JSON list of rules:
//   "at": 5                    the 5th request (of any kind); or
//   "operation": "CreateRole"  requests of this operation, from the "nth" (default 1) on; "service" narrows further
//   "times": 2                 how many requests it strikes (default 1; 0: for ever)
//   "fault":  kill_before, kill_after       the client is killed; the request is not, or is, carried out
//             drop_before, drop_after       the connection closes without an answer; same
//             throttle, access_denied, expired_token, unavailable     in the service's own words; nothing is done
//             error         "status", "code", "message"; nothing is done
//             html          a proxy's error page, 502; nothing is done
//             delay         "ms" later, but whole
//             truncate      carried out; the answer breaks off half-way
//             ok_with_error not carried out; 200 with an <Error> body, as S3 sometimes does
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "sandbox/options.h"
#include "sandbox/router.h"

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
  std::int64_t times = 1;  // 0: for ever
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

  // The plan and the kill switch of the options. An unreadable plan is the caller's to refuse beforehand.
  explicit Faults(const Options& options);

  // Counts the request and says what strikes it.
  FaultRule draw(const Route& route);
  std::int64_t requests() const { return requests_; }
  void restart_count();  // the next request is the first again; rules forget what they saw

 private:
  std::int64_t requests_ = 0;
};

// A rule for Options::kill_at_request and its like.
FaultRule kill_rule(std::int64_t at, bool after_effect);

}  // namespace fhctl::sandbox
