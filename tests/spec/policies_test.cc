#include "core/spec/policies.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::pipeline {
namespace policies_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const PolicyScope kScope = {"aws", "us-west-2", "123456789012"};

Spec example() {
  Spec spec;
  spec.name = "logs";
  spec.bucket = "logs-bucket";
  spec.role = "logs-role";
  spec.role_path = "/team/";
  spec.log_group = "/aws/kinesisfirehose/logs";
  return spec;
}

Json statement(const std::string& policy, const std::string& sid) {
  const Json parsed = Json::parse(policy);
  for (const Json& each : parsed["Statement"]) {
    if (each.value("Sid", "") == sid) return each;
  }
  return nullptr;
}

TEST(Policies, NameAnExistingRoleByTheArnThatIsGiven) {
  Spec spec = example();
  spec.existing_role = "arn:aws:iam::123456789012:role/service-role/team";
  EXPECT_EQ(statement(operator_policy(spec, kScope), "PassRole")["Resource"], spec.existing_role);
}

TEST(Policies, NoPlaceStaysUnfilled) {
  Spec spec = example();
  spec.kms_key = "arn:aws:kms:us-west-2:123456789012:key/1";
  for (Trust trust : {Trust::kNone, Trust::kExternalId, Trust::kSourceAccount}) {
    spec.trust = trust;
    for (const std::string& policy : {trust_policy(spec, kScope), delivery_policy(spec, kScope),
                                      operator_policy(spec, kScope), producer_policy(spec, kScope)}) {
      EXPECT_TRUE(parse_json(policy, "policy")) << policy;
      EXPECT_THAT(policy, Not(HasSubstr("{{"))) << policy;
      EXPECT_THAT(policy, Not(HasSubstr("}}"))) << policy;
    }
  }
}

TEST(Policies, TrustHasOnlyTheConditionThatWasAskedFor) {
  Spec spec = example();
  EXPECT_EQ(Json::parse(trust_policy(spec, kScope))["Statement"][0],
            Json::parse(R"({"Effect": "Allow", "Principal": {"Service": "firehose.amazonaws.com"},
                            "Action": "sts:AssumeRole"})"));
  spec.trust = Trust::kExternalId;
  EXPECT_EQ(Json::parse(trust_policy(spec, kScope))["Statement"][0]["Condition"],
            Json::parse(R"({"StringEquals": {"sts:ExternalId": "123456789012"}})"));
  spec.trust = Trust::kSourceAccount;
  EXPECT_EQ(Json::parse(trust_policy(spec, kScope))["Statement"][0]["Condition"],
            Json::parse(R"({"StringEquals": {"aws:SourceAccount": "123456789012"}})"));
}

TEST(Policies, DeliveryMayDoWhatItNeedsAndNothingInOurFolder) {
  const std::string policy = delivery_policy(example(), kScope);
  EXPECT_EQ(statement(policy, "Objects")["Resource"], "arn:aws:s3:::logs-bucket/*");
  EXPECT_EQ(statement(policy, "Bucket")["Resource"], "arn:aws:s3:::logs-bucket");
  EXPECT_EQ(statement(policy, "DenyOwnFolder"),
            Json::parse(R"({"Sid": "DenyOwnFolder", "Effect": "Deny", "Action": "s3:*",
                            "Resource": "arn:aws:s3:::logs-bucket/_fhctl/*"})"));
  EXPECT_EQ(statement(policy, "ErrorLog")["Resource"],
            "arn:aws:logs:us-west-2:123456789012:log-group:/aws/kinesisfirehose/logs:log-stream:S3Delivery");
  EXPECT_TRUE(statement(policy, "Key").is_null());
}

TEST(Policies, DeliveryLeavesOutWhatIsNotUsed) {
  Spec spec = example();
  spec.error_logging = false;
  spec.kms_key = "arn:aws-cn:kms:cn-north-1:123456789012:key/1";
  const std::string policy = delivery_policy(spec, {"aws-cn", "cn-north-1", "123456789012"});
  EXPECT_TRUE(statement(policy, "ErrorLog").is_null());
  EXPECT_EQ(statement(policy, "Key")["Resource"], spec.kms_key);
  EXPECT_EQ(statement(policy, "Key")["Condition"]["StringEquals"]["kms:ViaService"], "s3.cn-north-1.amazonaws.com.cn");
  EXPECT_THAT(policy, HasSubstr("arn:aws-cn:s3:::logs-bucket"));
}

