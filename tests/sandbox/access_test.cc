#include "sandbox/access/access.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "sandbox/access/requirements.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/s3/s3_state.h"

namespace fhctl::sandbox {
namespace access_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kCaller = "arn:aws:iam::123456789012:user/sandbox";

class Access : public ::testing::Test {
 protected:
  http::Request json(const std::string& target, const std::string& body) {
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.headers.set("X-Amz-Target", target);
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.body = body;
    return request;
  }
  http::Request firehose(const std::string& operation, const std::string& body) {
    return json("Firehose_20150804." + operation, body);
  }
  http::Request iam(const std::string& form) {
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.headers.set("Content-Type", "application/x-www-form-urlencoded");
    request.body = form + "&Version=2010-05-08";
    return request;
  }
  http::Request s3(const std::string& method, const std::string& target, const std::string& body = "") {
    http::Request request;
    request.method = method;
    request.host = "127.0.0.1";
    request.path = target.substr(0, target.find('?'));
    request.query = contains(target, "?") ? target.substr(target.find('?') + 1) : "";
    request.headers.set("Host", "127.0.0.1:4580");
    request.body = body;
    return request;
  }

  // "firehose:CreateDeliveryStream on ARN", one for each requirement.
  std::vector<std::string> needs(const http::Request& request) {
    std::vector<std::string> all;
    const Incoming incoming{request, "us-west-2", kCaller};
    for (const Requirement& each : requirements_of(world, incoming, route_of(request))) {
      all.push_back(each.action + " on " + each.resource);
    }
    return all;
  }
  // The body of the refusal; empty: the request is allowed.
  std::string refusal(const http::Request& request) {
    const Incoming incoming{request, "us-west-2", kCaller};
    const std::optional<http::Response> refused = refuse_caller(world, incoming, route_of(request));
    return refused ? std::to_string(refused->status) + " " + refused->body : "";
  }
  // "firehose:CreateDeliveryStream": the action in the refusal.
  std::string refused_action(const http::Request& request) {
    const std::string text = refusal(request);
    const std::size_t at = text.find("perform: ");
    return at == std::string::npos ? text : text.substr(at + 9, text.find(' ', at + 9) - at - 9);
  }
  void policy(const std::string& statements, const std::string& kind = "identity") {
    world.options.caller_policies[kind] = R"({"Version":"2012-10-17","Statement":[)" + statements + "]}";
    ASSERT_EQ(caller_policy_problem(kind, world.options.caller_policies[kind]), std::nullopt);
  }
  Stream& stream(const std::string& name, const std::string& pipeline) {
    Stream& made = world.firehose->streams[{"us-west-2", name}];
    made.name = name;
    made.created_at = world.now;
    made.tags = {{"fhctl:pipeline", pipeline}};
    return made;
  }

