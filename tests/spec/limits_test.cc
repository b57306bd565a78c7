#include "core/spec/limits.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace limits_test {
namespace {

constexpr std::int64_t kMib = 1024 * 1024;

TEST(Capacity, LimitsAndQuotasDependOnTheRegion) {
  EXPECT_EQ(stream_limits("us-west-2").bytes_per_s, 5 * kMib);
  EXPECT_EQ(stream_limits("us-west-2").records_per_s, 500000);
  EXPECT_EQ(stream_limits("us-west-2").requests_per_s, 2000);
  EXPECT_EQ(stream_limits("eu-central-1").bytes_per_s, kMib);
  EXPECT_EQ(stream_limits("mars-north-1").requests_per_s, 1000);
  EXPECT_EQ(streams_quota("us-east-2"), 5000);
  EXPECT_EQ(streams_quota("eu-central-1"), 2000);
  EXPECT_EQ(streams_quota("eu-north-1"), 500);
  EXPECT_EQ(streams_quota("mars-north-1"), 100);
  EXPECT_EQ(batch_bytes_max("us-west-2"), 3670016);
  EXPECT_EQ(batch_bytes_max("eu-central-1"), kMib);
}

TEST(Capacity, StreamsNeeded) {
  struct Row {
    Demand demand;
    const char* region;
    int streams;
    const char* binding;
    const char* working;
  };
  const Row rows[] = {
      {{40 * kMib, {}, 0.2}, "us-west-2", 10, "bytes", "ceil(40 MiB/s / (5 MiB/s x 0.8)) = 10"},
      {{40 * kMib, {}, 0.2}, "eu-central-1", 50, "bytes", "ceil(40 MiB/s / (1 MiB/s x 0.8)) = 50"},
      {{{}, 80000, 0.2}, "us-west-2", 1, "records", "ceil(80,000 records/s / (500,000 records/s x 0.8)) = 1"},
      {{40 * kMib, 80000, 0.2}, "us-west-2", 10, "bytes", "ceil(40 MiB/s / (5 MiB/s x 0.8)) = 10"},
      {{kMib, 900000, 0}, "us-west-2", 2, "records", "ceil(900,000 records/s / (500,000 records/s x 1)) = 2"},
      {{40 * kMib + 1, {}, 0.2}, "us-west-2", 11, "bytes", nullptr}};
  for (const Row& row : rows) {
    Result<Sizing> sizing = streams_needed(row.demand, row.region);
    ASSERT_TRUE(sizing) << sizing.error().message;
    EXPECT_EQ(sizing->streams, row.streams);
    EXPECT_EQ(sizing->binding, row.binding);
    if (row.working != nullptr) {
      EXPECT_EQ(sizing->working, row.working);
    }
  }
}

TEST(Capacity, DemandsThatMakeNoSense) {
  EXPECT_FALSE(streams_needed({}, "us-west-2"));
  EXPECT_FALSE(streams_needed({1, {}, 1.0}, "us-west-2"));
  EXPECT_FALSE(streams_needed({1, {}, -0.1}, "us-west-2"));
  EXPECT_FALSE(streams_needed({-1, {}, 0.2}, "us-west-2"));
  Result<Sizing> huge = streams_needed({std::int64_t{9000000000000000000}, {}, 0.2}, "us-west-2");
  ASSERT_FALSE(huge);
  EXPECT_NE(huge.error().message.find("over 10,000 streams"), std::string::npos) << huge.error().message;
}

TEST(Capacity, CountMustFitTheQuota) {
  EXPECT_TRUE(check_count(1, "us-west-2"));
  EXPECT_TRUE(check_count(5000, "us-west-2"));
  Result<void> zero = check_count(0, "us-west-2");
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().message, "count must be 1 to 5000 (quota in us-west-2), not 0");
  EXPECT_EQ(zero.error().hint, "to remove everything: `fhctl destroy`");
  Result<void> many = check_count(101, "mars-north-1");
  ASSERT_FALSE(many);
  EXPECT_EQ(many.error().message, "count must be 1 to 100 (quota in mars-north-1), not 101");
}

TEST(Capacity, Throughput) {
  struct Row {
    const char* text;
    std::int64_t value;  // 0: refused
  };
  for (const Row& row : {Row{"40MiB/s", 40 * kMib}, Row{"40 MiB/s", 40 * kMib}, Row{"512KiB", 512 * 1024},
                         Row{"1MB/s", 1000000}, Row{"40", 0}, Row{"40k/s", 0}, Row{"", 0}, Row{"0MiB/s", 0},
                         Row{"-1MiB/s", 0}, Row{"fast", 0}, Row{"40MiB/h", 0}}) {
    EXPECT_EQ(parse_throughput(row.text).has_value(), row.value > 0) << row.text;
    if (row.value > 0) {
      EXPECT_EQ(*parse_throughput(row.text), row.value) << row.text;
    }
  }
  for (const Row& row : {Row{"80k/s", 80000}, Row{"2500/s", 2500}, Row{"2500", 2500}, Row{"1M/s", 1000000},
                         Row{"80MiB/s", 0}, Row{"", 0}, Row{"0/s", 0}, Row{"many", 0}}) {
    EXPECT_EQ(parse_record_rate(row.text).has_value(), row.value > 0) << row.text;
    if (row.value > 0) {
      EXPECT_EQ(*parse_record_rate(row.text), row.value) << row.text;
    }
  }
}

TEST(Capacity, Headroom) {
  EXPECT_DOUBLE_EQ(*parse_headroom("20%"), 0.2);
  EXPECT_DOUBLE_EQ(*parse_headroom("0.2"), 0.2);
  EXPECT_DOUBLE_EQ(*parse_headroom("0"), 0.0);
  for (const char* text : {"20", "100%", "-1%", "1", "", "%", "nan", "inf", "a lot"}) {
    EXPECT_FALSE(parse_headroom(text)) << text;
  }
}

}  // namespace
}  // namespace limits_test
}  // namespace fhctl::pipeline
