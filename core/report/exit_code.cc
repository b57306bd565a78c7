#include "core/report/exit_code.h"

#include <fmt/format.h>

namespace fhctl {
namespace {

struct CodeRow {
  int code;
  const char* meaning;
};

// sysexits' numbers for usage, network and credentials keep 2 free for "changes pending".
constexpr CodeRow kRows[] = {
    {0, "done, or nothing to do"},
    {1, "failed; nothing or an unknown part was changed"},
    {2, "changes are pending (only with --detailed-exitcode)"},
    {3, "partly done: the same command continues"},
    {4, "another run holds the lock"},
    {5, "--timeout passed; AWS continues"},
    {6, "confirmation required, but stdin is not a terminal"},
    {7, "refused before a change: foreign resource, data in the bucket, quota, shrink"},
    {8, "verification failed"},
    {64, "usage: a flag, fhctl.toml or the environment is wrong"},
    {69, "network: no answer, or the service is down"},
    {77, "credentials are missing, invalid, expired or not permitted"},
    {130, "stopped by Ctrl-C (143: by SIGTERM)"},
};

}  // namespace

int exit_code_of_kind(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kUsage:
      return kExitUsage;
    case ErrorKind::kPrecondition:
    case ErrorKind::kQuota:
    case ErrorKind::kAlreadyExists:
      return 7;
    case ErrorKind::kConfirmation:
      return 6;
    case ErrorKind::kCredentials:
    case ErrorKind::kDenied:
    case ErrorKind::kSkewed:
      return 77;
    case ErrorKind::kNetwork:
    case ErrorKind::kUntrusted:
    case ErrorKind::kUnavailable:
      return 69;
    case ErrorKind::kLocked:
      return 4;
    case ErrorKind::kTimeout:
      return 5;
    case ErrorKind::kPartial:
      return 3;
    case ErrorKind::kVerification:
      return 8;
    case ErrorKind::kFailed:
    case ErrorKind::kProtocol:
    case ErrorKind::kThrottled:
    case ErrorKind::kNotFound:
    case ErrorKind::kInUse:
    case ErrorKind::kConflict:
    case ErrorKind::kPropagating:
    case ErrorKind::kCancelled:
      break;
  }
  return kExitFailed;
}

int exit_code(const Error& error, const Signals& signals) {
  if (signals.stop_count() > 0) return 128 + signals.stop_signal();
  return exit_code_of_kind(error.kind);
}

std::string exit_code_table() {
  std::string table;
  for (const CodeRow& row : kRows) table += fmt::format("  {:<4} {}\n", row.code, row.meaning);
  return table;
}

}  // namespace fhctl
