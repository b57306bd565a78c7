// The entry point of the sandbox: routing, common headers, faults, the journal and time.
#include "sandbox/cloud/cloud.h"

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sandbox/signed_request.h"

namespace fhctl::sandbox {
namespace cloud_test {
namespace {

const WallTime kNow = *parse_iso8601("2026-01-20T10:00:00Z");

http::Request list_streams() { return signed_firehose("ListDeliveryStreams", "{}", kNow); }
http::Request make_bucket(const std::string& name) { return signed_s3("PUT", "/" + name, kNow); }

Options with_plan(const std::string& plan) {
  Options options;
  options.fault_plan = plan;
  return options;
}

TEST(Cloud, AnswersEveryServiceWithItsIds) {
  Cloud cloud(Options{});
  const http::Response firehose = cloud.handle(list_streams(), kNow);
  EXPECT_EQ(firehose.status, 200);
  EXPECT_EQ(firehose.headers.find("date"), "Tue, 20 Jan 2026 10:00:00 GMT");
  EXPECT_EQ(firehose.headers.find("x-amzn-requestid")->size(), 36u);

  const http::Response s3 = cloud.handle(make_bucket("bucket-1"), kNow);
  EXPECT_EQ(s3.status, 200);
  EXPECT_TRUE(s3.headers.find("x-amz-request-id"));
  EXPECT_TRUE(s3.headers.find("x-amz-id-2"));

  const http::Response sts =
      cloud.handle(signed_form("sts", "Action=GetCallerIdentity&Version=2011-06-15", kNow), kNow);
  EXPECT_EQ(sts.status, 200);
  EXPECT_TRUE(contains(sts.body, "<Account>123456789012</Account>"));
  EXPECT_TRUE(contains(sts.body, "<RequestId>" + *sts.headers.find("x-amzn-requestid") + "</RequestId>")) << sts.body;

  const http::Response iam =
      cloud.handle(signed_form("iam", "Action=GetRole&Version=2010-05-08&RoleName=r", kNow), kNow);
  EXPECT_EQ(iam.status, 404);
  EXPECT_TRUE(contains(iam.body, "<Code>NoSuchEntity</Code>"));
}

TEST(Cloud, RefusesUnsignedRequestsAndDoesNotCountThem) {
  Options options;
  options.kill_at_request = 1;
  Cloud cloud(options);
  http::Request unsigned_request = list_streams();
  unsigned_request.headers.remove("authorization");
  EXPECT_TRUE(contains(cloud.handle(unsigned_request, kNow).body, "MissingAuthenticationTokenException"));
  EXPECT_EQ(cloud.journal().back().n, 0);
  EXPECT_EQ(cloud.exchange(list_streams(), kNow).fate, Fate::kClientDies);
}

TEST(Cloud, KeepsAJournal) {
  Cloud cloud(Options{});
  cloud.handle(make_bucket("bucket-1"), kNow);
  cloud.handle(list_streams(), kNow);
  cloud.handle(signed_form("iam", "Action=GetRole&Version=2010-05-08&RoleName=r", kNow), kNow);
  ASSERT_EQ(cloud.journal().size(), 3u);
  const JournalEntry& bucket = cloud.journal()[0];
  EXPECT_EQ(bucket.n, 1);
  EXPECT_EQ(bucket.route.operation, "CreateBucket");
  EXPECT_EQ(bucket.route.resource, "bucket-1");
  EXPECT_TRUE(bucket.route.mutating);
  const JournalEntry& role = cloud.journal()[2];
  EXPECT_EQ(role.route.service, "iam");
  EXPECT_EQ(role.route.resource, "r");
  EXPECT_EQ(role.status, 404);
  EXPECT_FALSE(role.route.mutating);
}

struct FaultCase {
  const char* fault;
  Fate fate;
  bool carried_out;
  int status;
  const char* in_body;
};

const FaultCase kFaults[] = {
    {R"("fault":"kill_before")", Fate::kClientDies, false, 0, ""},
    {R"("fault":"kill_after")", Fate::kClientDies, true, 200, ""},
    {R"("fault":"drop_before")", Fate::kDropped, false, 0, ""},
    {R"("fault":"drop_after")", Fate::kDropped, true, 200, ""},
    {R"("fault":"truncate")", Fate::kTruncated, true, 200, ""},
    {R"("fault":"delay","ms":5)", Fate::kSent, true, 200, ""},
    {R"("fault":"throttle")", Fate::kSent, false, 503, "<Code>SlowDown</Code>"},
    {R"("fault":"access_denied")", Fate::kSent, false, 403, "<Code>AccessDenied</Code>"},
    {R"("fault":"expired_token")", Fate::kSent, false, 400, "<Code>ExpiredToken</Code>"},
    {R"("fault":"unavailable")", Fate::kSent, false, 503, "<Code>ServiceUnavailable</Code>"},
    {R"("fault":"error","status":409,"code":"OperationAborted","message":"m")", Fate::kSent, false, 409,
     "<Code>OperationAborted</Code><Message>m</Message>"},
    {R"("fault":"html")", Fate::kSent, false, 502, "<html>"},
    {R"("fault":"ok_with_error")", Fate::kSent, false, 200, "<Error><Code>InternalError</Code>"},
};

TEST(Cloud, FaultsStrikeAsTheySay) {
  for (const FaultCase& fault : kFaults) {
    SCOPED_TRACE(fault.fault);
    Cloud cloud(with_plan(std::string("[{\"operation\":\"CreateBucket\",") + fault.fault + "}]"));
    EXPECT_EQ(cloud.handle(list_streams(), kNow).status, 200);
    const Answer answer = cloud.exchange(make_bucket("bucket-1"), kNow);
    EXPECT_EQ(answer.fate, fault.fate);
    EXPECT_EQ(answer.response.status, fault.status);
    EXPECT_TRUE(contains(answer.response.body, fault.in_body)) << answer.response.body;
    EXPECT_EQ(cloud.world().s3->buckets.contains("bucket-1"), fault.carried_out);
    EXPECT_EQ(cloud.handle(make_bucket("bucket-2"), kNow).status, 200) << "once is enough";
  }
}

TEST(Cloud, LostAnswersHaveNoStatusForCallersWithoutAWire) {
  Cloud cloud(with_plan(R"([{"at":1,"fault":"drop_after"}])"));
  EXPECT_EQ(cloud.handle(list_streams(), kNow).status, 0);
  EXPECT_EQ(cloud.journal().back().status, 0);
}

TEST(Cloud, RulesCountWhatTheyMatch) {
  struct Row {
    const char* rule;
    std::string struck;  // for each of six requests: x if it got the fault, else .
  };
  const Row rows[] = {
      {R"({"at":3,"fault":"throttle"})", "..x..."},
      {R"({"at":3,"times":2,"fault":"throttle"})", "..xx.."},
      {R"({"at":3,"times":0,"fault":"throttle"})", "..xxxx"},
      {R"({"operation":"ListDeliveryStreams","fault":"throttle"})", "x....."},
      {R"({"operation":"ListDeliveryStreams","nth":2,"times":3,"fault":"throttle"})", ".xxx.."},
      {R"({"operation":"CreateBucket","fault":"throttle"})", "......"},
      {R"({"service":"firehose","times":0,"fault":"throttle"})", "xxxxxx"},
  };
  for (const Row& row : rows) {
    Options options = with_plan(std::string("[") + row.rule + "]");
    options.firehose_calls_per_second = 0;
    Cloud cloud(options);
    std::string struck;
    for (int i = 0; i < 6; ++i) struck += cloud.handle(list_streams(), kNow).status == 200 ? '.' : 'x';
    EXPECT_EQ(struck, row.struck) << row.rule;
  }
}

TEST(Cloud, PlansThatCannotBeReadAreRefused) {
  for (const char* plan :
       {"", "{}", "[1]", "[{}]", R"([{"fault":"explode"}])", R"([{"at":0,"fault":"html"}])",
        R"([{"at":"1","fault":"html"}])", R"([{"when":1,"fault":"html"}])", R"([{"status":99,"fault":"error"}])"}) {
    EXPECT_FALSE(parse_fault_plan(plan)) << plan;
  }
  EXPECT_TRUE(parse_fault_plan("[]"));
}

TEST(Cloud, ClockCanBeMovedAhead) {
  Cloud cloud(Options{});
  cloud.shift_clock(std::chrono::hours(2));
  const http::Response response = cloud.handle(list_streams(), kNow);
  EXPECT_EQ(response.status, 200) << "the client's own clock is still right";
  EXPECT_EQ(response.headers.find("date"), "Tue, 20 Jan 2026 12:00:00 GMT");
}

TEST(Cloud, ResetForgetsEverything) {
  Cloud cloud(Options{});
  cloud.handle(make_bucket("bucket-1"), kNow);
  cloud.reset();
  EXPECT_TRUE(cloud.world().s3->buckets.empty());
  EXPECT_TRUE(cloud.journal().empty());
  EXPECT_EQ(cloud.faults().requests(), 0);
}

TEST(Cloud, RunsAreEqualFromTheSameSeed) {
  const auto ids = [](std::uint64_t seed) {
    Options options;
    options.seed = seed;
    Cloud cloud(options);
    return *cloud.handle(list_streams(), kNow).headers.find("x-amzn-requestid");
  };
  EXPECT_EQ(ids(7), ids(7));
  EXPECT_NE(ids(7), ids(8));
}

TEST(Router, NamesTheOperationsOfS3) {
  struct Row {
    const char* method;
    const char* path;
    const char* query;
    const char* operation;
    const char* resource;
  };
  const Row rows[] = {
      {"GET", "/", "", "ListBuckets", ""},
      {"PUT", "/b-1", "", "CreateBucket", "b-1"},
      {"PUT", "/b-1/", "tagging", "PutBucketTagging", "b-1"},
      {"GET", "/b-1", "tagging=", "GetBucketTagging", "b-1"},
      {"DELETE", "/b-1", "lifecycle", "DeleteBucketLifecycleConfiguration", "b-1"},
      {"GET", "/b-1", "list-type=2&prefix=tagging", "ListObjectsV2", "b-1"},
      {"GET", "/b-1", "versions", "ListObjectVersions", "b-1"},
      {"POST", "/b-1", "delete", "DeleteObjects", "b-1"},
      {"HEAD", "/b-1", "", "HeadBucket", "b-1"},
      {"PUT", "/b-1/a%2Fb%20c", "", "PutObject", "b-1/a/b c"},
      {"DELETE", "/b-1/k", "versionId=x", "DeleteObject", "b-1/k"},
      {"POST", "/b-1/k", "uploads", "CreateMultipartUpload", "b-1/k"},
      {"DELETE", "/b-1/k", "uploadId=x", "AbortMultipartUpload", "b-1/k"},
  };
  for (const Row& row : rows) {
    http::Request request;
    request.method = row.method;
    request.path = row.path;
    request.query = row.query;
    const Route route = route_of(request);
    EXPECT_EQ(route.operation, row.operation) << row.path << "?" << row.query;
    EXPECT_EQ(route.resource, row.resource);
  }
}

}  // namespace
}  // namespace cloud_test
}  // namespace fhctl::sandbox