TEST(Policies, TheLongestDeliveryPolicyFitsIntoARole) {
  Spec spec = example();
  spec.bucket = std::string(63, 'b');
  spec.log_group = std::string(512, 'g');
  spec.log_stream = std::string(512, 's');
  spec.kms_key = "arn:aws:kms:us-west-2:123456789012:key/" + std::string(64, 'k');
  EXPECT_LT(delivery_policy(spec, kScope).size(), 10240u);
}

TEST(Policies, ValuesCannotBreakOutOfTheirQuotes) {
  Spec spec = example();
  spec.log_stream = "a\"], \"Effect\": \"Deny";
  EXPECT_EQ(statement(delivery_policy(spec, kScope), "ErrorLog")["Effect"], "Allow");
}

TEST(Policies, OperatorsMayChangeOnlyWhatIsManaged) {
  Spec spec = example();
  std::string policy = operator_policy(spec, kScope);
  EXPECT_EQ(statement(policy, "PassRole")["Resource"], "arn:aws:iam::123456789012:role/team/logs-role");
  EXPECT_EQ(statement(policy, "Streams")["Resource"], "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-*");
  EXPECT_EQ(statement(policy, "OwnObjects")["Resource"], "arn:aws:s3:::logs-bucket/_fhctl/logs/us-west-2/*");
  for (const char* sid : {"ChangeRole", "BucketDates", "ChangeBucket", "EmptyBucket"})
    EXPECT_FALSE(statement(policy, sid).is_null());
  spec.existing_bucket = "company-logs";
  spec.existing_role = "company-role";
  policy = operator_policy(spec, kScope);
  for (const char* sid : {"ChangeRole", "BucketDates", "ChangeBucket", "EmptyBucket"})
    EXPECT_TRUE(statement(policy, sid).is_null());
  EXPECT_EQ(statement(policy, "ReadBucket")["Resource"], "arn:aws:s3:::company-logs");
  EXPECT_EQ(statement(policy, "PassRole")["Resource"], "arn:aws:iam::123456789012:role/team/company-role");
}

TEST(Policies, ProducersMaySendAndReadTheManifest) {
  const std::string policy = producer_policy(example(), kScope);
  EXPECT_EQ(statement(policy, "Send")["Action"], Json::parse(R"(["firehose:PutRecord", "firehose:PutRecordBatch"])"));
  EXPECT_EQ(statement(policy, "Send")["Resource"], "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-*");
  EXPECT_EQ(statement(policy, "ReadManifest")["Resource"],
            "arn:aws:s3:::logs-bucket/_fhctl/logs/us-west-2/manifest.json");
}

TEST(Policies, MetricsAlwaysAndAParameterWhenThereIsOne) {
  Spec spec = example();
  EXPECT_EQ(statement(operator_policy(spec, kScope), "ReadMetrics")["Action"], "cloudwatch:GetMetricData");
  EXPECT_TRUE(statement(operator_policy(spec, kScope), "ManifestParameter").is_null());
  EXPECT_TRUE(statement(producer_policy(spec, kScope), "ReadManifestParameter").is_null());
  spec.manifest_parameter = "/fhctl/logs/manifest";
  const std::string arn = "arn:aws:ssm:us-west-2:123456789012:parameter/fhctl/logs/manifest";
  EXPECT_EQ(statement(operator_policy(spec, kScope), "ManifestParameter")["Resource"], arn);
  EXPECT_EQ(statement(operator_policy(spec, kScope), "ManifestParameter")["Action"],
            Json::parse(R"(["ssm:GetParameter", "ssm:PutParameter", "ssm:DeleteParameter"])"));
  EXPECT_EQ(statement(producer_policy(spec, kScope), "ReadManifestParameter")["Resource"], arn);
  EXPECT_EQ(statement(producer_policy(spec, kScope), "ReadManifestParameter")["Action"], "ssm:GetParameter");
}

