#include "core/base/time.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace fhctl {
namespace time_test {
namespace {

using namespace std::chrono_literals;

WallTime at(std::int64_t seconds, int milliseconds = 0) {
  return WallTime(std::chrono::seconds(seconds) + std::chrono::milliseconds(milliseconds));
}

TEST(Time, IsWrittenInItsThreeForms) {
  struct Row {
    WallTime time;
    std::string iso;
    std::string amz;
    std::string http;
  };
  const std::vector<Row> rows = {
      {at(0), "1970-01-01T00:00:00Z", "19700101T000000Z", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {at(1768903451, 999), "2026-01-20T10:04:11Z", "20260120T100411Z", "Tue, 20 Jan 2026 10:04:11 GMT"},
      {at(1709251199), "2024-02-29T23:59:59Z", "20240229T235959Z", "Thu, 29 Feb 2024 23:59:59 GMT"},
      {at(-1), "1969-12-31T23:59:59Z", "19691231T235959Z", "Wed, 31 Dec 1969 23:59:59 GMT"},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(format_iso8601(row.time), row.iso);
    EXPECT_EQ(format_amz_date(row.time), row.amz);
    EXPECT_EQ(format_http_date(row.time), row.http);
    EXPECT_EQ(parse_iso8601(row.iso), std::chrono::floor<std::chrono::seconds>(row.time));
    EXPECT_EQ(parse_http_date(row.http), std::chrono::floor<std::chrono::seconds>(row.time));
  }
}

TEST(Time, Iso8601IsReadWithFractionsAndOffsets) {
  struct Row {
    std::string text;
    std::optional<WallTime> time;
  };
  const std::vector<Row> rows = {
      {"2026-01-20T10:04:11.5Z", at(1768903451, 500)}, {"2026-01-20T10:04:11.123456789Z", at(1768903451, 123)},
      {"2026-01-20T12:04:11+02:00", at(1768903451)},   {"2026-01-20T04:34:11-0530", at(1768903451)},
      {"2026-01-20T11:04:11+01", at(1768903451)},      {"2026-01-20 10:04:11z", at(1768903451)},
      {"2026-01-20T10:04:11", std::nullopt},           {"2026-01-20T10:04:11.Z", std::nullopt},
      {"2026-01-20T10:04:11+02:", std::nullopt},       {"2026-01-20T10:04:11+24:00", std::nullopt},
      {"2026-02-29T10:04:11Z", std::nullopt},          {"2026-13-01T10:04:11Z", std::nullopt},
      {"2026-01-20T24:00:00Z", std::nullopt},          {"2026-01-20T10:60:00Z", std::nullopt},
      {"2026-01-20T10:04:11Z ", std::nullopt},         {"2026-1-20T10:04:11Z", std::nullopt},
      {"-026-01-20T10:04:11Z", std::nullopt},          {"", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_iso8601(row.text), row.time) << row.text;
}

TEST(Time, HttpDatesOfAnotherFormAreRefused) {
  const std::vector<std::string> texts = {
      "",
      "Tue, 20 Jan 2026 10:04:11",
      "Tue, 20 Jan 2026 10:04:11 UTC",
      "20 Jan 2026 10:04:11 GMT",
      "Tue, 31 Feb 2026 10:04:11 GMT",
      "Tue, 20 jan 2026 10:04:11 GMT",
      "Tuesday, 20-Jan-26 10:04:11 GMT",
  };
  for (const std::string& text : texts) {
    EXPECT_EQ(parse_http_date(text), std::nullopt) << text;
  }
}

TEST(Duration, IsWrittenForPeople) {
  struct Row {
    Duration duration;
    std::string text;
  };
  const std::vector<Row> rows = {
      {0ms, "0ms"},        {850ms, "850ms"},  {999ms, "999ms"},   {1s, "1s"},        {12400ms, "12s"},
      {59600ms, "1m 00s"}, {62s, "1m 02s"},   {3599s, "59m 59s"}, {3600s, "1h 00m"}, {2h + 5min + 59s, "2h 05m"},
      {50h, "50h 00m"},    {-90s, "-1m 30s"},
  };
  for (const Row& row : rows) EXPECT_EQ(format_duration(row.duration), row.text);
}

TEST(Duration, IsReadWithItsUnits) {
  struct Row {
    std::string text;
    std::optional<Duration> duration;
  };
  const std::vector<Row> rows = {
      {"60s", 60s},
      {"5m", 5min},
      {"1h30m", 90min},
      {"250ms", 250ms},
      {"2d", 48h},
      {"90", 90s},
      {"0", 0s},
      {"1.5h", 90min},
      {"1d2h3m4s5ms", 26h + 3min + 4s + 5ms},
      {"30m1h", std::nullopt},
      {"1h1h", std::nullopt},
      {"", std::nullopt},
      {"h", std::nullopt},
      {"5 m", std::nullopt},
      {"-5s", std::nullopt},
      {"5x", std::nullopt},
      {"5M", std::nullopt},
      {"1..5s", std::nullopt},
      {".5s", std::nullopt},
      {"1h30", std::nullopt},
      {"nan", std::nullopt},
      {"1e30", std::nullopt},
      {"9999999d", std::nullopt},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_duration(row.text), row.duration) << row.text;
}

TEST(Duration, SecondsAndBackAndTheEnds) {
  EXPECT_DOUBLE_EQ(seconds_of(1500ms), 1.5);
  EXPECT_EQ(from_seconds(0.001), 1ms);
  EXPECT_EQ(from_seconds(1e300), Duration::max());
  EXPECT_EQ(from_seconds(-1e300), Duration::min());
}

}  // namespace
}  // namespace time_test
}  // namespace fhctl
