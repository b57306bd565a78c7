// The two protocols of CloudWatch, tested through the whole cloud.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "sandbox/cloud/cloud.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/wire/reply.h"
#include "tests/sandbox/signed_request.h"

namespace fhctl::sandbox {
namespace cloudwatch_wire_test {
namespace {

const WallTime kNow = *parse_iso8601("2026-01-20T10:10:00Z");

// A cloud with 2 records in the minute of 10:00 and 3 in that of 10:01.
struct WireCloud {
  Cloud cloud;

  explicit WireCloud(Options options = Options{}) : cloud(options) {
    CloudState& world = cloud.world();
    for (const int records : {2, 3}) {
      world.now = kNow - std::chrono::minutes(12 - records);
      record_metric(world, metrics_of(world, "us-east-1", "s-1"), Metric::kIncomingRecords, records);
    }
  }

  http::Response form(const std::string& body) { return cloud.handle(signed_form("monitoring", body, kNow), kNow); }

  http::Response json(const std::string& operation, const std::string& body) {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/x-amz-json-1.0");
    request.headers.set("X-Amz-Target", "GraniteServiceVersion20100801." + operation);
    request.body = body;
    sign(request, "monitoring", kNow);
    return cloud.handle(request, kNow);
  }
};

const std::string kForm =
    "Action=GetMetricData&Version=2010-08-01&MetricDataQueries.member.1.Id=a"
    "&MetricDataQueries.member.1.MetricStat.Metric.Namespace=AWS%2FFirehose"
    "&MetricDataQueries.member.1.MetricStat.Metric.MetricName=IncomingRecords"
    "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Name=DeliveryStreamName"
    "&MetricDataQueries.member.1.MetricStat.Metric.Dimensions.member.1.Value=s-1"
    "&MetricDataQueries.member.1.MetricStat.Period=60&MetricDataQueries.member.1.MetricStat.Stat=Sum"
    "&MetricDataQueries.member.1.ReturnData=true&StartTime=2026-01-20T10%3A00%3A00Z&EndTime=2026-01-20T11%3A00%3A00Z";

const std::string kJson =
    R"({"MetricDataQueries":[{"Id":"a","MetricStat":{"Metric":{"Namespace":"AWS/Firehose","MetricName":)"
    R"("IncomingRecords","Dimensions":[{"Name":"DeliveryStreamName","Value":"s-1"}]},"Period":60,"Stat":"Sum"}}],)"
    R"("StartTime":1768903200,"EndTime":1768906800})";

TEST(CloudWatchWire, JsonGivesNumbers) {
  WireCloud aws;
  const http::Response response = aws.json("GetMetricData", kJson);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.find("content-type"), "application/x-amz-json-1.0");
  EXPECT_EQ(Json::parse(response.body),
            Json::parse(R"({"Messages":[],"MetricDataResults":[{"Id":"a","Label":"IncomingRecords","StatusCode":)"
                        R"("Complete","Timestamps":[1768903260,1768903200],"Values":[3.0,2.0]}]})"));
}

TEST(CloudWatchWire, FormsGiveXml) {
  WireCloud aws;
  const http::Response response = aws.form(kForm);
  EXPECT_EQ(response.status, 200) << response.body;
  EXPECT_EQ(response.headers.find("content-type"), "text/xml");
  for (const char* part :
       {"<GetMetricDataResponse xmlns=\"http://monitoring.amazonaws.com/doc/2010-08-01/\"><GetMetricDataResult>",
        "<MetricDataResults><member><Id>a</Id>",
        "<Timestamps><member>2026-01-20T10:01:00Z</member><member>2026-01-20T10:00:00Z</member></Timestamps>",
        "<Values><member>3.0</member><member>2.0</member></Values>", "<RequestId>"}) {
    EXPECT_TRUE(contains(response.body, part)) << part << "\n" << response.body;
  }
  EXPECT_FALSE(contains(response.body, kRequestIdMark));
}

TEST(CloudWatchWire, ErrorsAreInTheProtocolOfTheRequest) {
  WireCloud aws;
  const http::Response xml = aws.form(replace_all(kForm, "Period=60", "Period=45"));
  EXPECT_EQ(xml.status, 400);
  EXPECT_TRUE(contains(xml.body, "<Type>Sender</Type><Code>ValidationError</Code>")) << xml.body;
  const http::Response json = aws.json("GetMetricData", replace_all(kJson, "\"Period\":60", "\"Period\":45"));
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(get_string(Json::parse(json.body), "__type"), "ValidationException");
  EXPECT_EQ(json.headers.find("x-amzn-query-error"), "ValidationError;Sender");
}

TEST(CloudWatchWire, FormsThatMakeNoSenseAreRefused) {
  WireCloud aws;
  for (const char* more : {"&Nonsense=1", "&NextToken", "&EndTime=2026-01-20T12%3A00%3A00Z", "&StartTime.member.1=x",
                           "&MetricDataQueries.member.0.Id=b", "&MetricDataQueries.member.99999999.Id=b"}) {
    EXPECT_EQ(aws.form(kForm + more).status, 400) << more;
  }
  EXPECT_EQ(aws.form("Action=PutMetricData&Version=2010-08-01").status, 400);
  EXPECT_EQ(aws.form(replace_all(kForm, "Period=60", "Period=sixty")).status, 400);
}

TEST(CloudWatchWire, FaultsStrikeByOperation) {
  Options options;
  options.fault_plan = R"([{"operation":"GetMetricData","times":2,"fault":"access_denied"},
                           {"operation":"GetMetricData","nth":3,"fault":"throttle"}])";
  WireCloud aws(options);
  const http::Response denied = aws.json("GetMetricData", kJson);
  EXPECT_EQ(denied.status, 400);
  EXPECT_EQ(get_string(Json::parse(denied.body), "__type"), "AccessDeniedException");
  EXPECT_EQ(denied.headers.find("x-amzn-query-error"), "AccessDenied;Sender");
  const http::Response denied_form = aws.form(kForm);
  EXPECT_EQ(denied_form.status, 403);
  EXPECT_TRUE(contains(denied_form.body, "<Code>AccessDenied</Code>"));
  EXPECT_TRUE(contains(aws.form(kForm).body, "<Code>Throttling</Code>"));
  EXPECT_EQ(aws.form(kForm).status, 200);
  EXPECT_EQ(aws.cloud.journal().back().route.service, "monitoring");
  EXPECT_EQ(aws.cloud.journal().back().route.operation, "GetMetricData");
  EXPECT_FALSE(aws.cloud.journal().back().route.mutating);
}

TEST(CloudWatchWire, ParameterStoreIsRoutedByItsTarget) {
  WireCloud aws;
  http::Request request;
  request.method = "POST";
  request.headers.set("Content-Type", "application/x-amz-json-1.1");
  request.headers.set("X-Amz-Target", "AmazonSSM.PutParameter");
  request.body = R"({"Name":"/a","Value":"x","Type":"String"})";
  sign(request, "ssm", kNow);
  EXPECT_EQ(aws.cloud.handle(request, kNow).status, 200);
  EXPECT_EQ(aws.cloud.journal().back().route.resource, "/a");
  EXPECT_TRUE(aws.cloud.journal().back().route.mutating);
}

}  // namespace
}  // namespace cloudwatch_wire_test
}  // namespace fhctl::sandbox
