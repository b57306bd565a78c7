#include "core/base/error.h"

#include <set>
#include <stdexcept>

#include <gtest/gtest.h>

#include "core/base/result.h"

namespace fhctl {
namespace error_test {
namespace {

TEST(Error, IsDescribedFromTheOutsideIn) {
  Error error{.message = "no such role", .hint = "not shown"};
  error = with_context(with_context(error, "reading the answer"), "creating stream logs-1");
  EXPECT_EQ(describe(error), "creating stream logs-1: reading the answer: no such role");
}

TEST(Error, EveryKindHasANameOfItsOwn) {
  std::set<std::string_view> names;
  const int kinds = static_cast<int>(ErrorKind::kCancelled) + 1;
  for (int kind = 0; kind < kinds; ++kind) names.insert(kind_name(static_cast<ErrorKind>(kind)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(kinds));
  EXPECT_EQ(kind_name(ErrorKind::kAlreadyExists), "already_exists");
}

TEST(Result, ReadingTheValueOfAFailureSaysSo) {
  const Result<int> failed = Error{.message = "no such role"};
  EXPECT_THROW(static_cast<void>(failed.value()), std::logic_error);
}

}  // namespace
}  // namespace error_test
}  // namespace fhctl
