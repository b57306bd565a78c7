// What may go wrong with one request, as data. docs/TESTING.md says which line of the fault table each stands for.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sandbox/router.h"

namespace fhctl::test {

enum class FaultKind {
  kNone,
  // On the way.
  kLostBefore,  // the connection breaks before the request is carried out
  kLostAfter,   // it is carried out, and the answer is lost
  kTwice,       // the network delivers it twice
  kSlow,        // the answer takes a while
  kTimeout,     // carried out, and the answer comes after nobody waits any more
  kCutShort,    // 200, and half a body
  kGarbled,     // 200, and a body with wrong bytes in it
  kWrongType,   // 200, and every text in it is a number
  kNewMembers,  // 200, with members and a status that nobody knows yet
  kHtml,        // a proxy's error page
  // In the service's own words.
  kThrottle,
  kUnavailable,
  kInternal,
  kDenied,
  kExpired,
  kSkewed,       // RequestTimeTooSkewed
  kConflict,     // OperationAborted, ConcurrentModification, ResourceInUse
  kQuota,        // LimitExceeded
  kOkWithError,  // 200 with an <Error> for each key
  // Reads that are not up to date.
  kStale,     // what the service knew a while ago
  kTagsLate,  // the resource is there, its tags are not yet
  kSamePage,  // says that there is more, and there is not
  // The process.
  kDieBefore,
  kDieAfter,
  kPowerLoss,  // dies, and the disk forgets renames that were not synced
  kStop,       // Ctrl-C
  kAsleep,     // SIGSTOP, a lid that is closed, once the request has left
  kDiskFull,   // the next steps on the local disk fail
};
inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kDiskFull) + 1;

struct Fault {
  FaultKind kind = FaultKind::kNone;
  Duration time{};  // of kSlow, kStale, kTagsLate, kAsleep
};

std::string_view fault_name(FaultKind kind);                // "lost-after"
std::vector<FaultKind> fault_kinds();                       // all but kNone
bool applies(FaultKind kind, const sandbox::Route& route);  // whether it makes a difference to such a request
Duration usual_time(FaultKind kind);                        // for enumerations

}  // namespace fhctl::test
