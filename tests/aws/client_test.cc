#include "core/aws/client.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/aws/client_scene.h"

namespace fhctl::aws {
namespace client_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

TEST_F(ClientTest, SignsAndSendsToTheServicesHost) {
  answers = {status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  ASSERT_EQ(sent(), 1u);
  const http::Request& request = transport.requests[0];
  EXPECT_EQ(request.url(), "https://firehose.us-west-2.amazonaws.com/");
  EXPECT_EQ(header(request, "host"), "firehose.us-west-2.amazonaws.com");
  EXPECT_EQ(header(request, "amz-sdk-request"), "attempt=1; max=12");
  EXPECT_EQ(header(request, "amz-sdk-invocation-id").size(), 36u);
  EXPECT_THAT(header(request, "authorization"),
              StartsWith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260120/us-west-2/firehose/aws4_request"));
  EXPECT_THAT(header(request, "authorization"), HasSubstr("amz-sdk-invocation-id;amz-sdk-request;host"));
  EXPECT_THAT(traces, testing::ElementsAre(Trace::Kind::kSent, Trace::Kind::kAnswered));
}

TEST_F(ClientTest, S3GoesToTheBucketsHostOrPath) {
  struct Case {
    std::string endpoint;
    std::string bucket;
    std::string path;
    std::string url;
  };
  const Case cases[] = {
      {"", "logs-1", "/a%20b/../c", "https://logs-1.s3.us-west-2.amazonaws.com/a%20b/../c?x=y"},
      {"", "logs.1", "/", "https://s3.us-west-2.amazonaws.com/logs.1?x=y"},
      {"", "", "/", "https://s3.us-west-2.amazonaws.com/?x=y"},
      {"http://127.0.0.1:4566", "logs-1", "/k", "http://127.0.0.1:4566/logs-1/k?x=y"},
      {"http://127.0.0.1:4566/base", "logs-1", "/", "http://127.0.0.1:4566/base/logs-1?x=y"},
      {"https://s3.example", "logs-1", "/k", "https://logs-1.s3.example/k?x=y"},
  };
  answers = {status(200, "data")};
  for (const Case& c : cases) {
    if (!c.endpoint.empty()) use_endpoint(c.endpoint);
    client.reset();
    Call call = get_object(c.bucket, c.path);
    call.request.query = "x=y";
    ASSERT_TRUE(run(call));
    EXPECT_EQ(transport.requests.back().url(), c.url);
    EXPECT_NE(header(transport.requests.back(), "x-amz-content-sha256"), "(none)");
  }
  EXPECT_EQ(client->custom_endpoint(Service::kS3), true);
}

TEST_F(ClientTest, ServerErrorsAreRetriedWithANewSignature) {
  answers = {coded(500, "InternalFailure"), coded(503, "ServiceUnavailableException"), status(200, "{}")};
  ASSERT_TRUE(run(list_streams(Idempotency::kNotIdempotent)));
  ASSERT_EQ(sent(), 3u);
  EXPECT_EQ(header(transport.requests[2], "amz-sdk-request"), "attempt=3; max=12");
  EXPECT_EQ(header(transport.requests[2], "amz-sdk-invocation-id"),
            header(transport.requests[0], "amz-sdk-invocation-id"));
  EXPECT_NE(header(transport.requests[2], "authorization"), header(transport.requests[0], "authorization"));
  EXPECT_LT(elapsed(), 0.3);
}

TEST_F(ClientTest, ServerErrorsEndWithTheAttempts) {
  options.attempts_max = 4;
  answers = {coded(500, "InternalFailure", {{"x-amzn-requestid", "r-1"}})};
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(sent(), 4u);
  const Error error = result.error();
  EXPECT_EQ(error.kind, ErrorKind::kUnavailable);
  EXPECT_EQ(error.aws_code, "InternalFailure");
  EXPECT_EQ(error.request_id, "r-1");
  EXPECT_THAT(describe(error),
              StartsWith("ListDeliveryStreams: AWS said InternalFailure: so it is (gave up after 4 attempts"));
}

TEST_F(ClientTest, BrokenServiceIsNotHammeredForEver) {
  answers = {coded(500, "InternalFailure")};
  for (int i = 0; i < 30; ++i) ASSERT_FALSE(run(list_streams()));
  // 500 tokens at 14 each are 35 retries; every further call is sent once.
  EXPECT_EQ(sent(), 30u + 35u);
}

TEST_F(ClientTest, ThrottlingIsWaitedOutLongerThanTheTokensLast) {
  for (int i = 0; i < 8; ++i) answers.push_back(coded(400, "ThrottlingException"));
  answers.push_back(status(200, "{}"));
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(sent(), 9u);
  EXPECT_GT(elapsed(), 5);
  EXPECT_LT(elapsed(), 180);
}

TEST_F(ClientTest, ThrottlingEndsWithThePatience) {
  options.patience = seconds(5);
  options.attempts_max = 100;
  answers = {coded(400, "ThrottlingException")};
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kThrottled);
  EXPECT_LT(elapsed(), 8);
}

TEST_F(ClientTest, HintOfTheServerIsObeyed) {
  answers = {coded(500, "InternalFailure", {{"x-amz-retry-after", "3000"}}), status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  EXPECT_NEAR(elapsed(), 3.02, 0.01);
}

TEST_F(ClientTest, RefusalsAreNotRepeated) {
  for (const char* code : {"LimitExceededException", "AccessDeniedException", "ValidationException"}) {
    answers = {coded(400, code)};
    transport.requests.clear();
    Call call = list_streams();
    call.operation = "CreateDeliveryStream";
    EXPECT_FALSE(run(call)) << code;
    EXPECT_EQ(sent(), 1u) << code;
  }
}

TEST_F(ClientTest, NetworkDownIsSaidWithinTenSeconds) {
  transport.latency = seconds(5);
  answers = {silence()};
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kNetwork);
  EXPECT_LE(sent(), 4u);
  EXPECT_GE(sent(), 2u);
  EXPECT_LE(elapsed(), 10.5);
}

TEST_F(ClientTest, AServerThatFailsTlsVerificationIsNotAskedAgain) {
  answers = {status(200, "{}"), [](const http::Request&) {
               return Error{.kind = ErrorKind::kUntrusted, .message = "TLS failed (certificate has expired)"};
             }};
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(run(list_streams()).error().kind, ErrorKind::kUntrusted);
  EXPECT_EQ(sent(), 2u);
  EXPECT_LT(elapsed(), 1);
}

TEST_F(ClientTest, AtTheDeadlineTheLastAttemptIsReported) {
  answers = {status(200, "{}"), silence("no answer from firehose: one byte a second")};
  ASSERT_TRUE(run(list_streams()));
  transport.latency = std::chrono::milliseconds(900);
  control.set_deadline(driver.now() + seconds(2));
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kTimeout);
  EXPECT_THAT(describe(result.error()), HasSubstr("one byte a second"));
}

TEST_F(ClientTest, OnlyObjectsMayBeLong) {
  answers = {status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(transport.limits_given.back().response_bytes_max, 8u << 20);
  answers = {status(200, "<ListBucketResult/>")};
  ASSERT_TRUE(run(get_object("bucket", "/", "ListObjectsV2")));
  EXPECT_EQ(transport.limits_given.back().response_bytes_max, 8u << 20);
  ASSERT_TRUE(run(get_object("bucket", "/key")));
  EXPECT_EQ(transport.limits_given.back().response_bytes_max, 64u << 20);
}

TEST_F(ClientTest, NetworkThatWorkedIsWorthMorePatience) {
  answers = {status(200, "{}"), silence(), silence(), silence(), silence(), silence(), status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(sent(), 7u);
}

TEST_F(ClientTest, LostAnswerOfACreateComesBackAtOnce) {
  answers = {silence("no answer")};
  EXPECT_EQ(run(list_streams(Idempotency::kNotIdempotent)).error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(sent(), 1u);
  answers = {status(200, "{\"DeliveryStreamARN\": \"arn")};
  EXPECT_EQ(run(list_streams(Idempotency::kNotIdempotent)).error().kind, ErrorKind::kProtocol);
  EXPECT_EQ(sent(), 2u);
}

TEST_F(ClientTest, UnreadableSuccessIsReadAgain) {
  answers = {status(200, "<html>hotel</html>"), status(200, "{\"a\": [1,"), status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(sent(), 3u);

  answers = {status(200, "<Error><Code>InternalError</Code></Error>"), status(200, "<ListVersionsResult/>")};
  ASSERT_TRUE(run(get_object("logs-1", "/", "ListObjectVersions")));
  EXPECT_EQ(sent(), 5u);

  answers = {status(200, "<not xml")};
  ASSERT_TRUE(run(get_object("logs-1", "/k")));  // an object may hold anything
}

TEST_F(ClientTest, StatusesThatAreDataComeBack) {
  answers = {status(412), status(404)};
  Call call = get_object("logs-1", "/k", "HeadObject");
  call.statuses_are_data = true;
  EXPECT_EQ(run(call)->status, 412);
  EXPECT_EQ(run(call)->status, 404);
  call.statuses_are_data = false;
  EXPECT_EQ(run(call).error().kind, ErrorKind::kNotFound);

  answers = {status(404, "<html>no such page</html>")};
  call.statuses_are_data = true;
  EXPECT_EQ(run(call).error().kind, ErrorKind::kProtocol);
}

Call of_bucket(const std::string& bucket, std::string path, std::string operation = "GetObject") {
  Call call = get_object(bucket, std::move(path), std::move(operation));
  call.resources.needs = "bucket " + bucket;
  return call;
}

TEST_F(ClientTest, ABucketThatWasJustMadeIsAskedForAgain) {
  const Answer unknown = status(404, "<Error><Code>NoSuchBucket</Code><Message>not here</Message></Error>");
  answers = {unknown};
  EXPECT_EQ(run(of_bucket("logs-1", "/k")).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(sent(), 1u);

  client->note_created(Service::kS3, "bucket logs-1");
  answers = {unknown, unknown, status(200, "data")};
  ASSERT_TRUE(run(of_bucket("logs-1", "/k")));
  EXPECT_EQ(sent(), 4u);
  Call head = of_bucket("logs-1", "/", "HeadBucket");
  head.request.method = "HEAD";
  head.statuses_are_data = true;
  answers = {status(404), status(200)};
  EXPECT_EQ(run(head)->status, 200);

  answers = {status(404, "<Error><Code>NoSuchKey</Code></Error>"), status(200, "data")};
  EXPECT_EQ(run(of_bucket("logs-1", "/k")).error().aws_code, "NoSuchKey");
  answers = {unknown, status(200, "data")};
  EXPECT_EQ(run(of_bucket("logs-2", "/k")).error().aws_code, "NoSuchBucket");

  answers = {unknown};
  const Error lasting = run(of_bucket("logs-1", "/k")).error();
  EXPECT_EQ(lasting.aws_code, "NoSuchBucket");
  EXPECT_NEAR(elapsed(), 300, 20);
  const std::size_t before = sent();
  EXPECT_EQ(run(of_bucket("logs-1", "/k")).error().aws_code, "NoSuchBucket");
  EXPECT_EQ(sent(), before + 1);
}

TEST_F(ClientTest, BucketOfAnotherRegionIsFollowedOnceAndRemembered) {
  options.attempts_max = 1;  // a redirect does not count as an attempt
  const std::string moved = "<Error><Code>PermanentRedirect</Code><Endpoint>evil.example</Endpoint></Error>";
  answers = {status(301, moved, {{"x-amz-bucket-region", "eu-west-1"}}), status(200, "data")};
  ASSERT_TRUE(run(get_object("logs-1", "/k")));
  ASSERT_TRUE(run(get_object("logs-1", "/k2")));
  ASSERT_EQ(sent(), 3u);
  for (const std::size_t i : {1u, 2u}) {
    EXPECT_EQ(transport.requests[i].host, "logs-1.s3.eu-west-1.amazonaws.com");
    EXPECT_THAT(header(transport.requests[i], "authorization"), HasSubstr("/eu-west-1/s3/"));
  }
  ASSERT_TRUE(run(get_object("logs-2", "/k")));
  EXPECT_EQ(transport.requests[3].host, "logs-2.s3.us-west-2.amazonaws.com");
}

TEST_F(ClientTest, AHeadHasNoBodyToSayWhereTheBucketIs) {
  for (const auto& [code, requests] : {std::pair{301, 2u}, {400, 2u}, {403, 1u}, {404, 1u}}) {
    client.reset();
    transport.requests.clear();
    answers = {status(code, "", {{"x-amz-bucket-region", "eu-west-1"}}), status(200)};
    Call call = get_object("logs-1", "/", "HeadBucket");
    call.request.method = "HEAD";
    EXPECT_EQ(run(call).has_value(), requests == 2) << code;
    EXPECT_EQ(sent(), requests) << code;
  }
}

TEST_F(ClientTest, RedirectsThatAreNotBelieved) {
  const Answer cases[] = {
      status(301, "", {{"Location", "https://evil.example/"}}),
      status(301, "", {{"x-amz-bucket-region", "evil.example/"}}),
      status(301, "", {{"x-amz-bucket-region", "cn-north-1"}}),
      status(301, "", {{"x-amz-bucket-region", "us-west-2"}}),
      status(403, "<Error><Code>AccessDenied</Code></Error>", {{"x-amz-bucket-region", "eu-west-1"}}),
      status(300, "<Error/>", {{"x-amz-bucket-region", "eu-west-1"}}),
  };
  for (const Answer& answer : cases) {
    answers = {answer};
    transport.requests.clear();
    EXPECT_FALSE(run(get_object("logs-1", "/k")));
    EXPECT_EQ(sent(), 1u);
  }
  answers = {status(301, "", {{"x-amz-bucket-region", "eu-west-1"}}),
             status(301, "", {{"x-amz-bucket-region", "eu-west-2"}})};
  transport.requests.clear();
  EXPECT_FALSE(run(get_object("logs-3", "/k")));
  EXPECT_EQ(sent(), 2u);
}

TEST_F(ClientTest, CustomEndpointOnlySignsForTheOtherRegion) {
  use_endpoint("http://127.0.0.1:4566");
  const std::string body = "<Error><Code>AuthorizationHeaderMalformed</Code><Region>eu-west-1</Region></Error>";
  answers = {status(400, body), status(200, "data")};
  ASSERT_TRUE(run(get_object("logs-1", "/k")));
  EXPECT_EQ(transport.requests[1].url(), "http://127.0.0.1:4566/logs-1/k");
  EXPECT_THAT(header(transport.requests[1], "authorization"), HasSubstr("/eu-west-1/s3/"));
}

TEST_F(ClientTest, NothingIsSentAfterTheDeadlineOrASignal) {
  answers = {status(200, "{}")};
  control.set_deadline(driver.now());
  EXPECT_EQ(run(list_streams()).error().kind, ErrorKind::kTimeout);
  control.set_deadline(kNever);
  signals.raise(2);
  EXPECT_EQ(run(list_streams()).error().kind, ErrorKind::kCancelled);
  EXPECT_EQ(sent(), 0u);
}

TEST_F(ClientTest, SignalEndsABackoff) {
  answers = {coded(400, "ThrottlingException", {{"x-amz-retry-after", "5000"}})};
  driver.after(seconds(1), [this] { signals.raise(2); });
  EXPECT_EQ(run(list_streams()).error().kind, ErrorKind::kCancelled);
  EXPECT_LT(elapsed(), 1.3);
}

TEST_F(ClientTest, ExchangeLastsNoLongerThanTheRun) {
  transport.latency = minutes(10);
  answers = {status(200, "{}")};
  control.set_deadline(driver.now() + seconds(3));
  EXPECT_FALSE(run(list_streams()));
  EXPECT_NEAR(elapsed(), 3, 0.2);
}

TEST_F(ClientTest, OperationsOfFirehoseArePacedEachForItself) {
  answers = {status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));  // makes the client
  const double before = elapsed();
  loop.run([&] {
    Group group(loop);
    for (int i = 0; i < 20; ++i) {
      group.spawn([&] { EXPECT_TRUE(client->call(list_streams())); });
      group.spawn([&] {
        Call describe = list_streams();
        describe.operation = "DescribeDeliveryStream";
        EXPECT_TRUE(client->call(describe));
      });
      group.spawn([&] {
        Call put = list_streams();
        put.operation = "PutRecordBatch";
        EXPECT_TRUE(client->call(put));
      });
    }
    group.join();
  });
  EXPECT_GT(elapsed() - before, 15 / 4.9);
  EXPECT_LT(elapsed() - before, 16 / 4.9 + 0.5);
  EXPECT_THAT(traces, testing::Contains(Trace::Kind::kPaced));
}

}  // namespace
}  // namespace client_test
}  // namespace fhctl::aws
