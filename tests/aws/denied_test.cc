#include "core/aws/denied.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/aws/error_codes.h"
#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace denied_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kStream = "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-1";
const std::string kUser = "User: arn:aws:iam::123456789012:user/dev is not authorized to perform: ";

TEST(Denial, IsReadFromAwsWords) {
  struct Row {
    Service service;
    const char* operation;
    std::string message;
    DeniedBy by;
    bool is_explicit;
    std::string action;
    std::string resource;
  };
  const Row rows[] = {
      {Service::kFirehose, "CreateDeliveryStream",
       kUser + "firehose:TagDeliveryStream on resource: " + kStream +
           " because no identity-based policy allows the firehose:TagDeliveryStream action",
       DeniedBy::kIdentityPolicy, false, "firehose:TagDeliveryStream", kStream},
      {Service::kFirehose, "CreateDeliveryStream",
       kUser + "iam:PassRole on resource: arn:aws:iam::123456789012:role/r with an explicit deny in an identity-based "
               "policy",
       DeniedBy::kIdentityPolicy, true, "iam:PassRole", "arn:aws:iam::123456789012:role/r"},
      {Service::kS3, "PutObject",
       kUser + "s3:PutObject on resource: \"arn:aws:s3:::b/a key\" with an explicit deny in a resource-based policy",
       DeniedBy::kResourcePolicy, true, "s3:PutObject", "arn:aws:s3:::b/a key"},
      {Service::kS3, "GetObject",
       kUser + "kms:Decrypt on resource: arn:aws:kms:us-west-2:1:key/k because no resource-based policy allows the "
               "kms:Decrypt action",
       DeniedBy::kResourcePolicy, false, "kms:Decrypt", "arn:aws:kms:us-west-2:1:key/k"},
      {Service::kIam, "GetRole",
       kUser + "iam:GetRole on resource: role logs because no permissions boundary allows the iam:GetRole action",
       DeniedBy::kPermissionsBoundary, false, "iam:GetRole", ""},
      {Service::kS3, "CreateBucket",
       kUser + "s3:CreateBucket on resource: \"arn:aws:s3:::b\" with an explicit deny in a service control policy",
       DeniedBy::kServiceControlPolicy, true, "s3:CreateBucket", "arn:aws:s3:::b"},
      {Service::kS3, "GetObject",
       kUser + "s3:GetObject on resource: \"arn:aws:s3:::b/k\" with an explicit deny in a resource control policy",
       DeniedBy::kResourceControlPolicy, true, "s3:GetObject", "arn:aws:s3:::b/k"},
      {Service::kSsm, "GetParameter",
       kUser + "ssm:GetParameter on resource: arn:aws:ssm:us-west-2:1:parameter/p because no session policy allows the "
               "ssm:GetParameter action",
       DeniedBy::kSessionPolicy, false, "ssm:GetParameter", "arn:aws:ssm:us-west-2:1:parameter/p"},
      {Service::kLogs, "GetLogEvents",
       kUser +
           "logs:GetLogEvents on resource: arn:aws:logs:us-west-2:1:log-group:g:log-stream:s because no VPC endpoint "
           "policy allows the logs:GetLogEvents action",
       DeniedBy::kEndpointPolicy, false, "logs:GetLogEvents", "arn:aws:logs:us-west-2:1:log-group:g:log-stream:s"},
      {Service::kCloudWatch, "GetMetricData",
       kUser + "cloudwatch:GetMetricData because no identity-based policy allows the cloudwatch:GetMetricData action",
       DeniedBy::kIdentityPolicy, false, "cloudwatch:GetMetricData", "*"},
      {Service::kLogs, "CreateLogGroup",
       "User with accountId: 123456789012 is not authorized to perform CreateLogGroup with Tags. An additional "
       "permission \"logs:TagResource\" is required.",
       DeniedBy::kIdentityPolicy, false, "logs:TagResource", ""},
      {Service::kS3, "HeadBucket", "", DeniedBy::kUnknown, false, "s3:ListBucket", ""},
      {Service::kS3, "GetBucketEncryption", "Access Denied", DeniedBy::kUnknown, false, "s3:GetEncryptionConfiguration",
       ""},
      {Service::kS3, "ListBuckets", "Access Denied", DeniedBy::kUnknown, false, "s3:ListAllMyBuckets", "*"},
      {Service::kFirehose, "PutRecordBatch", kUser + "firehose:PutRecordBatch on resource: arn:aws:fireho...",
       DeniedBy::kUnknown, false, "firehose:PutRecordBatch", ""},
  };
  for (const Row& row : rows) {
    const Denial denial = read_denial(row.service, row.operation, row.message);
    EXPECT_EQ(denial.by, row.by) << row.message;
    EXPECT_EQ(denial.is_explicit, row.is_explicit) << row.message;
    EXPECT_EQ(denial.action, row.action) << row.message;
    EXPECT_EQ(denial.resource, row.resource) << row.message;
  }
}

