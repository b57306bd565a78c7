#include "core/verify/object_names.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace object_names_test {
namespace {

using Prefixes = std::vector<std::string>;

WallTime at(const char* text) { return *parse_iso8601(text); }

Prefixes between(const char* prefix, const char* from, const char* to, const char* zone = "") {
  firehose::S3Destination destination;
  destination.prefix = prefix;
  destination.custom_time_zone = zone;
  return listing_prefixes(destination, "app-1", at(from), at(to));
}

Prefixes in_one_hour(const char* prefix) { return between(prefix, "2026-01-20T10:04:11Z", "2026-01-20T10:59:59Z"); }

TEST(ListingPrefixes, DefaultTimeHasOneForEachHour) {
  EXPECT_EQ(in_one_hour("logs/"), Prefixes{"logs/2026/01/20/10/app-1-"});
  EXPECT_EQ(in_one_hour(""), Prefixes{"2026/01/20/10/app-1-"});
  EXPECT_EQ(in_one_hour("logs"), Prefixes{"logs2026/01/20/10/app-1-"});
  EXPECT_EQ(between("logs/", "2025-12-31T22:59:00Z", "2026-01-01T00:00:00Z"),
            (Prefixes{"logs/2025/12/31/22/app-1-", "logs/2025/12/31/23/app-1-", "logs/2026/01/01/00/app-1-"}));
}

TEST(ListingPrefixes, ExpressionsAreFilledInAsFarAsTheyAreKnown) {
  EXPECT_EQ(in_one_hour("a/!{timestamp:yyyy/MM/dd}/"), Prefixes{"a/2026/01/20/app-1-"});
  EXPECT_EQ(in_one_hour("a/!{timestamp:'y='yyyy''}/h=!{timestamp:HH}/"), Prefixes{"a/y=2026'/h=10/app-1-"});
  EXPECT_EQ(in_one_hour("a/!{timestamp:yyyy/mm}/"), Prefixes{"a/2026/"});  // minutes change within the hour
  EXPECT_EQ(in_one_hour("a/!{timestamp:YYYY}/"), Prefixes{"a/"});          // the week-based year
  EXPECT_EQ(in_one_hour("a/!{firehose:random-string}/b/"), Prefixes{"a/"});
  EXPECT_EQ(in_one_hour("!{firehose:random-string}/!{timestamp:yyyy}/"), Prefixes{""});
  EXPECT_EQ(in_one_hour("errors/!{firehose:error-output-type}/"), Prefixes{"errors/"});
  EXPECT_EQ(in_one_hour("a/!{timestamp:'yyyy}/"), Prefixes{"a/"});
  EXPECT_EQ(in_one_hour("a/!{timestamp"), Prefixes{"a/"});
  EXPECT_EQ(between("d/!{timestamp:dd}/", "2026-01-20T22:30:00Z", "2026-01-21T00:30:00Z"),
            (Prefixes{"d/20/app-1-", "d/21/app-1-"}));
}

TEST(ListingPrefixes, OtherTimeZonesAreNotFilledIn) {
  const char* time = "2026-01-20T10:04:11Z";
  EXPECT_EQ(between("logs/", time, time, "America/New_York"), Prefixes{"logs/"});
  EXPECT_EQ(between("a/!{timestamp:HH}/", time, time, "America/New_York"), Prefixes{"a/"});
  EXPECT_EQ(between("logs/", time, time, "UTC"), Prefixes{"logs/2026/01/20/10/app-1-"});
}

TEST(ObjectNames, WhoseAnObjectIs) {
  const std::string hour = "logs/2026/01/20/10/";
  const std::string tail = "-1-2026-01-20-10-04-11-3b0f1f5a-0000-4000-8000-000000000001";
  struct Case {
    std::string key;
    const char* stream;
    bool ours;
  };
  const Case cases[] = {
      {hour + "app-1" + tail, "app-1", true},
      {hour + "app-1" + tail + ".gz", "app-1", true},
      {"app-1" + tail, "app-1", true},
      {hour + "app-1-17-2026-01-20-10-04-11-uuid", "app-1", true},
      {hour + "app-10" + tail, "app-1", false},
      {hour + "app-2-1" + tail, "app-2", false},  // stream 1 of "app-2"
      {hour + "app-2-1" + tail, "app-2-1", true},
      {hour + "my-app-1" + tail, "app-1", false},  // another pipeline
      {hour + "app-1", "app-1", false},
      {hour + "app-1-", "app-1", false},
      {hour + "app-1-1-2026-01-20-10-04-11-", "app-1", false},
      {hour + "app-1-x-2026-01-20-10-04-11-uuid", "app-1", false},
      {hour + "app-1-1-2026-01-20-10-04-1x-uuid", "app-1", false},
      {hour + "app-1" + tail + "/part", "app-1", false},
      {"app-1" + tail + "/" + "app-1" + tail, "app-1", true},
      {"", "app-1", false},
  };
  for (const Case& each : cases) EXPECT_EQ(is_object_of(each.key, each.stream, "logs/"), each.ours) << each.key;
}

TEST(ObjectNames, APrefixWithoutSlashRunsIntoTheName) {
  const std::string tail = "-1-2026-01-20-10-04-11-uuid";
  EXPECT_TRUE(is_object_of("x-2026app-1" + tail, "app-1", "x-!{timestamp:yyyy}"));
  EXPECT_FALSE(is_object_of("logs2026/01/20/10/xapp-1" + tail, "app-1", "logs"));  // the default time ends in a slash
  EXPECT_TRUE(is_object_of("logs2026/01/20/10/app-1" + tail, "app-1", "logs"));
}

}  // namespace
}  // namespace object_names_test
}  // namespace fhctl::pipeline
