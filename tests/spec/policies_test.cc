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
    for (const std::string& policy :
         {trust_policy(spec, kScope), delivery_policy(spec, kScope), operator_policy(spec, kScope),
          resizer_policy(spec, kScope), producer_policy(spec, kScope)}) {
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
  EXPECT_EQ(statement(policy, "Objects")["Resource"],
            Json::array({"arn:aws:s3:::logs-bucket/logs/*", "arn:aws:s3:::logs-bucket/errors/*"}));
  EXPECT_EQ(statement(policy, "Objects")["Condition"],
            Json::parse(R"({"StringEqualsIfExists": {"aws:ResourceAccount": "123456789012"}})"));
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

TEST(Policies, DeliveryMayUseTheKeyOfTheSpecAndThatOfTheBucket) {
  Spec spec = example();
  PolicyScope scope = kScope;
  scope.bucket_key = "arn:aws:kms:us-west-2:123456789012:key/bucket";
  EXPECT_EQ(statement(delivery_policy(spec, scope), "Key")["Resource"], scope.bucket_key);
  spec.kms_key = "arn:aws:kms:us-west-2:123456789012:key/spec";
  EXPECT_EQ(statement(delivery_policy(spec, scope), "Key")["Resource"], Json::array({spec.kms_key, scope.bucket_key}));
  spec.kms_key = scope.bucket_key;
  EXPECT_EQ(statement(delivery_policy(spec, scope), "Key")["Resource"], scope.bucket_key);
}

TEST(Policies, DeliveryGivesObjectsToTheAccountOfTheBucket) {
  Spec spec = example();
  EXPECT_EQ(statement(delivery_policy(spec, kScope), "ObjectOwner"), Json());
  spec.existing_bucket = "central-logs";
  spec.bucket_owner = "999999999999";
  EXPECT_EQ(statement(delivery_policy(spec, kScope), "ObjectOwner")["Action"], "s3:PutObjectAcl");
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

TEST(Policies, ObjectsOnlyBelowThePlainStartOfThePrefixes) {
  struct Row {
    const char* prefix;
    const char* error_prefix;
    std::vector<std::string> starts;
  };
  const Row rows[] = {
      {"logs/", "errors/!{firehose:error-output-type}/", {"logs/", "errors/"}},
      {"logs/!{timestamp:yyyy}/", "logs/errors/", {"logs/"}},
      {"a/b/", "a/", {"a/"}},
      {"same", "same", {"same"}},
      {"", "errors/", {""}},
      {"!{timestamp:yyyy}/", "errors/", {""}},
      {"logs/", "", {""}},
      {"a*b?c${d}/", "e/", {"a${*}b${?}c${$}{d}/", "e/"}},
      {"l\xC3\xB6gs/", "e/", {"l", "e/"}},
  };
  for (const Row& row : rows) {
    Spec spec = example();
    spec.prefix = row.prefix;
    spec.error_prefix = row.error_prefix;
    std::vector<std::string> arns;
    for (const std::string& start : row.starts) arns.push_back("arn:aws:s3:::logs-bucket/" + start + "*");
    const Json expected = arns.size() == 1 ? Json(arns.front()) : Json(arns);
    EXPECT_EQ(statement(delivery_policy(spec, kScope), "Objects")["Resource"], expected) << row.prefix;
    EXPECT_EQ(statement(operator_policy(spec, kScope), "ReadDelivered")["Resource"], expected) << row.prefix;
  }
}

// They would allow more than the one resource.
TEST(Policies, WildcardsAndVariablesInValuesArePlainText) {
  Spec spec = example();
  spec.role_path = "/*/";
  spec.log_stream = "a?${aws:username}$";
  EXPECT_EQ(statement(operator_policy(spec, kScope), "PassRole")["Resource"],
            "arn:aws:iam::123456789012:role/${*}/logs-role");
  EXPECT_EQ(statement(operator_policy(spec, kScope), "ReadRole")["Resource"],
            Json::array({"arn:aws:iam::123456789012:role/${*}/logs-role", "arn:aws:iam::123456789012:role/logs-role"}));
  EXPECT_EQ(statement(delivery_policy(spec, kScope), "ErrorLog")["Resource"],
            "arn:aws:logs:us-west-2:123456789012:log-group:/aws/kinesisfirehose/logs:log-stream:"
            "a${?}${$}{aws:username}$");
}

TEST(Policies, OperatorsMayChangeOnlyWhatIsManaged) {
  Spec spec = example();
  std::string policy = operator_policy(spec, kScope);
  EXPECT_EQ(statement(policy, "PassRole")["Resource"], "arn:aws:iam::123456789012:role/team/logs-role");
  EXPECT_EQ(statement(policy, "ReadStreams")["Resource"],
            "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-*");
  EXPECT_EQ(statement(policy, "OwnObjects")["Resource"], "arn:aws:s3:::logs-bucket/_fhctl/logs/us-west-2/*");
  for (const char* sid : {"ChangeRole", "ChangeRolePermissions", "BucketDates", "ChangeBucket", "EmptyBucket"})
    EXPECT_FALSE(statement(policy, sid).is_null()) << sid;
  EXPECT_FALSE(statement(policy, "ChangeLogGroup").is_null());
  EXPECT_TRUE(statement(policy, "UseLogGroup").is_null());
  spec.existing_bucket = "company-logs";
  spec.existing_role = "company-role";
  spec.existing_log_group = "company-group";
  policy = operator_policy(spec, kScope);
  EXPECT_TRUE(statement(policy, "ChangeLogGroup").is_null());
  EXPECT_EQ(statement(policy, "UseLogGroup")["Action"], "logs:CreateLogStream");
  for (const char* sid : {"ChangeRole", "ChangeRolePermissions", "ChangeBoundedRolePermissions", "BucketDates",
                          "ChangeBucket", "EmptyBucket"})
    EXPECT_TRUE(statement(policy, sid).is_null()) << sid;
  EXPECT_EQ(statement(policy, "ReadBucket")["Resource"], "arn:aws:s3:::company-logs");
  EXPECT_EQ(statement(policy, "PassRole")["Resource"], "arn:aws:iam::123456789012:role/team/company-role");
  EXPECT_EQ(statement(policy, "ReadDelivered")["Action"], "s3:GetObject") << "verify reads what was delivered";
}

// NAME-* is also the beginning of the streams of other pipelines: "logs-*" matches those of "logs-prod".
TEST(Policies, StreamsAreToldFromThoseOfOtherPipelinesByTheirTag) {
  const std::string policy = operator_policy(example(), kScope);
  EXPECT_EQ(statement(policy, "CreateStreams")["Condition"],
            Json::parse(R"({"StringEquals": {"aws:RequestTag/fhctl:pipeline": "logs"},
                            "StringEqualsIfExists": {"aws:ResourceTag/fhctl:pipeline": "logs"}})"));
  EXPECT_EQ(statement(policy, "ReadStreams")["Condition"],
            Json::parse(R"({"StringEqualsIfExists": {"aws:ResourceTag/fhctl:pipeline": "logs"}})"));
  const Json strict = Json::parse(R"({"StringEquals": {"aws:ResourceTag/fhctl:pipeline": "logs"}})");
  EXPECT_EQ(statement(policy, "ChangeStreams")["Condition"], strict);
  EXPECT_EQ(statement(producer_policy(example(), kScope), "Send")["Condition"], strict);
}

TEST(Policies, ABoundaryIsDemandedWhereOneIsConfigured) {
  Spec spec = example();
  std::string policy = operator_policy(spec, kScope);
  EXPECT_TRUE(gives_any_permission(spec));
  EXPECT_TRUE(statement(policy, "ChangeBoundedRolePermissions").is_null());
  EXPECT_THAT(policy, Not(HasSubstr("iam:PutRolePermissionsBoundary")));
  spec.permissions_boundary = "arn:aws:iam::123456789012:policy/boundary";
  EXPECT_FALSE(gives_any_permission(spec));
  policy = operator_policy(spec, kScope);
  EXPECT_TRUE(statement(policy, "ChangeRolePermissions").is_null());
  const Json bounded = statement(policy, "ChangeBoundedRolePermissions");
  EXPECT_EQ(bounded["Action"], Json::parse(R"(["iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy",
                                               "iam:PutRolePermissionsBoundary"])"));
  EXPECT_EQ(bounded["Condition"]["StringEquals"]["iam:PermissionsBoundary"], spec.permissions_boundary);
  spec.permissions_boundary.clear();
  spec.existing_role = "company-role";
  EXPECT_FALSE(gives_any_permission(spec));
}

TEST(Policies, TheRealArnOfARoleReplacesTheComposedOne) {
  PolicyScope scope = kScope;
  scope.role_arn = "arn:aws:iam::123456789012:role/real/path/company-role";
  Spec spec = example();
  spec.existing_role = "company-role";
  const std::string policy = operator_policy(spec, scope);
  EXPECT_EQ(statement(policy, "PassRole")["Resource"], scope.role_arn);
  EXPECT_EQ(statement(policy, "ReadRole")["Resource"],
            Json::array({scope.role_arn, "arn:aws:iam::123456789012:role/company-role"}));
}

TEST(Policies, LogActionsAreAllowedOnBothFormsOfTheGroup) {
  const std::string policy = operator_policy(example(), kScope);
  const std::string group = "arn:aws:logs:us-west-2:123456789012:log-group:/aws/kinesisfirehose/logs";
  for (const char* sid : {"ReadLogGroup", "ChangeLogGroup"}) {
    EXPECT_EQ(statement(policy, sid)["Resource"], Json::array({group, group + ":*"})) << sid;
  }
}

TEST(Policies, KeysAreUsableThroughS3Only) {
  Spec spec = example();
  PolicyScope scope = kScope;
  EXPECT_TRUE(statement(operator_policy(spec, scope), "Key").is_null());
  spec.kms_key = "arn:aws:kms:us-west-2:123456789012:key/spec";
  EXPECT_EQ(statement(operator_policy(spec, scope), "Key")["Resource"], spec.kms_key);
  EXPECT_TRUE(statement(producer_policy(spec, scope), "Key").is_null()) << "the manifest has the bucket's encryption";
  scope.bucket_key = "arn:aws:kms:us-west-2:123456789012:key/bucket";
  const Json both = statement(operator_policy(spec, scope), "Key");
  EXPECT_EQ(both["Resource"], Json::array({spec.kms_key, scope.bucket_key}));
  EXPECT_EQ(both["Action"], Json::parse(R"(["kms:Decrypt", "kms:GenerateDataKey"])"));
  EXPECT_EQ(both["Condition"]["StringEquals"]["kms:ViaService"], "s3.us-west-2.amazonaws.com");
  const Json producer = statement(producer_policy(spec, scope), "Key");
  EXPECT_EQ(producer["Resource"], scope.bucket_key);
  EXPECT_EQ(producer["Action"], "kms:Decrypt");
}

TEST(Policies, AResizerChangesStreamsOnly) {
  Spec spec = example();
  spec.manifest_parameter = "/p";
  std::set<std::string> actions;
  const Json policy = Json::parse(resizer_policy(spec, kScope));
  for (const Json& each : policy["Statement"]) {
    const Json named = each["Action"].is_array() ? each["Action"] : Json::array({each["Action"]});
    for (const Json& action : named) actions.insert(action.get<std::string>());
  }
  for (const char* needed : {"firehose:CreateDeliveryStream", "firehose:DeleteDeliveryStream", "iam:PassRole",
                             "iam:GetRole", "s3:PutObject", "s3:ListBucket", "ssm:PutParameter"}) {
    EXPECT_TRUE(actions.contains(needed)) << needed;
  }
  for (const std::string& action : actions) {
    const bool changes = contains(action, "iam:Create") || contains(action, "iam:Put") || contains(action, "iam:Up") ||
                         contains(action, "iam:Delete") || contains(action, "iam:Tag") ||
                         contains(action, "s3:Create") || contains(action, "s3:PutB") || contains(action, "s3:PutE") ||
                         contains(action, "s3:PutL") || contains(action, "s3:DeleteBucket") ||
                         contains(action, "logs:Create") || contains(action, "logs:Delete") ||
                         contains(action, "logs:Put");
    EXPECT_FALSE(changes) << action;
  }
}

TEST(Policies, TheirSizeIsCountedAsIamCounts) {
  EXPECT_EQ(policy_size(" { \"a\" :\n\t\"b c\" }\r\n"), 10u);
  EXPECT_LT(policy_size(operator_policy(example(), kScope)), kManagedPolicySizeMax);
  EXPECT_LT(policy_size(producer_policy(example(), kScope)), kUserPolicySizeMax);
  Spec long_names = example();
  long_names.name = std::string(31, 'n');
  long_names.bucket = std::string(63, 'b');
  long_names.role = std::string(64, 'r');
  long_names.role_path = "/" + std::string(100, 'p') + "/";
  long_names.log_group = "/aws/kinesisfirehose/" + std::string(100, 'g');
  long_names.permissions_boundary = "arn:aws:iam::123456789012:policy/" + std::string(60, 'b');
  EXPECT_LT(policy_size(operator_policy(long_names, kScope)), kRolePolicySizeMax);
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
  EXPECT_THAT(statement(operator_policy(spec, kScope), "ReadAccount")["Action"],
              ::testing::Contains(Json("cloudwatch:GetMetricData")));
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
