#include "tests/sim/harness/fault.h"

#include <algorithm>
#include <array>

#include "core/base/text.h"

namespace fhctl::test {
namespace {

using sandbox::Route;
using std::chrono::seconds;

constexpr std::array<std::string_view, kFaultKinds> kNames = {
    "none",       "lost-before", "lost-after", "twice",    "slow",     "timeout",  "cut-short", "garbled",
    "wrong-type", "new-members", "html",       "throttle", "down",     "internal", "denied",    "expired",
    "skewed",     "conflict",    "quota",      "ok-error", "stale",    "no-tags",  "same-page", "die-before",
    "die-after",  "power-loss",  "stop",       "asleep",   "disk-full"};

bool is_list_of_tags(const Route& route) {
  for (std::string_view name : {"ListTagsForDeliveryStream", "ListRoleTags", "GetRole", "ListTagsForResource"}) {
    if (route.operation == name) return true;
  }
  return false;
}

bool creates(const Route& route) { return starts_with(route.operation, "Create"); }

// Objects in S3 are strongly consistent; reads of bucket properties are not.
bool may_be_stale(const Route& route) {
  if (route.mutating || route.service == "sts" || route.service == "monitoring") return false;
  return route.service != "s3" || route.resource.find('/') == std::string::npos;
}

}  // namespace

std::string_view fault_name(FaultKind kind) { return kNames[static_cast<std::size_t>(kind)]; }

std::vector<FaultKind> fault_kinds() {
  std::vector<FaultKind> kinds;
  for (int i = 1; i < kFaultKinds; ++i) kinds.push_back(static_cast<FaultKind>(i));
  return kinds;
}

bool applies(FaultKind kind, const Route& route) {
  switch (kind) {
    case FaultKind::kLostAfter:
    case FaultKind::kTwice:
    case FaultKind::kDieAfter:
      return route.mutating;  // a lost read has the same effect as one that was not carried out
    case FaultKind::kStale:
      return may_be_stale(route);
    case FaultKind::kTagsLate:
      return is_list_of_tags(route);
    case FaultKind::kSamePage:
      return route.operation == "ListDeliveryStreams";
    case FaultKind::kQuota:
      return creates(route) || (route.service == "iam" && route.mutating);
    case FaultKind::kConflict:
      return route.mutating;
    case FaultKind::kOkWithError:
      return route.service == "s3" && route.operation == "DeleteObjects";
    case FaultKind::kWrongType:
    case FaultKind::kNewMembers:
      return route.service == "firehose" || route.service == "logs";
    default:
      return true;
  }
}

Duration usual_time(FaultKind kind) {
  if (kind == FaultKind::kAsleep) return std::chrono::hours(1);
  if (kind == FaultKind::kStale || kind == FaultKind::kTagsLate) return seconds(20);
  return seconds(8);
}

}  // namespace fhctl::test
