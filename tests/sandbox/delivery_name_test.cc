#include "sandbox/firehose/delivery_name.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fhctl::sandbox {
namespace delivery_name_test {
namespace {

const WallTime kTime = *parse_iso8601("2026-01-02T03:04:05Z");
constexpr const char* kUuid = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

TEST(DeliveryName, PutsTheHourUnlessThePrefixSaysATime) {
  struct Row {
    const char* prefix;
    const char* extension;
    std::string pattern;
  };
  const Row rows[] = {
      {"", "", std::string("2026/01/02/03/s-1-7-2026-01-02-03-04-05-") + kUuid},
      {"logs/", ".gz", std::string("logs/2026/01/02/03/s-1-7-2026-01-02-03-04-05-") + kUuid + "\\.gz"},
      {"logs", "", std::string("logs2026/01/02/03/s-1-7-2026-01-02-03-04-05-") + kUuid},
      {"d=!{timestamp:yyyy-MM-dd}/h=!{timestamp:HH}/", "",
       std::string("d=2026-01-02/h=03/s-1-7-2026-01-02-03-04-05-") + kUuid},
      {"!{firehose:random-string}/", "",
       std::string("[A-Za-z0-9]{11}/2026/01/02/03/s-1-7-2026-01-02-03-04-05-") + kUuid},
  };
  SeededEntropy entropy(1);
  for (const Row& row : rows) {
    EXPECT_THAT(object_key({row.prefix, "s-1", "7", row.extension}, kTime, entropy),
                testing::MatchesRegex(row.pattern));
  }
}

TEST(DeliveryName, FormatsTimesAsJavaDoes) {
  EXPECT_EQ(format_java_time("yyyy/MM/dd/HH/mm/ss", kTime), "2026/01/02/03/04/05");
  EXPECT_EQ(format_java_time("'year='yyyy''-1", kTime), "year=2026'-1");
  for (const char* bad : {"YYYY", "yyy", "'open", "MMM", "hh"}) EXPECT_EQ(format_java_time(bad, kTime), std::nullopt);
}

TEST(DeliveryName, KnowsWhichPrefixesAwsRefuses) {
  struct Row {
    const char* prefix;
    const char* error_prefix;
    bool refused;
  };
  const Row rows[] = {
      {"", "", false},
      {"logs/", "", false},
      {"logs/", "errors/", false},
      {"logs/", "errors/!{firehose:error-output-type}/", false},
      {"logs/!{timestamp:yyyy}/", "errors/", false},
      {"logs/!{timestamp:yyyy}/", "", true},
      {"logs/!{firehose:random-string}/", "", true},
      {"logs/", "errors/!{timestamp:yyyy}/", true},
      {"logs/!{firehose:error-output-type}/", "errors/!{firehose:error-output-type}/", true},
      {"logs/!{timestamp:yyyy", "errors/", true},
      {"logs/!{timestamp}/", "errors/", true},
      {"logs/!{timestamp:YYYY}/", "errors/", true},
      {"logs/!{partitionKeyFromQuery:a}/", "errors/", true},
      {"logs/!{other:a}/", "errors/", true},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(prefix_problem(row.prefix, row.error_prefix).has_value(), row.refused) << row.prefix;
  }
  // "1970/01/01/00/" follows.
  EXPECT_TRUE(prefix_problem(std::string(499, 'a'), ""));
  EXPECT_FALSE(prefix_problem(std::string(498, 'a'), ""));
}

}  // namespace
}  // namespace delivery_name_test
}  // namespace fhctl::sandbox