  CloudState world{Options{}};
};

TEST_F(Access, WhatEachOperationNeeds) {
  const std::string arn = "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-1";
  EXPECT_THAT(needs(firehose("CreateDeliveryStream",
                             R"({"DeliveryStreamName":"logs-1","Tags":[{"Key":"k","Value":"v"}],
                                 "ExtendedS3DestinationConfiguration":{"RoleARN":"arn:r"}})")),
              ElementsAre("firehose:CreateDeliveryStream on " + arn, "firehose:TagDeliveryStream on " + arn,
                          "iam:PassRole on arn:r"));
  EXPECT_THAT(needs(firehose("CreateDeliveryStream", R"({"DeliveryStreamName":"logs-1"})")),
              ElementsAre("firehose:CreateDeliveryStream on " + arn));
  EXPECT_THAT(
      needs(firehose("UpdateDestination", R"({"DeliveryStreamName":"logs-1","ExtendedS3DestinationUpdate":{}})")),
      ElementsAre("firehose:UpdateDestination on " + arn));
  EXPECT_THAT(needs(firehose("ListDeliveryStreams", "{}")), ElementsAre("firehose:ListDeliveryStreams on *"));
  const std::string group = "arn:aws:logs:us-west-2:123456789012:log-group:/g:log-stream:";
  EXPECT_THAT(needs(json("Logs_20140328.CreateLogGroup", R"({"logGroupName":"/g","tags":{"k":"v"}})")),
              ElementsAre("logs:CreateLogGroup on " + group, "logs:TagResource on " + group));
  EXPECT_THAT(needs(json("Logs_20140328.CreateLogStream", R"({"logGroupName":"/g","logStreamName":"s"})")),
              ElementsAre("logs:CreateLogStream on " + group + "s"));
  EXPECT_THAT(needs(json("Logs_20140328.ListTagsForResource", R"({"resourceArn":"arn:g"})")),
              ElementsAre("logs:ListTagsForResource on arn:g"));
  EXPECT_THAT(needs(json("AmazonSSM.GetParameter", R"({"Name":"/p"})")),
              ElementsAre("ssm:GetParameter on arn:aws:ssm:us-west-2:123456789012:parameter/p"));
  EXPECT_THAT(needs(iam("Action=CreateRole&RoleName=r&Path=%2Fp%2F&Tags.member.1.Key=k&Tags.member.1.Value=v")),
              ElementsAre("iam:CreateRole on arn:aws:iam::123456789012:role/p/r",
                          "iam:TagRole on arn:aws:iam::123456789012:role/p/r"));
  http::Request identity = iam("Action=GetCallerIdentity");
  identity.body = "Action=GetCallerIdentity&Version=2011-06-15";
  EXPECT_THAT(needs(identity), IsEmpty());
}

// A role that does not exist has no path.
TEST_F(Access, ARoleIsJudgedByItsOwnArn) {
  EXPECT_THAT(needs(iam("Action=GetRole&RoleName=R")), ElementsAre("iam:GetRole on arn:aws:iam::123456789012:role/R"));
  Role& role = world.iam->roles["r"];
  role.name = "r";
  role.arn = "arn:aws:iam::123456789012:role/team/r";
  EXPECT_THAT(needs(iam("Action=GetRole&RoleName=R")), ElementsAre("iam:GetRole on " + role.arn));
}

TEST_F(Access, WhatS3Needs) {
  EXPECT_THAT(needs(s3("GET", "/")), ElementsAre("s3:ListAllMyBuckets on *"));
  EXPECT_THAT(needs(s3("HEAD", "/b")), ElementsAre("s3:ListBucket on arn:aws:s3:::b"));
  EXPECT_THAT(needs(s3("PUT", "/b",
                       "<CreateBucketConfiguration><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags>"
                       "</CreateBucketConfiguration>")),
              ElementsAre("s3:CreateBucket on arn:aws:s3:::b", "s3:TagResource on arn:aws:s3:::b"));
  EXPECT_THAT(needs(s3("GET", "/b?versions")), ElementsAre("s3:ListBucketVersions on arn:aws:s3:::b"));
  EXPECT_THAT(needs(s3("GET", "/b/k")), ElementsAre("s3:GetObject on arn:aws:s3:::b/k")) << "no such bucket";
  Bucket& bucket = world.s3->buckets["b"];
  bucket.name = "b";
  bucket.region = "us-west-2";
  EXPECT_THAT(needs(s3("GET", "/b/k")),
              ElementsAre("s3:GetObject on arn:aws:s3:::b/k", "s3:ListBucket on arn:aws:s3:::b"));
  bucket.objects["k"] = {ObjectVersion{}};
  EXPECT_THAT(needs(s3("GET", "/b/k")), ElementsAre("s3:GetObject on arn:aws:s3:::b/k"));
  EXPECT_THAT(needs(s3("GET", "/b/k?versionId=null")), ElementsAre("s3:GetObjectVersion on arn:aws:s3:::b/k"));
  EXPECT_THAT(needs(s3("DELETE", "/b/k?versionId=null")), ElementsAre("s3:DeleteObjectVersion on arn:aws:s3:::b/k"));
  EXPECT_THAT(needs(s3("POST", "/b?delete")), IsEmpty()) << "its objects are judged one by one";
  bucket.encryption = {"aws:kms", "1234", false};
  EXPECT_THAT(needs(s3("GET", "/b/k")), ElementsAre("s3:GetObject on arn:aws:s3:::b/k",
                                                    "kms:Decrypt on arn:aws:kms:us-west-2:123456789012:key/1234"));
  http::Request put = s3("PUT", "/b/k");
  put.headers.set("If-Match", "\"e\"");
  EXPECT_THAT(needs(put), ElementsAre("s3:PutObject on arn:aws:s3:::b/k", "s3:GetObject on arn:aws:s3:::b/k",
                                      "kms:GenerateDataKey on arn:aws:kms:us-west-2:123456789012:key/1234"));
  put.headers.set("x-amz-server-side-encryption", "AES256");
  EXPECT_THAT(needs(put), ElementsAre("s3:PutObject on arn:aws:s3:::b/k", "s3:GetObject on arn:aws:s3:::b/k"));
}

TEST_F(Access, WithoutAPolicyEverythingIsAllowedAndWithOneOnlyWhatItAllows) {
  EXPECT_EQ(refusal(firehose("ListDeliveryStreams", "{}")), "");
  policy(R"({"Effect":"Allow","Action":"firehose:List*","Resource":"*"})");
  EXPECT_EQ(refusal(firehose("ListDeliveryStreams", "{}")), "");
  EXPECT_THAT(refusal(firehose("DeleteDeliveryStream", R"({"DeliveryStreamName":"a"})")),
              HasSubstr("User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: "
                        "firehose:DeleteDeliveryStream on resource: "
                        "arn:aws:firehose:us-west-2:123456789012:deliverystream/a because no identity-based policy "
                        "allows the firehose:DeleteDeliveryStream action"));
  EXPECT_THAT(refusal(firehose("InventedOperation", "{}")), HasSubstr("firehose:InventedOperation because no"));
  EXPECT_THAT(refusal(iam("Action=GetRole&RoleName=r")), HasSubstr("iam:GetRole on resource: role r because"));
  EXPECT_THAT(refusal(s3("GET", "/b/k")), HasSubstr("403 "));
  EXPECT_THAT(refusal(s3("GET", "/b/k")), HasSubstr("s3:GetObject on resource: \"arn:aws:s3:::b/k\" because"));
  EXPECT_EQ(refusal(s3("HEAD", "/b")), "403 ") << "an answer to HEAD has no body";
}

TEST_F(Access, EveryKindOfPolicyMustAllowAndAnyMayDeny) {
  policy(R"({"Effect":"Allow","Action":"*","Resource":"*"})");
  const http::Request list = firehose("ListDeliveryStreams", "{}");
  const std::pair<const char*, const char*> kinds[] = {
      {"boundary", "a permissions boundary"}, {"session", "a session policy"},
      {"scp", "a service control policy"},    {"rcp", "a resource control policy"},
      {"endpoint", "a VPC endpoint policy"},  {"resource", "a resource-based policy"},
  };
  for (const auto& [kind, title] : kinds) {
    policy(R"({"Effect":"Allow","Action":"s3:*","Resource":"*"})", kind);
    if (kind != std::string_view("resource")) {
      EXPECT_THAT(refusal(list), HasSubstr("because no " + std::string(title).substr(2) + " allows")) << kind;
    } else {
      EXPECT_EQ(refusal(list), "");
    }
    policy(R"({"Effect":"Deny","Action":"firehose:*","Resource":"*"})", kind);
    EXPECT_THAT(refusal(list), HasSubstr("with an explicit deny in " + std::string(title))) << kind;
    world.options.caller_policies.erase(kind);
  }
  EXPECT_TRUE(caller_policy_problem("other", "{}"));
  EXPECT_TRUE(caller_policy_problem("identity", "{"));
}

TEST_F(Access, ConditionsSeeTheRequestAndTheResource) {
  stream("logs-1", "logs");
  stream("logs-prod-1", "logs-prod");
  policy(R"({"Effect":"Allow","Action":"firehose:*","Resource":"*",
             "Condition":{"StringEquals":{"aws:ResourceTag/fhctl:pipeline":"logs"}}},
            {"Effect":"Allow","Action":"firehose:CreateDeliveryStream","Resource":"*",
             "Condition":{"StringEquals":{"aws:RequestTag/fhctl:pipeline":"logs"},
                          "ForAllValues:StringLike":{"aws:TagKeys":"fhctl:*"}}},
            {"Effect":"Allow","Action":"iam:PassRole","Resource":"*",
             "Condition":{"StringEquals":{"iam:PassedToService":"firehose.amazonaws.com"}}})");
  const auto put = [&](const std::string& name) {
    return refusal(firehose("PutRecordBatch", R"({"DeliveryStreamName":")" + name + R"(","Records":[]})"));
  };
  EXPECT_EQ(put("logs-1"), "");
  EXPECT_THAT(put("logs-prod-1"), HasSubstr("firehose:PutRecordBatch"));
  EXPECT_THAT(put("logs-9"), HasSubstr("firehose:PutRecordBatch")) << "it does not exist and has no tags";
  const auto create = [&](const std::string& tags) {
    return refused_action(firehose("CreateDeliveryStream", R"({"DeliveryStreamName":"logs-2","Tags":[)" + tags +
                                                               R"(],"ExtendedS3DestinationConfiguration":
                                                                       {"RoleARN":"arn:r"}})"));
  };
  EXPECT_EQ(create(R"({"Key":"fhctl:pipeline","Value":"logs"})"), "firehose:TagDeliveryStream");
  EXPECT_EQ(create(R"({"Key":"fhctl:pipeline","Value":"other"})"), "firehose:CreateDeliveryStream");
  EXPECT_EQ(create(R"({"Key":"fhctl:pipeline","Value":"logs"},{"Key":"team","Value":"a"})"),
            "firehose:CreateDeliveryStream");
}

