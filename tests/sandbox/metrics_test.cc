// The metrics that Firehose publishes, and how CloudWatch returns them.
#include "sandbox/metrics/metrics.h"

#include <gtest/gtest.h>

#include "sandbox/cloudwatch/cloudwatch.h"
#include "tests/sandbox/firehose_fixture.h"

namespace fhctl::sandbox {
namespace metrics_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr double kStart = 1768903380;  // 2026-01-20T10:03:00Z, the time of a new FirehoseFixture after IAM has spread

http::Response ask_cloudwatch(FirehoseFixture& cloud, const std::string& operation, const Json& body) {
  http::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/x-amz-json-1.0");
  request.headers.set("X-Amz-Target", "GraniteServiceVersion20100801." + operation);
  request.body = body.dump();
  return handle_monitoring(cloud.world, {request, cloud.region, cloud.caller()});
}

Json query(const std::string& id, const std::string& metric, const std::string& stat = "Sum", int period = 60,
           const std::string& stream = "s-1") {
  return {{"Id", id},
          {"MetricStat",
           {{"Metric",
             {{"Namespace", "AWS/Firehose"},
              {"MetricName", metric},
              {"Dimensions", {{{"Name", "DeliveryStreamName"}, {"Value", stream}}}}}},
            {"Period", period},
            {"Stat", stat}}}};
}

Json request_for(std::vector<Json> queries) {
  return {{"MetricDataQueries", std::move(queries)},
          {"StartTime", kStart},
          {"EndTime", kStart + 86400},
          {"ScanBy", "TimestampAscending"}};
}

// Returns the points of one metric that are visible now, as {seconds since kStart: value}.
std::map<int, double> points(FirehoseFixture& cloud, const std::string& metric, const std::string& stat = "Sum",
                             int period = 60) {
  const http::Response response =
      ask_cloudwatch(cloud, "GetMetricData", request_for({query("q", metric, stat, period)}));
  EXPECT_EQ(response.status, 200) << response.body;
  const Json result = Json::parse(response.body)["MetricDataResults"][0];
  EXPECT_EQ(result["StatusCode"], "Complete");
  std::map<int, double> found;
  for (std::size_t i = 0; i < result["Timestamps"].size(); ++i) {
    found[static_cast<int>(result["Timestamps"][i].get<double>() - kStart)] = result["Values"][i].get<double>();
  }
  return found;
}

using Points = std::map<int, double>;

Json records(const std::string& stream, std::size_t count, const std::string& data) {
  Json list = Json::array();
  for (std::size_t i = 0; i < count; ++i) list.push_back({{"Data", to_base64(data)}});
  return {{"DeliveryStreamName", stream}, {"Records", std::move(list)}};
}

TEST(Metrics, APointIsVisibleOnlyWhenItsPeriodHasBeenOverForTheLag) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "abc");
  cloud.pass(seconds(147));  // 149 s after kStart
  EXPECT_EQ(points(cloud, "IncomingRecords"), Points());
  cloud.pass(seconds(1));
  EXPECT_EQ(points(cloud, "IncomingRecords"), (Points{{0, 1}}));
  EXPECT_EQ(points(cloud, "IncomingBytes"), (Points{{0, 3}}));
}

TEST(Metrics, EachPointMayHaveItsOwnLag) {
  int out_of_order = 0;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Options options;
    options.seed = seed;
    options.metric_lag = seconds(60);
    options.metric_lag_max = seconds(600);
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1");
    for (int i = 0; i < 30; ++i) {
      cloud.put("s-1", "x");
      cloud.pass(minutes(1));
    }
    const Points some = points(cloud, "IncomingRecords");
    int absent = 0;
    while (some.contains(absent)) absent += 60;
    if (absent < some.rbegin()->first) ++out_of_order;
    EXPECT_GE(absent, 1800 - 660) << seed;
    EXPECT_FALSE(some.contains(1740)) << seed;
    EXPECT_EQ(points(cloud, "IncomingRecords"), some) << "drawn once";
    cloud.pass(minutes(11));
    EXPECT_EQ(points(cloud, "IncomingRecords").size(), 30u) << seed;
  }
  EXPECT_GE(out_of_order, 5) << "a later point is visible before an earlier one";
}

