#include "core/aws/error_response.h"
#include "core/aws/error_codes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fhctl::aws {
namespace error_response_test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

http::Response response(int status, std::string body, std::vector<http::Header> headers = {}) {
  http::Response result;
  result.status = status;
  result.body = std::move(body);
  result.headers.all = std::move(headers);
  return result;
}

TEST(ReadFault, EveryProtocol) {
  struct Case {
    std::string name;
    Service service;
    http::Response response;
    std::string code;
    std::string message;
    std::string request_id;
    std::string region;
  };
  const Case cases[] = {
      {"json", Service::kFirehose,
       response(400, R"({"__type":"com.amazonaws.firehose#ThrottlingException:http://x","Message":"Rate exceeded"})",
                {{"x-amzn-RequestId", "r-1"}}),
       "ThrottlingException", "Rate exceeded", "r-1", ""},
      {"header only", Service::kLogs, response(400, "{}", {{"X-Amzn-ErrorType", "ResourceNotFoundException:http://y"}}),
       "ResourceNotFoundException", "", "", ""},
      {"json with the query protocol's code", Service::kCloudWatch,
       response(400, R"({"__type":"com.amazonaws.cloudwatch#ThrottlingException","message":"Rate exceeded"})",
                {{"x-amzn-query-error", "Throttling;Sender"}}),
       "Throttling", "Rate exceeded", "", ""},
      {"no code of the query protocol", Service::kCloudWatch,
       response(400, R"({"__type":"a#InvalidNextToken"})", {{"x-amzn-query-error", ";Sender"}}), "InvalidNextToken", "",
       "", ""},
      {"json without object", Service::kLogs, response(503, "Service Unavailable"), "HTTP 503",
       "the answer cannot be read: Service Unavailable", "", ""},
      {"wrong types", Service::kLogs, response(400, R"({"__type":7,"message":["x"]})"), "HTTP 400", "", "", ""},
      {"s3", Service::kS3,
       response(400,
                "<?xml version=\"1.0\"?>\n<Error><Code>AuthorizationHeaderMalformed</Code><Message>a &amp; b</Message>"
                "<Region>eu-west-1</Region><RequestId>q</RequestId></Error>",
                {{"x-amz-request-id", "r-2"}}),
       "AuthorizationHeaderMalformed", "a & b", "r-2", "eu-west-1"},
      {"s3 head", Service::kS3, response(301, "", {{"x-amz-bucket-region", "eu-west-2"}}), "HTTP 301", "", "",
       "eu-west-2"},
      {"query", Service::kIam,
       response(404,
                "<ErrorResponse xmlns=\"x\"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>m</Message>"
                "</Error><RequestId>r-3</RequestId></ErrorResponse>"),
       "NoSuchEntity", "m", "r-3", ""},
      {"dtd", Service::kIam, response(500, "<!DOCTYPE x [<!ENTITY a \"b\">]><Error><Code>&a;</Code></Error>"), "&a;",
       "", "", ""},
      {"broken xml", Service::kS3, response(500, "<Error><Code>InternalError</Code>"), "HTTP 500",
       "the answer cannot be read: <Error><Code>InternalError</Code>", "", ""},
  };
  for (const Case& c : cases) {
    const ErrorResponse response_error = read_error_response(c.service, c.response);
    EXPECT_EQ(response_error.code, c.code) << c.name;
    EXPECT_EQ(response_error.message, c.message) << c.name;
    EXPECT_EQ(response_error.request_id, c.request_id) << c.name;
    EXPECT_EQ(response_error.region, c.region) << c.name;
    EXPECT_EQ(response_error.http_status, c.response.status) << c.name;
  }
}

TEST(ReadFault, ARedirectSaysWhereToAndIsNotFollowed) {
  const http::Response away = response(307, "", {{"Location", "http://evil.example/"}});
  const ErrorClass verdict = classify(Service::kSts, "GetCallerIdentity", read_error_response(Service::kSts, away));
  EXPECT_THAT(verdict.error.message, HasSubstr("a redirect to http://evil.example/, which is not followed"));
  EXPECT_THAT(verdict.error.hint, HasSubstr("endpoint URL"));
  EXPECT_EQ(verdict.retry, Retry::kNo);
  EXPECT_EQ(read_error_response(Service::kS3, response(304, "")).message, "");  // 304 is not a redirect
}

TEST(ReadFault, ALabelAloneMakesNoHtml) {
  const std::vector<http::Header> labelled = {{"Content-Type", "text/html; charset=utf-8"}};
  for (const char* body :
       {"<Error><Code>NoSuchKey</Code></Error>", "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code></Error>"}) {
    const ErrorResponse response_error = read_error_response(Service::kS3, response(404, body, labelled));
    EXPECT_EQ(response_error.code, "NoSuchKey") << body;
    EXPECT_FALSE(is_foreign(response_error)) << body;
  }
  EXPECT_FALSE(is_foreign(read_error_response(Service::kFirehose, response(400, R"({"__type":"X"})", labelled))));
  EXPECT_TRUE(is_foreign(read_error_response(Service::kS3, response(404, "Blocked by your administrator", labelled))));
}

TEST(ReadFault, HtmlOfAProxyIsCalledThat) {
  const ErrorResponse response_error = read_error_response(
      Service::kFirehose, response(502, "<!DOCTYPE HTML><html><head><title>Bad gateway</title></head></html>"));
  EXPECT_EQ(response_error.code, "HTTP 502");
  EXPECT_THAT(response_error.message, HasSubstr("HTML page"));
  EXPECT_THAT(response_error.message, HasSubstr("Bad gateway"));
  EXPECT_THAT(response_error.message, HasSubstr("Firehose"));
}

TEST(ReadFault, LongMessagesAreCutBetweenCharacters) {
  std::string text(496, 'a');
  for (int i = 0; i < 10; ++i) text += "\xc3\xa4";
  const ErrorResponse response_error =
      read_error_response(Service::kLogs, response(400, R"({"message":")" + text + "\"}"));
  EXPECT_EQ(response_error.message, std::string(496, 'a') + "...");
}