TEST(SamePolicy, ComparesMeaningNotBytes) {
  const std::string base = R"({"Version": "2012-10-17", "Statement": [
      {"Sid": "A", "Effect": "Allow", "Action": ["s3:Get", "s3:Put"], "Resource": ["r1", "r2"]},
      {"Effect": "Allow", "Principal": {"Service": "x"}, "Action": "a:B", "Resource": "*",
       "Condition": {"StringEquals": {"k": "v"}}}]})";
  struct Row {
    const char* what;
    std::string from;
    std::string to;
    bool same;
  };
  const Row rows[] = {
      {"white space", "\n", "   ", true},
      {"another Sid", "\"Sid\": \"A\", ", "\"Sid\": \"B\", ", true},
      {"no Sid", "\"Sid\": \"A\", ", "", true},
      {"order of actions", R"(["s3:Get", "s3:Put"])", R"(["s3:Put", "s3:Get"])", true},
      {"an action twice", R"(["s3:Get", "s3:Put"])", R"(["s3:Put", "s3:Get", "s3:Put"])", true},
      {"case of actions", "s3:Get", "S3:get", true},
      {"a list of one", R"("a:B")", R"(["a:B"])", true},
      {"a principal list", R"({"Service": "x"})", R"({"Service": ["x"]})", true},
      {"a condition list", R"({"k": "v"})", R"({"k": ["v"]})", true},
      {"case of a condition key", R"({"k": "v"})", R"({"K": "v"})", true},
      {"order of members", R"("Action": "a:B", "Resource": "*")", R"("Resource": "*", "Action": "a:B")", true},
      {"another version", "2012-10-17", "2008-10-17", false},
      {"another effect", R"("Sid": "A", "Effect": "Allow")", R"("Effect": "Deny")", false},
      {"one action less", R"(["s3:Get", "s3:Put"])", R"("s3:Get")", false},
      {"case of resources", "\"r1\"", "\"R1\"", false},
      {"another condition", R"({"k": "v"})", R"({"k": "w"})", false},
      {"another test", "StringEquals", "StringLike", false},
      {"no condition", R"("Condition": {"StringEquals": {"k": "v"}})", R"("Condition": {})", false},
      {"another principal", R"({"Service": "x"})", R"({"AWS": "x"})", false}};
  for (const Row& row : rows) {
    const std::string changed = replace_all(base, row.from, row.to);
    ASSERT_NE(changed, base) << row.what;
    EXPECT_EQ(same_policy(base, changed), row.same) << row.what;
    EXPECT_EQ(same_policy(changed, base), row.same) << row.what;
  }
}

TEST(SamePolicy, OneStatementMayStandAlone) {
  EXPECT_TRUE(same_policy(R"({"Statement": {"Effect": "Allow", "Action": "a"}})",
                          R"({"Version": "2008-10-17", "Statement": [{"Action": ["a"], "Effect": "Allow"}]})"));
  EXPECT_TRUE(same_policy(R"({"Statement": [{"Principal": "*"}]})", R"({"Statement": [{"Principal": {"AWS": "*"}}]})"));
  EXPECT_TRUE(same_policy(R"({"Statement": [{"Condition": {"Bool": {"k": true}}}]})",
                          R"({"Statement": [{"Condition": {"Bool": {"k": "true"}}}]})"));
}

TEST(SamePolicy, WhatIsNotAPolicyEqualsNothing) {
  for (const char* text : {"", "{", "[]", "{}", "null", "{\"Statement\": 1}", "<html>"}) {
    EXPECT_FALSE(same_policy(text, text)) << text;
    EXPECT_FALSE(same_policy(text, trust_policy(example(), kScope))) << text;
  }
  EXPECT_FALSE(same_policy(R"({"Statement": [1]})", R"({"Statement": [2]})"));
  EXPECT_FALSE(same_policy(R"({"Statement": [{"Condition": 1}]})", R"({"Statement": [{"Condition": 2}]})"));
}

}  // namespace
}  // namespace policies_test
}  // namespace fhctl::pipeline
