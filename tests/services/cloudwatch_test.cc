#include "core/services/cloudwatch.h"

#include "core/base/json.h"
#include "tests/services/fixture.h"

namespace fhctl::cloudwatch {
namespace cloudwatch_test {
namespace {

using test::answer;
using test::json_fault;

constexpr WallTime kStart{std::chrono::seconds(1'767'225'600)};
constexpr WallTime kEnd = kStart + std::chrono::minutes(15);

class CloudWatchTest : public test::ServiceTest {
 protected:
  static std::vector<MetricQuery> queries(std::size_t count) {
    return std::vector<MetricQuery>(count, stream_metric("logs-1", "IncomingRecords", "Sum", 60));
  }
  // Returns the series of `count` queries.
  Result<std::vector<MetricSeries>> get(std::deque<Result<http::Response>> answers, std::size_t count = 1) {
    return with_answers(std::move(answers),
                        [count](aws::Client& client) { return get_metric_data(client, queries(count), kStart, kEnd); });
  }
  Json body(std::size_t number = 0) const { return Json::parse(request(number).body); }
};

TEST_F(CloudWatchTest, AsksInJson10WithTheOldErrorCodes) {
  ASSERT_TRUE(get({answer(200, R"({"MetricDataResults":[]})")}));
  EXPECT_EQ(header("X-Amz-Target"), "GraniteServiceVersion20100801.GetMetricData");
  EXPECT_EQ(header("Content-Type"), "application/x-amz-json-1.0");
  EXPECT_EQ(header("x-amzn-query-mode"), "true");
  EXPECT_EQ(request().host, "monitoring.eu-central-1.amazonaws.com");
  EXPECT_NE(header("Authorization").find("/eu-central-1/monitoring/aws4_request"), std::string::npos);
  EXPECT_EQ(request().body,
            R"({"EndTime":1767226500,"MetricDataQueries":[{"Id":"m0","MetricStat":{"Metric":{"Dimensions":)"
            R"([{"Name":"DeliveryStreamName","Value":"logs-1"}],"MetricName":"IncomingRecords","Namespace":)"
            R"("AWS/Firehose"},"Period":60,"Stat":"Sum"}}],"ScanBy":"TimestampAscending","StartTime":1767225600})");
}

TEST_F(CloudWatchTest, WithoutQueriesNothingIsSent) {
  const auto none = get({json_fault("AccessDenied", 403)}, 0);
  ASSERT_TRUE(none);
  EXPECT_TRUE(none->empty());
  EXPECT_TRUE(requests.empty());
}

TEST_F(CloudWatchTest, PointsByTheStartOfTheirPeriod) {
  const auto all = get({answer(200, R"({"MetricDataResults":[
      {"Id":"m1","Timestamps":[1.7672256E9,1767225660.0],"Values":[3.5,4],"StatusCode":"Complete"},
      {"Id":"m0","Timestamps":[],"Values":[],"StatusCode":"Complete"}]})")},
                       3);
  ASSERT_TRUE(all) << describe(all.error());
  ASSERT_EQ(all->size(), 3u);
  EXPECT_TRUE((*all)[0].complete);
  EXPECT_TRUE((*all)[0].points.empty());
  EXPECT_TRUE((*all)[1].complete);
  EXPECT_EQ((*all)[1].points, (std::map<std::int64_t, double>{{1'767'225'600, 3.5}, {1'767'225'660, 4}}));
  // A query that is missing from the response: its absent points have no meaning.
  EXPECT_FALSE((*all)[2].complete);
}

TEST_F(CloudWatchTest, FollowsPagesAndMergesThem) {
  const auto all =
      get({answer(200, R"({"MetricDataResults":[
      {"Id":"m0","Timestamps":[60],"Values":[1],"StatusCode":"PartialData"},
      {"Id":"m1","Timestamps":[60],"Values":[7],"StatusCode":"InternalError"}],"NextToken":"t1"})"),
           answer(200, R"({"MetricDataResults":[],"NextToken":"t2"})"), answer(200, R"({"MetricDataResults":[
      {"Id":"m0","Timestamps":[120.25],"Values":[2],"StatusCode":"Complete"},
      {"Id":"m1","Timestamps":[120],"Values":[8],"StatusCode":"Complete"}]})")},
          2);
  ASSERT_TRUE(all) << describe(all.error());
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_FALSE(body(0).contains("NextToken"));
  EXPECT_EQ(body(1)["NextToken"], "t1");
  EXPECT_EQ(body(2)["NextToken"], "t2");
  EXPECT_EQ(body(2)["MetricDataQueries"], body(0)["MetricDataQueries"]);
  EXPECT_TRUE((*all)[0].complete);
  EXPECT_EQ((*all)[0].points, (std::map<std::int64_t, double>{{60, 1}, {120, 2}}));
  // A failed page leaves the series incomplete, whatever the next page contains.
  EXPECT_FALSE((*all)[1].complete);
  EXPECT_EQ((*all)[1].status, "InternalError");
}

TEST_F(CloudWatchTest, OnlyCompleteIsComplete) {
  for (const char* status : {"PartialData", "InternalError", "Forbidden", "Unheard", ""}) {
    const auto all = get({answer(200, R"({"MetricDataResults":[{"Id":"m0","Timestamps":[],"Values":[],"StatusCode":")" +
                                          std::string(status) + "\"}]}")});
    ASSERT_TRUE(all);
    EXPECT_FALSE(all->at(0).complete) << status;
    EXPECT_EQ(all->at(0).status, status);
  }
}