TEST(ErrorInSuccess, WhatIsNoAnswerOfTheService) {
  struct Case {
    Service service;
    std::string body;
    bool error;
  };
  const Case cases[] = {
      {Service::kS3, "", false},
      {Service::kS3, "<ListBucketResult/>", false},
      {Service::kS3, "{\"a\": 1}", false},
      {Service::kS3, "<?xml version=\"1.0\"?><Error><Code>InternalError</Code></Error>", true},
      {Service::kS3, "<ListBucketResult><Name>", true},
      {Service::kS3, "<html></html>", true},
      {Service::kIam, "<GetRoleResponse></GetRoleResponse>", false},
      {Service::kIam, "<ErrorResponse/>", true},
      {Service::kSts, "{}", true},
      {Service::kFirehose, "{}", false},
      {Service::kFirehose, "", false},
      {Service::kFirehose, "{\"DeliveryStreamNames\": [", true},
      {Service::kLogs, "{\"__type\": \"InternalFailure\"}", true},
      {Service::kLogs, "{\"events\": [{\"message\": \"{\\\"__type\\\": 1}\"}]}", false},
      {Service::kFirehose, "{\"Tags\": [{\"__type\": \"x\"}]}", false},
      {Service::kLogs, "<html>", true},
  };
  for (const Case& c : cases) EXPECT_EQ(error_in_success(c.service, response(200, c.body)), c.error) << c.body;
  EXPECT_FALSE(error_in_success(Service::kS3, response(404, "<Error/>")));
}

