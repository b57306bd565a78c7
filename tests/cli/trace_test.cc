// --debug prints requests without secrets: planted keys must not appear in the output.
#include "cli/trace.h"

#include <gtest/gtest.h>

#include "tests/cli/golden.h"

namespace fhctl::cli {
namespace trace_test {
namespace {

constexpr const char* kSecret = "PLANTEDSECRET";

http::Request request() {
  http::Request made;
  made.method = "POST";
  made.host = "firehose.us-west-2.amazonaws.com";
  made.query = std::string("X-Amz-Signature=") + kSecret + "&list-type=2";
  made.headers.add("Authorization", std::string("AWS4-HMAC-SHA256 Signature=") + kSecret);
  made.headers.add("X-Amz-Security-Token", kSecret);
  made.headers.add("x-amz-target", "Firehose_20150804.PutRecordBatch\x1b[2J");
  made.body = std::string(R"({"Records":[{"Data":"aGVsbG8="}],"SecretAccessKey": ")") + kSecret + "\"}";
  return made;
}

std::string sent(bool bodies) {
  const http::Request made = request();
  aws::Trace trace{aws::Trace::Kind::kSent, aws::Service::kFirehose, "PutRecordBatch"};
  trace.request = &made;
  return trace_text(trace, {bodies});
}

TEST(Trace, NoSecretComesOut) {
  for (const bool bodies : {false, true}) {
    const std::string text = sent(bodies);
    EXPECT_EQ(text.find(kSecret), std::string::npos) << text;
    EXPECT_FALSE(has_escape_bytes(text));
    EXPECT_NE(text.find("list-type=2"), std::string::npos);
  }
}

TEST(Trace, PayloadsAreCounted) {
  EXPECT_EQ(sent(false).find("aGVsbG8="), std::string::npos);
  EXPECT_NE(sent(false).find(" bytes>"), std::string::npos);
  EXPECT_NE(sent(true).find("aGVsbG8="), std::string::npos);
}

TEST(Trace, BodiesLoseTheirSecrets) {
  struct Row {
    const char* body;
    const char* shown;
  };
  const Row table[] = {
      {R"({"SessionToken":"abc","A":1})", R"({"SessionToken":"<cut>","A":1})"},
      {R"({"secretAccessKey" : "a\"b"})", R"({"secretAccessKey" : "<cut>"})"},
      {"<SecretAccessKey>abc</SecretAccessKey>", "<SecretAccessKey><cut></SecretAccessKey>"},
      {"password=abc&user=x", "password=<cut>&user=x"},
      {R"({"Token":"abc"})", R"({"Token":"<cut>"})"},
      {R"({"NextToken":"abc"})", R"({"NextToken":"abc"})"},
      {"nothing to cut", "nothing to cut"},
      {R"({"password":"unfinished)", R"({"password":"<cut>)"},
      {R"({"password":null})", R"({"password":null})"},
  };
  for (const Row& row : table) EXPECT_EQ(redact_body(row.body), row.shown);
}

TEST(Trace, AnswersNameTheirRequestId) {
  http::Response response;
  response.status = 200;
  response.headers.add("x-amzn-RequestId", "abc-1");
  response.body = "12345";
  aws::Trace trace{aws::Trace::Kind::kAnswered, aws::Service::kFirehose, "DescribeDeliveryStream"};
  trace.response = &response;
  EXPECT_EQ(trace_text(trace, {}),
            "debug: < Firehose DescribeDeliveryStream: 200 request id abc-1\n"
            "debug: <   x-amzn-RequestId: abc-1\n"
            "debug: <   <5 bytes>\n");
}

}  // namespace
}  // namespace trace_test
}  // namespace fhctl::cli