TEST(Metrics, PointsOfOneMetricMayBeLost) {
  for (const double share : {0.0, 0.5, 1.0}) {
    Options options;
    options.lose_points_of = "IncomingRecords";
    options.lose_points = share;
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1");
    for (int i = 0; i < 40; ++i) {
      cloud.put("s-1", "x");
      cloud.pass(minutes(1));
    }
    cloud.pass(minutes(5));
    const std::size_t left = points(cloud, "IncomingRecords").size();
    EXPECT_EQ(points(cloud, "IncomingBytes").size(), 40u);
    const std::map<double, std::pair<std::size_t, std::size_t>> expected = {{0, {40, 40}}, {0.5, {8, 32}}, {1, {0, 0}}};
    EXPECT_GE(left, expected.at(share).first) << share;
    EXPECT_LE(left, expected.at(share).second) << share;
  }
}

TEST(Metrics, ADuplicatedDeliveryCountsTwice) {
  Options options;
  options.duplicate_deliveries = 1;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");
  cloud.pass(minutes(10));
  cloud.pass(minutes(5));
  double delivered = 0;
  for (const auto& [start, value] : points(cloud, "DeliveryToS3.Records")) delivered += value;
  EXPECT_EQ(delivered, 2);
  EXPECT_EQ(cloud.world.firehose->traffic.begin()->second.objects, 2);
}

TEST(Metrics, WhatIsAcceptedIsCountedByCallAndInAll) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "abc");
  cloud.ask("PutRecordBatch", records("s-1", 4, "12345"));
  cloud.put("nobody", "x");
  cloud.pass(minutes(3));
  for (const auto& [metric, value] : std::map<std::string, double>{{"IncomingRecords", 5},
                                                                   {"IncomingBytes", 23},
                                                                   {"IncomingPutRequests", 2},
                                                                   {"PutRecord.Bytes", 3},
                                                                   {"PutRecord.Requests", 1},
                                                                   {"PutRecordBatch.Bytes", 20},
                                                                   {"PutRecordBatch.Records", 4},
                                                                   {"PutRecordBatch.Requests", 1}}) {
    EXPECT_EQ(points(cloud, metric), (Points{{0, value}})) << metric;
  }
  EXPECT_EQ(points(cloud, "ThrottledRecords"), Points());
  EXPECT_EQ(points(cloud, "BytesPerSecondLimit", "Maximum"), (Points{{0, 5 << 20}}));
  EXPECT_EQ(points(cloud, "RecordsPerSecondLimit", "Sum"), (Points{{0, 500000}}));
}

TEST(Metrics, ThrottledRecordsAreNotIncoming) {
  Options options;
  options.throughput_factor = 0.0001;  // a fifth of a request a second: each is refused as a whole
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.ask("PutRecordBatch", records("s-1", 8, "x"));
  cloud.pass(minutes(3));
  EXPECT_EQ(points(cloud, "IncomingRecords"), Points());
  EXPECT_EQ(points(cloud, "IncomingPutRequests"), Points());
  EXPECT_EQ(points(cloud, "ThrottledRecords"), (Points{{0, 8}}));
}

TEST(Metrics, OfABatchTakenInPartEachPartIsCounted) {
  Options options;
  options.throughput_factor = 0.001;  // 500 records, 5242 bytes, 2 requests
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.ask("PutRecordBatch", records("s-1", 8, std::string(1000, 'x')));
  cloud.pass(minutes(3));
  EXPECT_EQ(points(cloud, "IncomingRecords"), (Points{{0, 5}}));
  EXPECT_EQ(points(cloud, "IncomingBytes"), (Points{{0, 5000}}));
  EXPECT_EQ(points(cloud, "IncomingPutRequests"), (Points{{0, 1}}));
  EXPECT_EQ(points(cloud, "ThrottledRecords"), (Points{{0, 3}}));
}

