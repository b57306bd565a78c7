#include "core/drain/delivery_errors.h"

#include "core/base/json.h"
#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace delivery_errors_test {
namespace {

using test::answer;

constexpr WallTime kTime{std::chrono::milliseconds(1768903451000)};

std::string event(const std::string& stream, const std::string& code, const std::string& message = "no") {
  return dump(OrderedJson{{"deliveryStreamARN", "arn:aws:firehose:r:1:deliverystream/" + stream},
                          {"destination", "arn:aws:s3:::b"},
                          {"deliveryStreamVersionId", 1},
                          {"message", message},
                          {"errorCode", code}});
}

TEST(DeliveryErrors, ReadsFirehosesEvents) {
  const DeliveryError error = parse_delivery_error(kTime, event("logs-2", "S3.AccessDenied", "Access was denied."));
  EXPECT_EQ(error.time, kTime);
  EXPECT_EQ(error.stream, "logs-2");
  EXPECT_EQ(error.code, "S3.AccessDenied");
  EXPECT_EQ(error.message, "Access was denied.");
  EXPECT_EQ(error.raw, event("logs-2", "S3.AccessDenied", "Access was denied."));
}

TEST(DeliveryErrors, WhatIsNoEventStaysRaw) {
  for (const std::string text :
       {"", "plain text", "[1]", "{", R"({"errorCode":7,"message":null})", "\"S3\"", "\x1b[2J"}) {
    EXPECT_EQ(parse_delivery_error(kTime, text),
              (DeliveryError{.time = kTime, .stream = "", .code = "", .message = "", .raw = text}))
        << text;
  }
  EXPECT_EQ(parse_delivery_error(kTime, R"({"deliveryStreamARN":"logs-1","errorCode":"X"})").stream, "");
}

TEST(DeliveryErrors, KnownCodesHaveMeaningAndRemedy) {
  for (const char* code : {"S3.KMS.NotFoundException", "S3.KMS.RequestLimitExceeded", "S3.KMS.DisabledException",
                           "S3.AccessDenied", "S3.AccountProblem", "S3.AllAccessDisabled", "S3.InvalidPayer",
                           "S3.NotSignedUp", "S3.NoSuchBucket", "S3.MethodNotAllowed", "S3.InternalError"}) {
    EXPECT_NE(advice_for(code).meaning, "") << code;
    EXPECT_NE(advice_for(code).remedy, "") << code;
  }
  EXPECT_NE(advice_for("S3.KMS.NotFoundException").meaning, advice_for("S3.KMS.DisabledException").meaning);
  for (const char* code :
       {"", "S3.", "S3.AccessDeniedX", "Lambda.FunctionTimedOut", "DataFormatConversion.InvalidSchema"}) {
    EXPECT_EQ(advice_for(code).meaning, "") << code;
  }
}

TEST(DeliveryErrors, TheSameErrorIsCounted) {
  auto at = [](int seconds, const std::string& text) {
    return parse_delivery_error(kTime + std::chrono::seconds(seconds), text);
  };
  const std::vector<DeliveryErrorGroup> groups = group_delivery_errors(
      {at(0, event("a-1", "S3.AccessDenied", "first")), at(1, event("a-2", "S3.AccessDenied")), at(2, "raw"),
       at(5, event("a-1", "S3.AccessDenied", "last")), at(6, "raw"), at(7, "other")});
  ASSERT_EQ(groups.size(), 4u);
  EXPECT_EQ(groups[0].stream, "a-1");
  EXPECT_EQ(groups[0].count, 2);
  EXPECT_EQ(groups[0].message, "last");
  EXPECT_EQ(groups[0].first, kTime);
  EXPECT_EQ(groups[0].last, kTime + std::chrono::seconds(5));
  EXPECT_EQ(groups[1].stream, "a-2");
  EXPECT_EQ(groups[2].message, "raw");
  EXPECT_EQ(groups[2].count, 2);
  EXPECT_EQ(groups[3].message, "other");
}

StreamState stream_that_logs(bool logs, const std::string& id) {
  StreamState stream;
  stream.description.has_s3_destination = true;
  stream.description.destination.logging_enabled = logs;
  if (logs) stream.description.destination.log_group = "/live";
  if (logs) stream.description.destination.log_stream = "live";
  stream.tags = {{kPipelineTag, "a"}, {kRegionTag, "r"}, {kIdTag, id}};
  return stream;
}

TEST(DeliveryErrors, TheLiveStreamsSayWhereTheyLog) {
  Observed observed;
  observed.name = "a";
  observed.id = "id";
  observed.identity.region = "r";
  observed.spec.log_group = "/wanted";
  EXPECT_EQ(with_live_logging(observed), observed.spec);
  observed.streams[1] = stream_that_logs(true, "another life");
  EXPECT_EQ(with_live_logging(observed), observed.spec);
  observed.streams[2] = stream_that_logs(false, "id");
  EXPECT_FALSE(with_live_logging(observed).error_logging);
  observed.streams[3] = stream_that_logs(true, "id");
  EXPECT_TRUE(with_live_logging(observed).error_logging);
  EXPECT_EQ(with_live_logging(observed).log_group, "/live");
}

using DeliveryErrorLog = test::ServiceTest;

TEST_F(DeliveryErrorLog, IsReadToItsEnd) {
  Spec spec;
  spec.log_group = "/g";
  auto read = [&](aws::Client& client) { return read_delivery_errors(client, spec, kTime); };
  auto page = [](const std::string& message, const std::string& next) {
    Json events = Json::array({{{"timestamp", 1768903452000}, {"message", message}}});
    return answer(200, dump(Json{{"events", message.empty() ? Json::array() : events}, {"nextForwardToken", next}}));
  };
  auto errors = with_answers({page(event("a-1", "S3.NoSuchBucket"), "f/1"), page("raw", "f/2"), page("", "f/2")}, read);
  ASSERT_TRUE(errors);
  ASSERT_EQ(errors->size(), 2u);
  EXPECT_EQ((*errors)[0].stream, "a-1");
  EXPECT_EQ((*errors)[0].time, kTime + std::chrono::seconds(1));
  EXPECT_EQ((*errors)[1].raw, "raw");
  EXPECT_EQ(request().body, R"({"limit":10000,"logGroupName":"/g","logStreamName":"S3Delivery","startFromHead":true,)"
                            R"("startTime":1768903451000})");
}

TEST_F(DeliveryErrorLog, AbsentOrOffIsEmpty) {
  Spec spec;
  spec.log_group = "/g";
  auto read = [&](aws::Client& client) { return read_delivery_errors(client, spec, kTime); };
  EXPECT_TRUE(with_answer(test::json_fault("ResourceNotFoundException"), read)->empty());
  EXPECT_EQ(with_answer(test::json_fault("AccessDeniedException"), read).error().kind, ErrorKind::kDenied);
  spec.error_logging = false;
  EXPECT_TRUE(with_answer(test::json_fault("AccessDeniedException"), read)->empty());
  EXPECT_TRUE(requests.empty());
}

}  // namespace
}  // namespace delivery_errors_test
}  // namespace fhctl::pipeline
