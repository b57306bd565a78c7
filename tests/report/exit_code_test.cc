// One row for each kind of error; a new kind needs a row here too.
#include "core/report/exit_code.h"

#include <csignal>

#include <gtest/gtest.h>

#include "tests/support/fakes.h"

namespace fhctl {
namespace exit_code_test {
namespace {

TEST(ExitCode, EveryKindHasItsCode) {
  struct Row {
    ErrorKind kind;
    int code;
  };
  const Row table[] = {
      {ErrorKind::kFailed, 1},        {ErrorKind::kUsage, 64},       {ErrorKind::kPrecondition, 7},
      {ErrorKind::kConfirmation, 6},  {ErrorKind::kCredentials, 77}, {ErrorKind::kDenied, 77},
      {ErrorKind::kNetwork, 69},      {ErrorKind::kUntrusted, 69},   {ErrorKind::kProtocol, 1},
      {ErrorKind::kThrottled, 1},     {ErrorKind::kUnavailable, 69}, {ErrorKind::kNotFound, 1},
      {ErrorKind::kAlreadyExists, 7}, {ErrorKind::kInUse, 1},        {ErrorKind::kConflict, 1},
      {ErrorKind::kQuota, 7},         {ErrorKind::kPropagating, 1},  {ErrorKind::kSkewed, 77},
      {ErrorKind::kLocked, 4},        {ErrorKind::kTimeout, 5},      {ErrorKind::kPartial, 3},
      {ErrorKind::kVerification, 8},  {ErrorKind::kCancelled, 1},
  };
  EXPECT_EQ(std::size(table), static_cast<std::size_t>(ErrorKind::kCancelled) + 1);
  for (const Row& row : table) EXPECT_EQ(exit_code_of_kind(row.kind), row.code) << kind_name(row.kind);
}

TEST(ExitCode, ASignalDecides) {
  test::FakeSignals signals;
  Error error;
  error.kind = ErrorKind::kCancelled;
  EXPECT_EQ(exit_code(error, signals), 1);  // the user answered no at a prompt
  signals.raise(SIGINT);
  EXPECT_EQ(exit_code(error, signals), 130);
  error.kind = ErrorKind::kPartial;
  EXPECT_EQ(exit_code(error, signals), 130);
  test::FakeSignals terminated;
  terminated.raise(SIGTERM);
  EXPECT_EQ(exit_code(error, terminated), 143);
}

}  // namespace
}  // namespace exit_code_test
}  // namespace fhctl
