#include "core/spec/names.h"

#include <gtest/gtest.h>

#include "core/services/s3.h"

namespace fhctl::pipeline {
namespace names_test {
namespace {

TEST(Names, PipelineNamesThatAreFine) {
  for (const char* name : {"a", "logs", "scaling-firehose", "a-1", "x2", "abcdefghijklmnopqrstuvwxyz12345"}) {
    EXPECT_TRUE(check_pipeline_name(name)) << name;
  }
}

TEST(Names, PipelineNamesThatAreRefused) {
  struct Row {
    const char* name;
    const char* says;
  };
  const Row rows[] = {{"", "is empty"},
                      {"Logs", "has the character 'L'"},
                      {"my_logs", "has the character '_'"},
                      {"1logs", "does not begin with a letter"},
                      {"-logs", "does not begin with a letter"},
                      {"logs-", "ends with a hyphen"},
                      {"abcdefghijklmnopqrstuvwxyz123456", "has 32 characters"},
                      {"xn--logs", "begins with xn--"},
                      {"sthree-logs", "begins with sthree-"},
                      {"amzn-s3-demo-logs", "begins with amzn-s3-demo-"}};
  for (const Row& row : rows) {
    Result<void> checked = check_pipeline_name(row.name);
    ASSERT_FALSE(checked) << row.name;
    EXPECT_EQ(checked.error().kind, ErrorKind::kUsage);
    EXPECT_NE(checked.error().message.find(row.says), std::string::npos) << checked.error().message;
    EXPECT_FALSE(checked.error().hint.empty());
  }
}

TEST(Names, DefaultsFitIntoTheLimitsOfAwsEvenForTheLongestName) {
  const std::string name = "abcdefghijklmnopqrstuvwxyz12345";
  const std::string region = "ap-northeast-1";
  EXPECT_EQ(default_bucket("logs", "123456789012", "us-west-2"), "logs-123456789012-us-west-2");
  EXPECT_EQ(s3::bucket_name_problem(default_bucket(name, "123456789012", region)), std::nullopt);
  EXPECT_EQ(default_role("logs", "us-west-2"), "logs-us-west-2-firehose");
  EXPECT_LE(default_role(name, region).size(), 64u);
  EXPECT_LE(stream_name(name, 999999).size(), 64u);
  EXPECT_EQ(default_log_group("logs"), "/aws/kinesisfirehose/logs");
}

TEST(Names, StreamNumberIsTheInverseOfStreamName) {
  struct Row {
    const char* pipeline;
    const char* stream;
    std::optional<int> number;
  };
  const Row rows[] = {{"app", "app-1", 1},
                      {"app", "app-999999", 999999},
                      {"app", "app-1000000", {}},
                      {"app", "app-0", {}},
                      {"app", "app-01", {}},
                      {"app", "app-", {}},
                      {"app", "app", {}},
                      {"app", "application-1", {}},
                      {"app", "app-2-1", {}},
                      {"app-2", "app-2-1", 1},
                      {"app", "app--1", {}},
                      {"app", "app-1x", {}},
                      {"app", "app-99999999999", {}},
                      {"app", "other-1", {}}};
  for (const Row& row : rows) EXPECT_EQ(stream_number(row.pipeline, row.stream), row.number) << row.stream;
  EXPECT_EQ(stream_number("app", stream_name("app", 42)), 42);
}

TEST(Names, OwnKeysLieInOneFolder) {
  EXPECT_EQ(own_prefix("logs", "eu-west-1"), "_fhctl/logs/eu-west-1/");
  EXPECT_EQ(document_key("logs", "eu-west-1"), "_fhctl/logs/eu-west-1/pipeline.json");
  EXPECT_EQ(manifest_key("logs", "eu-west-1"), "_fhctl/logs/eu-west-1/manifest.json");
  EXPECT_EQ(lock_key("logs", "eu-west-1"), "_fhctl/logs/eu-west-1/lock");
}

TEST(Names, MembersAreWrittenAsRanges) {
  struct Row {
    Members members;
    const char* text;
  };
  const Row rows[] = {{{}, ""}, {{1}, "1"}, {{1, 2}, "1-2"}, {{1, 2, 4, 5, 6}, "1-2,4-6"}, {{3, 7, 9}, "3,7,9"}};
  for (const Row& row : rows) {
    EXPECT_EQ(format_members(row.members), row.text);
    EXPECT_EQ(parse_members(row.text), row.members) << row.text;
  }
}

TEST(Names, MembersThatCannotBeRead) {
  for (const char* text : {"0", "1-", "-2", "2-1", "1,,2", "a", "1-2-3", "01", " 1", "1-10001", "1-9999,20000-20001",
                           "1-9999,1-9999", "1-99999999999999999999"}) {
    EXPECT_EQ(parse_members(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_members("1-10000")->size(), 10000u);
  EXPECT_EQ(parse_members("1-3,2-5"), (Members{1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace names_test
}  // namespace fhctl::pipeline