TEST_F(CloudWatchTest, SplitsAfterFiveHundredQueries) {
  const auto all = get({answer(200, R"({"MetricDataResults":[
      {"Id":"m499","Timestamps":[60],"Values":[1],"StatusCode":"Complete"}]})"),
                        answer(200, R"({"MetricDataResults":[
      {"Id":"m500","Timestamps":[60],"Values":[2],"StatusCode":"Complete"}]})"),
                        answer(200, R"({"MetricDataResults":[
      {"Id":"m1000","Timestamps":[60],"Values":[3],"StatusCode":"Complete"}]})")},
                       1001);
  ASSERT_TRUE(all) << describe(all.error());
  ASSERT_EQ(requests.size(), 3u);
  EXPECT_EQ(body(0)["MetricDataQueries"].size(), 500u);
  EXPECT_EQ(body(1)["MetricDataQueries"].size(), 500u);
  EXPECT_EQ(body(2)["MetricDataQueries"].size(), 1u);
  EXPECT_EQ(all->at(499).points.at(60), 1);
  EXPECT_EQ(all->at(500).points.at(60), 2);
  EXPECT_EQ(all->at(1000).points.at(60), 3);
}

TEST_F(CloudWatchTest, AnAnswerThatCannotBeIsNone) {
  for (const char* bad : {
           R"({})",
           R"({"MetricDataResults":{}})",
           R"({"MetricDataResults":[{"Id":"m0","Timestamps":[60,120],"Values":[1],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m0","Timestamps":[60],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m0","Timestamps":["1970"],"Values":[1],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m0","Timestamps":[1e300],"Values":[1],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m0","Timestamps":[-1],"Values":[1],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m0","Timestamps":[60],"Values":[null],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m1","Timestamps":[],"Values":[],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"x","Timestamps":[],"Values":[],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m0x","Timestamps":[],"Values":[],"StatusCode":"Complete"}]})",
           R"({"MetricDataResults":[{"Id":"m99999999999999999999999"}]})",
           R"({"MetricDataResults":[{}]})",
           R"({"MetricDataResults":[7]})",
       }) {
    const auto all = get({answer(200, bad)});
    ASSERT_FALSE(all) << bad;
    EXPECT_EQ(all.error().kind, ErrorKind::kProtocol) << bad;
  }
}

TEST_F(CloudWatchTest, PagesThatNeverEnd) {
  const auto stuck = get({answer(200, R"({"MetricDataResults":[],"NextToken":"a"})"),
                          answer(200, R"({"MetricDataResults":[],"NextToken":"b"})"),
                          answer(200, R"({"MetricDataResults":[],"NextToken":"a"})")});
  ASSERT_FALSE(stuck);
  EXPECT_EQ(stuck.error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(requests.size(), 3u);

  std::deque<Result<http::Response>> pages;
  for (int i = 0; i <= 1000; ++i) {
    pages.push_back(answer(200, R"({"MetricDataResults":[],"NextToken":")" + std::to_string(i) + "\"}"));
  }
  const auto endless = get(pages);
  ASSERT_FALSE(endless);
  EXPECT_EQ(endless.error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(requests.size(), 1000u);
}

TEST_F(CloudWatchTest, Refusals) {
  http::Response old_code = json_fault("AccessDeniedException", 403);
  old_code.headers.set("x-amzn-query-error", "AccessDenied;Sender");
  const auto denied = get({old_code});
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().kind, ErrorKind::kDenied);
  EXPECT_EQ(denied.error().aws_code, "AccessDenied");

  http::Response throttled = json_fault("ThrottlingException");
  throttled.headers.set("x-amzn-query-error", "Throttling;Sender");
  EXPECT_TRUE(get({throttled, answer(200, R"({"MetricDataResults":[]})")}));
  EXPECT_EQ(requests.size(), 2u);
}

}  // namespace
}  // namespace cloudwatch_test
}  // namespace fhctl::cloudwatch
