#include "core/base/error.h"

namespace fhctl {

Error make_error(ErrorKind kind, std::string message, std::string hint) {
  Error error;
  error.kind = kind;
  error.message = std::move(message);
  error.hint = std::move(hint);
  return error;
}

std::string describe(const Error& error) {
  std::string text;
  for (auto context = error.contexts.rbegin(); context != error.contexts.rend(); ++context) {
    text += *context;
    text += ": ";
  }
  return text + error.message;
}

std::string_view kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kFailed:
      return "failed";
    case ErrorKind::kUsage:
      return "usage";
    case ErrorKind::kPrecondition:
      return "precondition";
    case ErrorKind::kConfirmation:
      return "confirmation";
    case ErrorKind::kCredentials:
      return "credentials";
    case ErrorKind::kDenied:
      return "denied";
    case ErrorKind::kNetwork:
      return "network";
    case ErrorKind::kUntrusted:
      return "untrusted";
    case ErrorKind::kProtocol:
      return "protocol";
    case ErrorKind::kThrottled:
      return "throttled";
    case ErrorKind::kUnavailable:
      return "unavailable";
    case ErrorKind::kNotFound:
      return "not_found";
    case ErrorKind::kAlreadyExists:
      return "already_exists";
    case ErrorKind::kInUse:
      return "in_use";
    case ErrorKind::kConflict:
      return "conflict";
    case ErrorKind::kQuota:
      return "quota";
    case ErrorKind::kPropagating:
      return "propagating";
    case ErrorKind::kSkewed:
      return "skewed";
    case ErrorKind::kLocked:
      return "locked";
    case ErrorKind::kTimeout:
      return "timeout";
    case ErrorKind::kPartial:
      return "partial";
    case ErrorKind::kVerification:
      return "verification";
    case ErrorKind::kCancelled:
      return "cancelled";
  }
  return "failed";
}

Error with_context(Error error, std::string context) {
  error.contexts.push_back(std::move(context));
  return error;
}

}  // namespace fhctl