TEST(Denial, NothingInAMessageBreaksTheReading) {
  for (const char* message : {"not authorized to perform: ", "not authorized to perform: x on resource: ",
                              "on resource: \"", "additional permission \"\"", "not authorized to perform: a:b\nc"}) {
    const Denial denial = read_denial(Service::kS3, "PutObject", message);
    EXPECT_FALSE(denial.action.empty()) << message;
    EXPECT_FALSE(denial_hint(denial).empty()) << message;
  }
}

// Only an identity policy that lacks an Allow is completed by a statement in it.
TEST(Denial, OtherPoliciesAreNotBlamedOnTheIdentity) {
  Denial denial{DeniedBy::kIdentityPolicy, false, "s3:PutObject", "arn:aws:s3:::b/k"};
  EXPECT_THAT(denial_hint(denial),
              HasSubstr(R"({"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::b/k"})"));
  EXPECT_THAT(denial_hint(denial), HasSubstr("Is the policy of this version attached? `fhctl doctor --print-policy"));
  denial.is_explicit = true;
  EXPECT_THAT(denial_hint(denial), Not(HasSubstr("\"Effect\":\"Allow\"")));
  const std::pair<DeniedBy, const char*> others[] = {
      {DeniedBy::kResourcePolicy, "policy of the resource"},
      {DeniedBy::kPermissionsBoundary, "permissions boundary"},
      {DeniedBy::kServiceControlPolicy, "service control policy"},
      {DeniedBy::kResourceControlPolicy, "resource control policy"},
      {DeniedBy::kSessionPolicy, "session policy"},
      {DeniedBy::kEndpointPolicy, "VPC endpoint"},
  };
  for (const auto& [by, phrase] : others) {
    for (const bool is_explicit : {false, true}) {
      const std::string hint = denial_hint({by, is_explicit, "s3:PutObject", "arn:aws:s3:::b/k"});
      EXPECT_THAT(hint, HasSubstr(phrase));
      EXPECT_THAT(hint, HasSubstr("s3:PutObject on arn:aws:s3:::b/k"));
      EXPECT_THAT(hint, HasSubstr("not a policy of this identity"));
      EXPECT_THAT(hint, Not(HasSubstr("--print-policy"))) << hint;
    }
  }
  EXPECT_THAT(denial_hint({DeniedBy::kUnknown, false, "s3:ListBucket", "arn:aws:s3:::b"}),
              HasSubstr("AWS does not say which policy"));
}

TEST(Denial, TheStatementIsOneLineOfJson) {
  const std::string statement =
      allow_statement({DeniedBy::kIdentityPolicy, false, "s3:PutObject", "arn:aws:s3:::b/a \"key\"\n"});
  EXPECT_THAT(statement, Not(HasSubstr("\n")));
  const Result<Json> parsed = parse_json(statement, "statement");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(get_string(*parsed, "Resource"), "arn:aws:s3:::b/a \"key\"\n");
  // A log group is named with an empty stream, which no policy would.
  EXPECT_THAT(allow_statement({DeniedBy::kIdentityPolicy, false, "logs:CreateLogGroup",
                               "arn:aws:logs:us-west-2:1:log-group:g:log-stream:"}),
              HasSubstr("\"arn:aws:logs:us-west-2:1:log-group:g:*\""));
}