TEST(Metrics, AnIdleStreamPublishesNothingOrZeros) {
  for (const bool zeros : {false, true}) {
    Options options;
    options.idle_metrics_zero = zeros;
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1");
    cloud.pass(seconds(60));
    cloud.put("s-1", "x");
    cloud.pass(seconds(238));  // 300 s after kStart: three periods are visible
    const Points expected = zeros ? Points{{0, 0}, {60, 1}, {120, 0}} : Points{{60, 1}};
    EXPECT_EQ(points(cloud, "IncomingRecords"), expected);
    EXPECT_EQ(points(cloud, "ThrottledRecords"), zeros ? (Points{{0, 0}, {60, 0}, {120, 0}}) : Points());
    EXPECT_EQ(points(cloud, "DeliveryToS3.Records"), Points());
  }
}

TEST(Metrics, ZerosEndWithTheStreamAndItsPointsStay) {
  Options options;
  options.idle_metrics_zero = true;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");
  cloud.pass(seconds(60));
  cloud.ask("DeleteDeliveryStream", {{"DeliveryStreamName", "s-1"}});
  cloud.pass(minutes(30));
  EXPECT_EQ(points(cloud, "IncomingRecords"), (Points{{0, 1}, {60, 0}}));
  cloud.make_stream("s-1");
  cloud.pass(minutes(3));
  EXPECT_EQ(points(cloud, "IncomingRecords"), (Points{{0, 1}, {60, 0}, {1860, 0}}));
}

TEST(Metrics, DeliveriesAreCountedByOutcome) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1", {{"RoleARN", "arn:aws:iam::123456789012:role/delivery"},
                            {"BucketARN", "arn:aws:s3:::logs-bucket"},
                            {"BufferingHints", {{"IntervalInSeconds", 30}, {"SizeInMBs", 1}}}});
  cloud.put("s-1", "12345");
  cloud.world.options.fail_delivery = "AccessDenied";
  cloud.pass(seconds(30));  // fails 32 s after kStart, and again after 10
  cloud.pass(seconds(10));
  cloud.world.options.fail_delivery.clear();
  cloud.pass(seconds(10));
  cloud.pass(minutes(3));
  EXPECT_EQ(points(cloud, "DeliveryToS3.Success", "Sum"), (Points{{0, 1}}));
  EXPECT_EQ(points(cloud, "DeliveryToS3.Success", "SampleCount"), (Points{{0, 3}}));
  EXPECT_EQ(points(cloud, "DeliveryToS3.Success", "Minimum"), (Points{{0, 0}}));
  EXPECT_DOUBLE_EQ(points(cloud, "DeliveryToS3.Success", "Average").at(0), 1.0 / 3);
  EXPECT_EQ(points(cloud, "DeliveryToS3.Records"), (Points{{0, 1}}));
  EXPECT_EQ(points(cloud, "DeliveryToS3.Bytes"), (Points{{0, 5}}));
  EXPECT_EQ(points(cloud, "DeliveryToS3.DataFreshness", "Maximum"), (Points{{0, 50}}));
}

TEST(Metrics, DataFreshnessGrowsWhileRecordsWait) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");  // 2 s after kStart; delivered after 300 s
  cloud.pass(minutes(20));
  EXPECT_EQ(points(cloud, "DeliveryToS3.DataFreshness", "Maximum").at(0), 58);
  EXPECT_EQ(points(cloud, "DeliveryToS3.DataFreshness", "Maximum").at(60), 118);
}

TEST(Metrics, DataFreshnessOfABlockedStreamIsMissingOrGrows) {
  for (const bool grows : {false, true}) {
    for (const bool idle : {false, true}) {
      Options options;
      options.freshness_when_blocked = grows;
      options.freshness_when_idle = idle;
      FirehoseFixture cloud(options);
      cloud.make_stream("s-1");
      cloud.world.options.fail_delivery = "AccessDenied";
      cloud.put("s-1", "x");
      for (int i = 0; i < 15; ++i) cloud.pass(minutes(1));
      const Points found = points(cloud, "DeliveryToS3.DataFreshness", "Maximum");
      EXPECT_EQ(found.at(0), 58);  // before the first delivery was tried
      EXPECT_EQ(found.contains(600), grows);
      if (grows) {
        EXPECT_EQ(found.at(600), 658);
      }
    }
  }
}