TEST_F(Access, TagsOfANewStreamAreSeenLate) {
  world.options.tag_delay = std::chrono::seconds(10);
  stream("logs-1", "logs");
  policy(R"({"Effect":"Allow","Action":"firehose:*","Resource":"*",
             "Condition":{"StringEquals":{"aws:ResourceTag/fhctl:pipeline":"logs"}}})");
  const http::Request describe = firehose("DescribeDeliveryStream", R"({"DeliveryStreamName":"logs-1"})");
  EXPECT_NE(refusal(describe), "");
  world.now += std::chrono::seconds(10);
  EXPECT_EQ(refusal(describe), "");
}

TEST_F(Access, TheBoundaryOfTheRoleOrOfTheRequestCounts) {
  Role& role = world.iam->roles["r"];
  role.name = "r";
  role.arn = "arn:aws:iam::123456789012:role/r";
  policy(R"({"Effect":"Allow","Action":"iam:*","Resource":"*",
             "Condition":{"StringEquals":{"iam:PermissionsBoundary":"arn:b"}}})");
  EXPECT_NE(refusal(iam("Action=PutRolePolicy&RoleName=r&PolicyName=p")), "");
  EXPECT_EQ(refusal(iam("Action=PutRolePermissionsBoundary&RoleName=r&PermissionsBoundary=arn%3Ab")), "");
  EXPECT_NE(refusal(iam("Action=PutRolePermissionsBoundary&RoleName=r&PermissionsBoundary=arn%3Ac")), "");
  EXPECT_EQ(refusal(iam("Action=CreateRole&RoleName=n&PermissionsBoundary=arn%3Ab")), "");
  EXPECT_NE(refusal(iam("Action=CreateRole&RoleName=n")), "");
  role.boundary_arn = "arn:b";
  EXPECT_EQ(refusal(iam("Action=PutRolePolicy&RoleName=r&PolicyName=p")), "");
}