Call call_of(Service service, const char* operation, const std::string& body) {
  Call call{.service = service, .operation = operation, .request = {}, .bucket = {}};
  call.request.body = body;
  return call;
}

TEST(Denial, TheResourceOfACall) {
  const auto of = [](const Call& call) { return resource_of(call, "us-west-2", "123456789012"); };
  EXPECT_EQ(of(call_of(Service::kFirehose, "PutRecordBatch", R"({"DeliveryStreamName": "logs-1"})")), kStream);
  EXPECT_EQ(of(call_of(Service::kFirehose, "ListDeliveryStreams", "{}")), "*");
  EXPECT_EQ(of(call_of(Service::kLogs, "CreateLogGroup", R"({"logGroupName": "/g"})")),
            "arn:aws:logs:us-west-2:123456789012:log-group:/g:*");
  EXPECT_EQ(of(call_of(Service::kLogs, "TagResource", R"({"resourceArn": "arn:x"})")), "arn:x");
  EXPECT_EQ(of(call_of(Service::kIam, "CreateRole", "Action=CreateRole&RoleName=r%2B1&Path=%2Fp%2F")),
            "arn:aws:iam::123456789012:role/p/r+1");
  EXPECT_EQ(of(call_of(Service::kIam, "GetRole", "Action=GetRole&RoleName=r")), "arn:aws:iam::123456789012:role/r");
  EXPECT_EQ(of(call_of(Service::kSsm, "GetParameter", R"({"Name": "/p/q"})")),
            "arn:aws:ssm:us-west-2:123456789012:parameter/p/q");
  Call object = call_of(Service::kS3, "GetObject", "");
  object.bucket = "b";
  object.request.path = "/a%20key/x";
  EXPECT_EQ(of(object), "arn:aws:s3:::b/a key/x");
  object.request.path = "/";
  EXPECT_EQ(of(object), "arn:aws:s3:::b");
  EXPECT_EQ(resource_of(object, "cn-north-1", ""), "arn:aws-cn:s3:::b");
  EXPECT_EQ(resource_of(call_of(Service::kFirehose, "PutRecord", R"({"DeliveryStreamName": "a"})"), "us-west-2", ""),
            "");
  EXPECT_EQ(of(call_of(Service::kFirehose, "PutRecord", "{")), "");
}

TEST(Denial, WhatAwsDoesNotNameIsCompletedFromTheCall) {
  Call call = call_of(Service::kS3, "HeadBucket", "");
  call.bucket = "b";
  call.request.path = "/";
  Error error = make_error(ErrorKind::kDenied, "AWS answered HTTP 403 without saying why", "");
  explain_denial(error, call, "", "us-west-2", "123456789012");
  EXPECT_THAT(error.hint, HasSubstr("It needs s3:ListBucket on arn:aws:s3:::b"));
  // The tags of a create: another action of the same service, on the same group.
  call = call_of(Service::kLogs, "CreateLogGroup", R"({"logGroupName": "/g"})");
  explain_denial(error, call, "An additional permission \"logs:TagResource\" is required.", "us-west-2",
                 "123456789012");
  EXPECT_THAT(error.hint, HasSubstr(R"("Action":"logs:TagResource","Resource":"arn:aws:logs:us-west-2:123456789012:)"
                                    R"(log-group:/g:*")"));
}

TEST(Denial, AnAccountThatIsNotEnabledIsNoMatterOfPolicies) {
  const ErrorClass verdict = classify(Service::kFirehose, "ListDeliveryStreams",
                                      {.code = "OptInRequired", .message = "not subscribed", .http_status = 403});
  EXPECT_EQ(verdict.error.kind, ErrorKind::kDenied);
  EXPECT_THAT(verdict.error.hint, Not(HasSubstr("policy of this identity")));
  EXPECT_TRUE(is_policy_denial("AccessDeniedException"));
  EXPECT_TRUE(is_policy_denial(""));
  EXPECT_FALSE(is_policy_denial("RegionDisabledException"));
}

}  // namespace
}  // namespace denied_test
}  // namespace fhctl::aws
