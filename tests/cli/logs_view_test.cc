#include "cli/views/logs.h"

#include <gtest/gtest.h>

#include "tests/cli/golden.h"

namespace fhctl::cli {
namespace logs_view_test {
namespace {

constexpr WallTime kTime{std::chrono::milliseconds(1768903451000)};

LogsAnswer sample() {
  LogsAnswer answer;
  answer.log_group = "/aws/kinesisfirehose/logs";
  answer.log_stream = "S3Delivery";
  answer.since = kTime - std::chrono::hours(1);
  answer.total = 14;
  answer.groups = {{"logs-1", "S3.AccessDenied", "Access was denied.", 12, kTime - std::chrono::minutes(20), kTime},
                   {"logs-2", "Lambda.FunctionTimedOut", "evil \x1b[2J", 1, kTime, kTime},
                   {"", "", "not JSON \x07", 1, kTime, kTime}};
  answer.hidden_groups = 2;
  return answer;
}

TEST(LogsView, AllForms) {
  expect_golden("logs.txt", logs_result(sample()).human({}));
  expect_golden("logs.tsv", logs_result(sample()).text());
  expect_golden("logs.json", logs_result(sample()).json() + "\n");
  EXPECT_EQ((logs_result(sample()).human({}) + logs_result(sample()).text()).find_first_of("\x1b\x07"),
            std::string::npos);
}

TEST(LogsView, WhyThereAreNone) {
  LogsAnswer answer = sample();
  answer.groups.clear();
  answer.total = 0;
  EXPECT_EQ(logs_result(answer).human({}), "No delivery errors since 2026-01-20T09:04:11Z.\n");
  answer.group_exists = false;
  EXPECT_NE(logs_result(answer).human({}).find("There is no log group /aws/kinesisfirehose/logs"), std::string::npos);
  answer.logging = false;
  EXPECT_NE(logs_result(answer).human({}).find("Error logging is off"), std::string::npos);
}

TEST(LogsView, OneErrorWithAdviceOnlyWhenAsked) {
  const pipeline::DeliveryError error{kTime, "logs-1", "S3.NoSuchBucket", "gone", "{}"};
  EXPECT_EQ(delivery_error_result(error, false).human({}), "2026-01-20T10:04:11Z  logs-1  S3.NoSuchBucket  gone\n");
  EXPECT_NE(delivery_error_result(error, true).human({}).find("\n    The bucket is gone.\n    hint: "),
            std::string::npos);
  const pipeline::DeliveryError raw{kTime, "", "", "", "text \x1b["};
  EXPECT_EQ(delivery_error_result(raw, false).text(), "error\t2026-01-20T10:04:11Z\t-\t-\ttext \\x1b[\n");
}

}  // namespace
}  // namespace logs_view_test
}  // namespace fhctl::cli