TEST(Judge, CodesMeanWhatTheTableSays) {
  struct Case {
    Service service;
    std::string operation;
    int status;
    std::string code;
    std::string message;
    ErrorKind kind;
    Retry retry;
  };
  const Service firehose = Service::kFirehose;
  const Case cases[] = {
      {firehose, "CreateDeliveryStream", 400, "LimitExceededException", "", ErrorKind::kQuota, Retry::kNo},
      {firehose, "TagDeliveryStream", 400, "LimitExceededException", "", ErrorKind::kThrottled, Retry::kThrottling},
      {Service::kIam, "CreateRole", 409, "LimitExceeded", "", ErrorKind::kQuota, Retry::kNo},
      {Service::kLogs, "CreateLogGroup", 400, "LimitExceededException", "", ErrorKind::kQuota, Retry::kNo},
      {firehose, "CreateDeliveryStream", 400, "ResourceInUseException", "", ErrorKind::kAlreadyExists, Retry::kNo},
      {firehose, "DeleteDeliveryStream", 400, "ResourceInUseException", "", ErrorKind::kInUse, Retry::kNo},
      {Service::kS3, "CreateBucket", 409, "BucketAlreadyExists", "", ErrorKind::kAlreadyExists, Retry::kNo},
      {Service::kS3, "CreateBucket", 409, "OperationAborted", "", ErrorKind::kInUse, Retry::kBusy},
      {Service::kS3, "PutObject", 409, "ConditionalRequestConflict", "", ErrorKind::kConflict, Retry::kTransient},
      {Service::kS3, "PutObject", 412, "PreconditionFailed", "", ErrorKind::kConflict, Retry::kNo},
      {Service::kS3, "GetBucketTagging", 404, "NoSuchTagSet", "", ErrorKind::kNotFound, Retry::kNo},
      {Service::kS3, "HeadBucket", 404, "HTTP 404", "", ErrorKind::kNotFound, Retry::kNo},
      {Service::kS3, "HeadBucket", 403, "HTTP 403", "", ErrorKind::kDenied, Retry::kNo},
      {Service::kS3, "PutObject", 503, "SlowDown", "", ErrorKind::kThrottled, Retry::kThrottling},
      {Service::kS3, "PutObject", 400, "RequestTimeout", "", ErrorKind::kUnavailable, Retry::kTransient},
      {Service::kS3, "PutObject", 403, "RequestTimeTooSkewed", "", ErrorKind::kSkewed, Retry::kSkew},
      {Service::kS3, "PutObject", 501, "NotImplemented", "", ErrorKind::kFailed, Retry::kNo},
      {Service::kS3, "ListObjectVersions", 200, "InternalError", "", ErrorKind::kUnavailable, Retry::kTransient},
      {Service::kS3, "ListObjectVersions", 200, "HTTP 200", "", ErrorKind::kProtocol, Retry::kTransient},
      {firehose, "UpdateDestination", 400, "ConcurrentModificationException", "", ErrorKind::kConflict, Retry::kNo},
      {Service::kIam, "PutRolePolicy", 409, "ConcurrentModification", "", ErrorKind::kInUse, Retry::kBusy},
      {firehose, "ListDeliveryStreams", 400, "ExpiredTokenException", "", ErrorKind::kCredentials, Retry::kNo},
      {Service::kSts, "GetCallerIdentity", 403, "InvalidClientTokenId", "", ErrorKind::kCredentials, Retry::kNo},
      {firehose, "ListDeliveryStreams", 400, "InvalidSignatureException", "Signature expired: 2026", ErrorKind::kSkewed,
       Retry::kSkew},
      {Service::kIam, "GetRole", 403, "SignatureDoesNotMatch", "Signature not yet current: x", ErrorKind::kSkewed,
       Retry::kSkew},
      {firehose, "ListDeliveryStreams", 400, "UnrecognizedClientException", "", ErrorKind::kCredentials, Retry::kNo},
      {Service::kS3, "HeadBucket", 400, "RequestExpired", "", ErrorKind::kSkewed, Retry::kSkew},
      {firehose, "ListDeliveryStreams", 400, "AccessDeniedException", "", ErrorKind::kDenied, Retry::kNo},
      {firehose, "ListDeliveryStreams", 403, "OptInRequired", "", ErrorKind::kDenied, Retry::kNo},
      {firehose, "ListDeliveryStreams", 400, "AccessDeniedException", "Signature expired: 2026", ErrorKind::kDenied,
       Retry::kNo},
      {firehose, "CreateDeliveryStream", 400, "InvalidArgumentException",
       "Firehose is unable to assume role arn:aws:iam::1:role/x. Please check the role provided.",
       ErrorKind::kPropagating, Retry::kNo},
      {firehose, "CreateDeliveryStream", 400, "InvalidArgumentException", "BufferingHints are wrong",
       ErrorKind::kFailed, Retry::kNo},
      {firehose, "DescribeDeliveryStream", 400, "InvalidArgumentException", "unable to assume role", ErrorKind::kFailed,
       Retry::kNo},
      {firehose, "PutRecordBatch", 503, "ServiceUnavailableException", "", ErrorKind::kThrottled, Retry::kThrottling},
      {firehose, "ListDeliveryStreams", 503, "ServiceUnavailableException", "", ErrorKind::kUnavailable,
       Retry::kTransient},
      {firehose, "ListDeliveryStreams", 502, "HTTP 502", "", ErrorKind::kUnavailable, Retry::kTransient},
      {Service::kCloudWatch, "GetMetricData", 400, "Throttling", "", ErrorKind::kThrottled, Retry::kThrottling},
      {Service::kCloudWatch, "GetMetricData", 400, "LimitExceeded", "", ErrorKind::kQuota, Retry::kNo},
      {Service::kCloudWatch, "GetMetricData", 403, "AccessDenied", "", ErrorKind::kDenied, Retry::kNo},
      {Service::kSsm, "GetParameter", 400, "ParameterNotFound", "", ErrorKind::kNotFound, Retry::kNo},
      {Service::kSsm, "PutParameter", 400, "TooManyUpdates", "", ErrorKind::kInUse, Retry::kTransient},
      {Service::kSsm, "PutParameter", 400, "ParameterLimitExceeded", "", ErrorKind::kQuota, Retry::kNo},
      {Service::kLogs, "X", 401, "Unheard", "", ErrorKind::kCredentials, Retry::kNo},
      {Service::kLogs, "X", 409, "Unheard", "", ErrorKind::kConflict, Retry::kNo},
      {Service::kLogs, "X", 412, "Unheard", "", ErrorKind::kConflict, Retry::kNo},
      {Service::kLogs, "X", 429, "Unheard", "", ErrorKind::kThrottled, Retry::kThrottling},
      {Service::kLogs, "X", 500, "Unheard", "", ErrorKind::kUnavailable, Retry::kTransient},
      {Service::kLogs, "X", 503, "Unheard", "", ErrorKind::kUnavailable, Retry::kTransient},
      {Service::kLogs, "X", 504, "Unheard", "", ErrorKind::kUnavailable, Retry::kTransient},
      {Service::kLogs, "X", 400, "ValidationException", "", ErrorKind::kFailed, Retry::kNo},
  };
  for (const Case& c : cases) {
    const ErrorResponse error{.code = c.code, .message = c.message, .request_id = "r", .http_status = c.status};
    const ErrorClass verdict = classify(c.service, c.operation, error);
    EXPECT_EQ(verdict.error.kind, c.kind) << c.operation << " " << c.code << ": " << kind_name(verdict.error.kind);
    EXPECT_EQ(verdict.retry, c.retry) << c.operation << " " << c.code;
    EXPECT_EQ(verdict.error.request_id, "r");
    EXPECT_EQ(verdict.error.http_status, c.status);
  }
}