TEST(Metrics, DataFreshnessOfAnIdleStreamIsMissingOrZero) {
  for (const bool idle : {false, true}) {
    Options options;
    options.freshness_when_idle = idle;
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1");
    cloud.pass(seconds(148));
    EXPECT_EQ(points(cloud, "DeliveryToS3.DataFreshness", "Maximum"), idle ? (Points{{0, 0}}) : Points());
  }
}

TEST(Metrics, PeriodsAreAddedUpOrGivenAsPublished) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  for (int i = 0; i < 4; ++i) {
    cloud.ask("PutRecordBatch", records("s-1", static_cast<std::size_t>(i) + 1, "x"));
    cloud.pass(minutes(1));
  }
  cloud.pass(minutes(10));
  EXPECT_EQ(points(cloud, "IncomingRecords", "Sum", 300), (Points{{-180, 3}, {120, 7}}));  // 10:00 and 10:05
  EXPECT_EQ(points(cloud, "IncomingRecords", "Maximum", 300), (Points{{-180, 2}, {120, 4}}));
  EXPECT_EQ(points(cloud, "IncomingRecords", "SampleCount", 300), (Points{{-180, 2}, {120, 2}}));
  EXPECT_EQ(points(cloud, "IncomingRecords", "Sum", 10), (Points{{0, 1}, {60, 2}, {120, 3}, {180, 4}}));
}

TEST(Metrics, OldPointsBecomeCoarserAndGo) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");
  const auto days = [](int count) { return std::chrono::hours(24 * count); };
  cloud.pass(days(15) - minutes(1));
  EXPECT_EQ(points(cloud, "IncomingRecords").size(), 1u);
  cloud.pass(minutes(2));
  EXPECT_EQ(points(cloud, "IncomingRecords").size(), 0u);
  EXPECT_EQ(points(cloud, "IncomingRecords", "Sum", 300).size(), 1u);
  cloud.pass(days(48));
  EXPECT_EQ(points(cloud, "IncomingRecords", "Sum", 300).size(), 0u);
  EXPECT_EQ(points(cloud, "IncomingRecords", "Sum", 3600).size(), 1u);
  cloud.pass(days(392));
  EXPECT_EQ(points(cloud, "IncomingRecords", "Sum", 3600).size(), 0u);
}

TEST(Metrics, KeepOnlyWhatCanBeSeen) {
  FirehoseFixture cloud;
  StreamMetrics metrics;
  for (int i = 0; i < 200000; ++i) {  // 139 days
    cloud.world.now += minutes(1);
    record_metric(cloud.world, metrics, Metric::kIncomingRecords, 1);
  }
  const std::vector<MetricPoint>& kept = metrics.series[static_cast<std::size_t>(Metric::kIncomingRecords)];
  EXPECT_LT(kept.size(), 15u * 1440 + 48 * 288 + 76 * 24 + 2048);
  std::int64_t sum = 0;
  for (const MetricPoint& point : kept) sum += point.sum;
  EXPECT_EQ(sum, 200000);
}

