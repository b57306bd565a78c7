// Faults of a single request, as data. docs/simulation.md maps each to a line of the fault table.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"
#include "sandbox/wire/router.h"

namespace fhctl::test {

enum class FaultKind {
  kNone,
  // In transit.
  kLostBefore,  // the connection breaks before the request is carried out
  kLostAfter,   // it is carried out, and the response is lost
  kTwice,       // the network delivers it twice
  kSlow,        // the response takes a while
  kTimeout,     // carried out, and the response arrives after the client's timeout
  kCutShort,    // 200, and half a body
  kGarbled,     // 200, and a body with wrong bytes in it
  kWrongType,   // 200, and every text in it is a number
  kNewMembers,  // 200, with members and a status that fhctl does not know
  kHtml,        // a proxy's error page
  // Errors of the service.
  kThrottle,
  kUnavailable,
  kInternal,
  kDenied,
  kExpired,
  kSkewed,       // RequestTimeTooSkewed
  kConflict,     // OperationAborted, ConcurrentModification, ResourceInUse
  kQuota,        // LimitExceeded
  kOkWithError,  // 200 with an <Error> for each key
  // Stale reads.
  kStale,     // an earlier state of the service
  kTagsLate,  // the resource exists, its tags are not visible yet
  kSamePage,  // claims another page, but there is none
  // The process.
  kDieBefore,
  kDieAfter,
  kPowerLoss,  // dies, and renames that were not synced are lost from the disk
  kStop,       // Ctrl-C
  kAsleep,     // SIGSTOP, or a closed laptop lid, after the request has been sent
  kDiskFull,   // the next writes to the local disk fail
};
inline constexpr int kFaultKinds = static_cast<int>(FaultKind::kDiskFull) + 1;

struct Fault {
  FaultKind kind = FaultKind::kNone;
  Duration time{};  // of kSlow, kStale, kTagsLate, kAsleep
};

std::string_view fault_name(FaultKind kind);                // "lost-after"
std::vector<FaultKind> fault_kinds();                       // all but kNone
bool applies(FaultKind kind, const sandbox::Route& route);  // whether it has an effect on such a request
Duration usual_time(FaultKind kind);                        // the duration used in enumerations

}  // namespace fhctl::test