TEST_F(Access, TheAccountOfTheBucketCounts) {
  Bucket& bucket = world.s3->buckets["b"];
  bucket.name = "b";
  bucket.region = "us-west-2";
  const std::string statement = R"({"Effect":"Allow","Action":"s3:*","Resource":"*","Condition":{")";
  policy(statement + R"(StringEquals":{"aws:ResourceAccount":"123456789012"}}})");
  EXPECT_EQ(refusal(s3("HEAD", "/b")), "");
  EXPECT_NE(refusal(s3("HEAD", "/absent")), "");
  policy(statement + R"(StringEqualsIfExists":{"aws:ResourceAccount":"123456789012"}}})");
  EXPECT_EQ(refusal(s3("HEAD", "/absent")), "");
  EXPECT_NE(refusal(s3("HEAD", "/taken-b")), "");
  bucket.region = "eu-west-1";
  policy(R"({"Effect":"Allow","Action":"iam:*","Resource":"*"})");
  EXPECT_EQ(refusal(s3("HEAD", "/b")), "") << "S3 redirects before it judges";
}

TEST_F(Access, ALogGroupWithTagsIsRefusedInItsOwnWords) {
  policy(R"({"Effect":"Allow","Action":"logs:*","Resource":"arn:aws:logs:us-west-2:123456789012:log-group:/g:*"},
            {"Effect":"Deny","Action":"logs:TagResource","Resource":"*"})");
  EXPECT_EQ(refusal(json("Logs_20140328.CreateLogGroup", R"({"logGroupName":"/g"})")), "");
  EXPECT_THAT(refusal(json("Logs_20140328.CreateLogGroup", R"({"logGroupName":"/g","tags":{"k":"v"}})")),
              HasSubstr("User with accountId: 123456789012 is not authorized to perform CreateLogGroup with Tags. An "
                        "additional permission \\\"logs:TagResource\\\" is required."));
}

TEST_F(Access, ObjectsOfADeleteAreJudgedOneByOne) {
  const http::Request request = s3("POST", "/b?delete");
  const Incoming incoming{request, "us-west-2", kCaller};
  EXPECT_FALSE(judge_of(world, incoming));
  policy(R"({"Effect":"Allow","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::b/a*"})");
  const auto judge = judge_of(world, incoming);
  ASSERT_TRUE(judge);
  EXPECT_EQ(judge("s3:DeleteObject", "arn:aws:s3:::b/a1"), std::nullopt);
  EXPECT_THAT(judge("s3:DeleteObject", "arn:aws:s3:::b/b1").value_or(""),
              HasSubstr("s3:DeleteObject on resource: \"arn:aws:s3:::b/b1\" because no identity-based policy allows"));
}

}  // namespace
}  // namespace access_test
}  // namespace fhctl::sandbox