TEST(GetMetricData, GivesPagesThatAddUp) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  for (int i = 0; i < 5; ++i) {
    cloud.put("s-1", "abc");
    cloud.pass(minutes(1));
  }
  cloud.pass(minutes(5));
  for (const int size : {1, 2, 3, 5, 9, 10, 11}) {
    Json request =
        request_for({query("a", "IncomingRecords"), query("none", "ThrottledRecords"), query("b", "IncomingBytes")});
    request["MaxDatapoints"] = size;
    std::map<std::string, std::vector<double>> values;
    int pages = 0;
    while (true) {
      const Json answer = Json::parse(ask_cloudwatch(cloud, "GetMetricData", request).body);
      ++pages;
      for (const Json& result : answer["MetricDataResults"]) {
        auto& all = values[result["Id"].get<std::string>()];
        for (const Json& value : result["Values"]) all.push_back(value.get<double>());
        const std::size_t whole = result["Id"] == "none" ? 0 : 5;
        EXPECT_EQ(result["StatusCode"], all.size() < whole ? "PartialData" : "Complete");
      }
      if (!answer.contains("NextToken")) break;
      request["NextToken"] = answer["NextToken"];
      cloud.put("s-1", "later");  // new records between pages do not shift them
      cloud.pass(minutes(1));
    }
    EXPECT_EQ(pages, (10 + size - 1) / size);
    EXPECT_EQ(values["a"], std::vector<double>({1, 1, 1, 1, 1}));
    EXPECT_EQ(values["b"], std::vector<double>({3, 3, 3, 3, 3}));
    cloud.world.metrics->streams.clear();
    cloud.world.now = WallTime(seconds(static_cast<std::int64_t>(kStart) + 2));
    for (int i = 0; i < 5; ++i) {
      cloud.put("s-1", "abc");
      cloud.pass(minutes(1));
    }
    cloud.pass(minutes(5));
  }
}

TEST(GetMetricData, NewestComesFirstUnlessAskedOtherwise) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  for (int i = 0; i < 2; ++i) {
    cloud.put("s-1", "x");
    cloud.pass(minutes(1));
  }
  cloud.pass(minutes(3));
  Json request = request_for({query("a", "IncomingRecords")});
  request.erase("ScanBy");
  const Json answer = Json::parse(ask_cloudwatch(cloud, "GetMetricData", request).body);
  EXPECT_EQ(answer["MetricDataResults"][0]["Timestamps"], Json({kStart + 60, kStart}));
  request["EndTime"] = kStart + 60;  // not included
  const Json less = Json::parse(ask_cloudwatch(cloud, "GetMetricData", request).body);
  EXPECT_EQ(less["MetricDataResults"][0]["Timestamps"], Json::array({kStart}));
}

TEST(GetMetricData, AMetricWithoutDataIsEmptyAndComplete) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");
  cloud.pass(minutes(5));
  Json other_namespace = query("a", "IncomingRecords");
  other_namespace["MetricStat"]["Metric"]["Namespace"] = "AWS/EC2";
  Json no_dimension = query("b", "IncomingRecords");
  no_dimension["MetricStat"]["Metric"].erase("Dimensions");
  Json other_unit = query("c", "IncomingRecords");
  other_unit["MetricStat"]["Unit"] = "Bytes";
  const Json request = request_for({other_namespace, no_dimension, other_unit, query("d", "Nonsense"),
                                    query("e", "IncomingRecords", "Sum", 60, "s-2")});
  const Json answer = Json::parse(ask_cloudwatch(cloud, "GetMetricData", request).body);
  for (const Json& result : answer["MetricDataResults"]) {
    EXPECT_EQ(result["Values"], Json::array()) << result.dump();
    EXPECT_EQ(result["StatusCode"], "Complete");
  }
  cloud.region = "eu-west-1";
  EXPECT_EQ(points(cloud, "IncomingRecords"), Points());
}