TEST(Judge, AnotherOperationOnTheResourceIsWaitedFor) {
  struct Case {
    Service service;
    const char* operation;
    const char* code;
  };
  const Case cases[] = {{Service::kFirehose, "TagDeliveryStream", "ResourceInUseException"},
                        {Service::kFirehose, "UntagDeliveryStream", "ResourceInUseException"},
                        {Service::kIam, "PutRolePolicy", "EntityTemporarilyUnmodifiable"},
                        {Service::kIam, "PutRolePolicy", "ConcurrentModificationException"},
                        {Service::kLogs, "DeleteLogGroup", "OperationAbortedException"}};
  for (const Case& c : cases) {
    const ErrorResponse busy{.code = c.code, .message = "", .request_id = "", .region = "", .http_status = 409};
    const ErrorClass verdict = classify(c.service, c.operation, busy);
    EXPECT_EQ(verdict.error.kind, ErrorKind::kInUse) << c.operation;
    EXPECT_EQ(verdict.retry, Retry::kBusy) << c.operation;
  }
}

TEST(Judge, EveryLastingErrorHasAHint) {
  const auto hint = [](Service service, const char* operation, const char* code, int status) {
    return classify(service, operation,
                    {.code = code, .message = "", .request_id = "", .region = "", .http_status = status})
        .error.hint;
  };
  EXPECT_THAT(hint(Service::kS3, "CreateBucket", "OperationAborted", 409), HasSubstr("--bucket"));
  EXPECT_THAT(hint(Service::kS3, "PutBucketTagging", "OperationAborted", 409), HasSubstr("in some minutes"));
  EXPECT_THAT(hint(Service::kIam, "DeleteRole", "DeleteConflict", 409), HasSubstr("list-attached-role-policies"));
  EXPECT_THAT(hint(Service::kS3, "DeleteBucket", "BucketNotEmpty", 409), HasSubstr("--empty-bucket"));
  EXPECT_THAT(hint(Service::kS3, "PutObject", "PreconditionFailed", 412), HasSubstr("run the same command again"));
  EXPECT_THAT(hint(Service::kIam, "PutRolePolicy", "NoSuchEntity", 404), HasSubstr("`fhctl up`"));
  EXPECT_THAT(hint(Service::kFirehose, "CreateDeliveryStream", "InvalidArgumentException", 400),
              HasSubstr("correct the flag or setting"));
  EXPECT_THAT(hint(Service::kS3, "PutObject", "NotImplemented", 501), HasSubstr("endpoint URL"));
}

