// An error as a value: a kind that callers branch on, a message, what AWS said, and a hint.
//
// Errors travel as values (Result<T>); nothing in fhctl throws across a wait, because the C++ runtime keeps caught
// exceptions per thread and not per fiber.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fhctl {

// A kind exists only because some caller branches on it. Exit codes are made from kinds in one place,
// core/report/exit_code.
enum class ErrorKind {
  kFailed,         // no more specific kind applies
  kUsage,          // the user's input is wrong: flags, fhctl.toml, environment
  kPrecondition,   // refused before anything was changed: foreign resource, quota, a shrink without consent
  kConfirmation,   // confirmation is required, but there is no terminal to ask at
  kCredentials,    // missing, invalid or expired
  kDenied,         // the identity is known and may not do this
  kNetwork,        // no response: the request may or may not have been carried out
  kUntrusted,      // the server could not prove its identity: nothing was sent, and another attempt would fail too
  kProtocol,       // a response that cannot be read: whether the request was carried out is unknown
  kThrottled,      // AWS asked to slow down, and the patience of the retry loop ended
  kUnavailable,    // 5xx, and the patience of the retry loop ended
  kNotFound,       // services turn it into an empty optional wherever absence is an answer
  kAlreadyExists,  // the name is taken, perhaps by ourselves in a call whose response was lost
  kInUse,          // the resource is busy with another change: read again, then repeat
  kConflict,       // a condition of ours did not hold: 412, stale version id
  kQuota,          // a quota is full; waiting does not help
  kPropagating,    // IAM has not propagated yet; waiting helps
  kSkewed,         // the clock of this machine is off
  kLocked,         // another run holds the lock
  kTimeout,        // our own deadline passed; work may go on in AWS
  kPartial,        // a part was done; the same command continues
  kVerification,   // what was to be proven did not hold
  kCancelled,      // the user asked to stop
};

struct Error {
  ErrorKind kind = ErrorKind::kFailed;
  std::string message = {};                // one sentence that names the resource or the input
  std::string hint = {};                   // what to do; empty when there is nothing sensible to say
  std::string aws_code = {};               // "ThrottlingException"; empty when AWS did not answer
  std::string request_id = {};             // of the answer, for AWS support
  int http_status = 0;                     // 0: no answer
  std::vector<std::string> contexts = {};  // innermost first: what was being done; added by with_context()

  bool operator==(const Error&) const = default;
};

// An error of this kind. The message is one phrase in lower case without a final period that names the resource or the
// input; the hint says what to do, and is empty when there is nothing sensible to say.
Error make_error(ErrorKind kind, std::string message, std::string hint = {});

// "creating stream logs-1: reading the answer: ..." : contexts from the outside in, then the message. Without the hint.
std::string describe(const Error& error);

// The kind's name in lower case with underscores, for JSON output ("already_exists").
std::string_view kind_name(ErrorKind kind);

// Adds what was being done when the error occurred. Each layer adds its context once.
Error with_context(Error error, std::string context);

}  // namespace fhctl