TEST(GetMetricData, RefusesWhatAwsRefuses) {
  FirehoseFixture cloud;
  const Json good = request_for({query("a", "IncomingRecords")});
  EXPECT_EQ(ask_cloudwatch(cloud, "GetMetricData", good).status, 200);
  const auto code = [&](const std::string& pointer, const Json& value) {
    Json body = good;
    body[Json::json_pointer(pointer)] = value;
    return FirehoseFixture::code_of(ask_cloudwatch(cloud, "GetMetricData", body));
  };
  std::vector<Json> many;
  for (int i = 0; i < 501; ++i) many.push_back(query("a" + std::to_string(i), "IncomingRecords"));
  struct {
    std::string pointer;
    Json value;
    std::string code;
  } const cases[] = {
      {"/EndTime", kStart, "ValidationException"},
      {"/StartTime", "2026-01-20T10:00:00Z", "SerializationException"},
      {"/StartTime", nullptr, "ValidationException"},
      {"/ScanBy", "Newest", "ValidationException"},
      {"/MaxDatapoints", 0, "ValidationException"},
      {"/MaxDatapoints", 100801, "ValidationException"},
      {"/NextToken", "bm90IG91cnM=", "InvalidNextToken"},
      {"/Wrong", 1, "SerializationException"},
      {"/MetricDataQueries", Json::array(), "ValidationException"},
      {"/MetricDataQueries", many, "ValidationException"},
      {"/MetricDataQueries/1", good["MetricDataQueries"][0], "ValidationException"},
      {"/MetricDataQueries/0/Id", "Upper", "ValidationException"},
      {"/MetricDataQueries/0/Id", "a-b", "ValidationException"},
      {"/MetricDataQueries/0/Id", "", "ValidationException"},
      {"/MetricDataQueries/0/ReturnData", false, "ValidationException"},
      {"/MetricDataQueries/0/Expression", "a + b", "ValidationException"},
      {"/MetricDataQueries/0/MetricStat/Period", 45, "ValidationException"},
      {"/MetricDataQueries/0/MetricStat/Period", 0, "ValidationException"},
      {"/MetricDataQueries/0/MetricStat/Stat", "p99", "ValidationException"},
  };
  for (const auto& each : cases) EXPECT_EQ(code(each.pointer, each.value), each.code) << each.pointer << each.value;
  for (const int period : {1, 5, 10, 30, 60, 120, 300, 3600}) {
    EXPECT_EQ(code("/MetricDataQueries/0/MetricStat/Period", period), "ok") << period;
  }
}

TEST(GetMetricData, ATokenGoesWithItsRequestOnly) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");
  cloud.pass(minutes(1));
  cloud.put("s-1", "x");
  cloud.pass(minutes(5));
  Json request = request_for({query("a", "IncomingRecords")});
  request["MaxDatapoints"] = 1;
  const Json answer = Json::parse(ask_cloudwatch(cloud, "GetMetricData", request).body);
  request["NextToken"] = answer["NextToken"];
  EXPECT_EQ(ask_cloudwatch(cloud, "GetMetricData", request).status, 200);
  request["EndTime"] = kStart + 3600;
  EXPECT_EQ(FirehoseFixture::code_of(ask_cloudwatch(cloud, "GetMetricData", request)), "InvalidNextToken");
}

TEST(ListMetrics, NamesWhatHasPoints) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.make_stream("s-2");
  cloud.put("s-1", "x");
  cloud.put("s-2", "x");
  const auto count = [&](const Json& body) {
    return Json::parse(ask_cloudwatch(cloud, "ListMetrics", body).body)["Metrics"].size();
  };
  EXPECT_EQ(count(Json::object()), 16u);
  EXPECT_EQ(count({{"Namespace", "AWS/Firehose"}, {"MetricName", "IncomingRecords"}}), 2u);
  EXPECT_EQ(count({{"Dimensions", {{{"Name", "DeliveryStreamName"}, {"Value", "s-2"}}}}}), 8u);
  EXPECT_EQ(count({{"Namespace", "AWS/EC2"}}), 0u);
}

TEST(Metrics, AreSavedAndLoaded) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1");
  cloud.put("s-1", "x");
  cloud.pass(minutes(5));
  const std::string saved = save_metrics(cloud.world);
  const auto before = points(cloud, "DeliveryToS3.DataFreshness", "Maximum");
  EXPECT_FALSE(before.empty());
  cloud.world.metrics->streams.clear();
  ASSERT_TRUE(load_metrics(cloud.world, saved));
  EXPECT_EQ(points(cloud, "DeliveryToS3.DataFreshness", "Maximum"), before);
  EXPECT_EQ(save_metrics(cloud.world), saved);
  EXPECT_FALSE(load_metrics(cloud.world, "[{}]"));
}

}  // namespace
}  // namespace metrics_test
}  // namespace fhctl::sandbox