TEST(Judge, PagesOfOthersSayNothingAboutOurResources) {
  for (const int status : {200, 403, 404, 407}) {
    const ErrorResponse response_error =
        read_error_response(Service::kS3, response(status, "<html><title>Blocked</title></html>"));
    EXPECT_TRUE(is_foreign(response_error)) << status;
    const ErrorClass verdict = classify(Service::kS3, "HeadBucket", response_error);
    EXPECT_EQ(verdict.error.kind, ErrorKind::kProtocol) << status;
    EXPECT_THAT(verdict.error.hint, HasSubstr("HTTPS_PROXY"));
  }
  EXPECT_FALSE(is_foreign(read_error_response(Service::kS3, response(404, ""))));
}

TEST(Judge, MessagesReadWell) {
  const ErrorClass coded = classify(
      Service::kFirehose, "X",
      {.code = "ThrottlingException", .message = "Rate exceeded", .request_id = "", .region = "", .http_status = 400});
  EXPECT_EQ(coded.error.message, "AWS said ThrottlingException: Rate exceeded");
  EXPECT_EQ(coded.error.aws_code, "ThrottlingException");
  const ErrorClass bare =
      classify(Service::kS3, "HeadBucket",
               {.code = "HTTP 403", .message = "", .request_id = "", .region = "", .http_status = 403});
  EXPECT_EQ(bare.error.message, "AWS answered HTTP 403 without saying why");
  EXPECT_EQ(bare.error.aws_code, "");
  EXPECT_THAT(bare.error.hint, HasSubstr("fhctl doctor --print-policy operator"));
}

TEST(IamPropagation, KnownTextsAndTheOpenTail) {
  for (const char* text : {
           "Firehose is unable to assume role arn:aws:iam::1:role/x. Please check the role provided.",
           "Role x is not authorized to perform: glue:GetTable",
           "Access was denied. Check the role.",
           "Verify that the IAM role has access to the bucket",
           "Please make sure the role specified in VpcConfiguration has permissions",
           "The security token included in the request is invalid. Ensure that the provided IAM role associated with "
           "firehose is not deleted.",
           "The IAM role cannot be assumed yet",
       }) {
    EXPECT_TRUE(is_iam_propagation_message(text)) << text;
  }
  for (const char* text :
       {"", "Prefix is too long", "1 validation error detected: Value at 'roleARN' failed to match"}) {
    EXPECT_FALSE(is_iam_propagation_message(text)) << text;
  }
}

}  // namespace
}  // namespace error_response_test
}  // namespace fhctl::aws
