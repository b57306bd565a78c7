#include "core/spec/policy_evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace policy_evaluation_test {
namespace {

using ::testing::ElementsAre;

constexpr const char* kFirehose = R"("Principal": {"Service": "firehose.amazonaws.com"})";

AccessRequest assume() {
  AccessRequest request;
  request.action = "sts:AssumeRole";
  request.service = "firehose.amazonaws.com";
  request.context = {
      {"sts:externalid", {"123456789012"}},
      {"aws:sourceaccount", {"123456789012"}},
      {"aws:sourcearn",
       {"arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-1",
        "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-2"}},
  };
  return request;
}

std::string statement(const std::string& effect, const std::string& rest) {
  return R"({"Effect": ")" + effect + R"(", )" + rest + "}";
}
std::string policy(const std::vector<std::string>& statements) {
  return R"({"Version": "2012-10-17", "Statement": [)" + join(statements, ", ") + "]}";
}
// A trust policy whose one statement allows Firehose to assume the role under the condition.
std::string under(const std::string& condition) {
  return policy(
      {statement("Allow", std::string(kFirehose) + R"(, "Action": "sts:AssumeRole", "Condition": )" + condition)});
}

struct Row {
  const char* name;
  std::string policy;
  Verdict verdict;
};
void PrintTo(const Row& row, std::ostream* out) { *out << row.name; }

class TrustTable : public testing::TestWithParam<Row> {};

TEST_P(TrustTable, IsEvaluatedAsIamDoes) {
  EXPECT_EQ(evaluate({GetParam().policy}, assume()).verdict, GetParam().verdict);
}

std::string row_name(const testing::TestParamInfo<Row>& row) { return row.param.name; }

std::string allows(const std::string& principal, const std::string& action) {
  return policy({statement("Allow", R"("Principal": )" + principal + R"(, "Action": )" + action)});
}

INSTANTIATE_TEST_SUITE_P(
    Principals, TrustTable,
    testing::ValuesIn(std::vector<Row>{
        {"One", allows(R"({"Service": "firehose.amazonaws.com"})", R"("sts:AssumeRole")"), Verdict::kAllowed},
        {"InAList", allows(R"({"Service": ["ec2.amazonaws.com", "firehose.amazonaws.com"]})", R"("sts:AssumeRole")"),
         Verdict::kAllowed},
        {"Everybody", allows(R"("*")", R"("sts:AssumeRole")"), Verdict::kAllowed},
        {"EverybodyOfAws", allows(R"({"AWS": ["*"]})", R"("sts:AssumeRole")"), Verdict::kAllowed},
        {"AnotherService", allows(R"({"Service": "logs.us-west-2.amazonaws.com"})", R"("sts:AssumeRole")"),
         Verdict::kNotAllowed},
        {"AUser", allows(R"({"AWS": "arn:aws:iam::123456789012:root"})", R"("sts:AssumeRole")"), Verdict::kNotAllowed},
        {"ServiceOfOneRegion", allows(R"({"Service": "firehose.us-west-2.amazonaws.com"})", R"("sts:AssumeRole")"),
         Verdict::kUnknown},
        {"NotPrincipal",
         policy({statement("Allow", R"("NotPrincipal": {"AWS": "arn:aws:iam::1:root"}, "Action": "sts:AssumeRole")")}),
         Verdict::kUnknown},
        {"NoPrincipalOfAKnownForm", allows("7", R"("sts:AssumeRole")"), Verdict::kNotAllowed},
        {"AStatementWithoutAList",
         R"({"Statement": )" + statement("Allow", std::string(kFirehose) + R"(, "Action": "sts:AssumeRole")") + "}",
         Verdict::kAllowed},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Actions, TrustTable,
    testing::ValuesIn(std::vector<Row>{
        {"AnyCase", allows(R"("*")", R"("STS:assumerole")"), Verdict::kAllowed},
        {"OfTheService", allows(R"("*")", R"(["sts:TagSession", "sts:*"])"), Verdict::kAllowed},
        {"All", allows(R"("*")", R"("*")"), Verdict::kAllowed},
        {"Another", allows(R"("*")", R"("sts:AssumeRoleWithSAML")"), Verdict::kNotAllowed},
        {"AllButAnother", policy({statement("Allow", R"("Principal": "*", "NotAction": "sts:TagSession")")}),
         Verdict::kAllowed},
        {"AllButThis", policy({statement("Allow", R"("Principal": "*", "NotAction": "sts:Assume*")")}),
         Verdict::kNotAllowed},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Conditions, TrustTable,
    testing::ValuesIn(std::vector<Row>{
        {"ExternalId", under(R"({"StringEquals": {"sts:ExternalId": "123456789012"}})"), Verdict::kAllowed},
        {"ExternalIdOfAnother", under(R"({"StringEquals": {"sts:ExternalId": "secret"}})"), Verdict::kNotAllowed},
        {"ANumber", under(R"({"StringEquals": {"aws:SourceAccount": 123456789012}})"), Verdict::kAllowed},
        {"OneOfTheAccounts", under(R"({"StringEquals": {"AWS:sourceaccount": ["1", "123456789012"]}})"),
         Verdict::kAllowed},
        {"NotThisAccount", under(R"({"StringNotEquals": {"aws:SourceAccount": ["1", "123456789012"]}})"),
         Verdict::kNotAllowed},
        {"NotAnother", under(R"({"StringNotEquals": {"aws:SourceAccount": "1"}})"), Verdict::kAllowed},
        {"AllStreams", under(R"({"ArnLike": {"aws:SourceArn": "arn:aws:firehose:*:123456789012:deliverystream/*"}})"),
         Verdict::kAllowed},
        {"StreamsOfAnother", under(R"({"StringLike": {"aws:SourceArn": "arn:aws:firehose:*:*:deliverystream/web-*"}})"),
         Verdict::kNotAllowed},
        {"OneStream",
         under(R"({"ArnEquals": {"aws:SourceArn": "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-1"}})"),
         Verdict::kUnknown},
        {"Both", under(R"({"StringEquals": {"sts:ExternalId": "123456789012", "aws:SourceAccount": "1"}})"),
         Verdict::kNotAllowed},
        {"AnUnknownKey", under(R"({"StringEquals": {"aws:SourceOrgID": "o-1"}})"), Verdict::kUnknown},
        {"AnUnknownKeyBesideOneThatDoesNotHold",
         under(R"({"StringEquals": {"aws:SourceOrgID": "o-1", "sts:ExternalId": "x"}})"), Verdict::kNotAllowed},
        {"AnUnknownOperator", under(R"({"NumericEquals": {"sts:ExternalId": "123456789012"}})"), Verdict::kUnknown},
        {"ASetOperator", under(R"({"ForAnyValue:StringEquals": {"sts:ExternalId": "1"}})"), Verdict::kUnknown},
        {"IfExists", under(R"({"StringEqualsIfExists": {"sts:ExternalId": "1"}})"), Verdict::kNotAllowed},
        {"IsThere", under(R"({"Null": {"sts:ExternalId": "false"}})"), Verdict::kAllowed},
        {"IsNotThere", under(R"({"Null": {"sts:ExternalId": true}})"), Verdict::kNotAllowed},
        {"AVariable", under(R"({"StringEquals": {"sts:ExternalId": "${aws:PrincipalTag/x}"}})"), Verdict::kUnknown},
        {"NoObject", under("[]"), Verdict::kUnknown},
    }),
    row_name);

const std::string kAllow = statement("Allow", std::string(kFirehose) + R"(, "Action": "sts:AssumeRole")");

INSTANTIATE_TEST_SUITE_P(
    Several, TrustTable,
    testing::ValuesIn(std::vector<Row>{
        {"DenyWins", policy({kAllow, statement("Deny", R"("Principal": "*", "Action": "*")")}), Verdict::kDenied},
        {"DenyOfAnother",
         policy({kAllow, statement("Deny", R"("Principal": {"Service": "ec2.amazonaws.com"}, "Action": "*")")}),
         Verdict::kAllowed},
        {"DenyUnderAnUnknownCondition",
         policy({kAllow,
                 statement("Deny", R"("Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:x": "true"}})")}),
         Verdict::kUnknown},
        {"DenyAlone", policy({statement("Deny", R"("Principal": "*", "Action": "sts:TagSession")")}),
         Verdict::kNotAllowed},
        {"OneOfThemAllows",
         policy({statement("Allow", R"("Principal": {"Service": "ec2.amazonaws.com"}, "Action": "*")"), kAllow}),
         Verdict::kAllowed},
        {"NoEffect", policy({"{" + std::string(kFirehose) + R"(, "Action": "*"})"}), Verdict::kNotAllowed},
        {"NoStatement", "{}", Verdict::kUnknown},
        {"NoPolicy", "", Verdict::kUnknown},
        {"NoObjects", R"({"Statement": [7, "x"]})", Verdict::kNotAllowed},
    }),
    row_name);

TEST(PolicyEvaluation, SaysWhatItCannotJudge) {
  const Evaluation found = evaluate(
      {policy(
          {statement("Allow",
                     std::string(kFirehose) +
                         R"(, "Action": "sts:AssumeRole", "Condition": {"StringEquals": {"aws:SourceOrgID": "o-1"}})"),
           statement("Deny", R"("Principal": "*", "Action": "*", "Condition": {"Bool": {"aws:MfaAge": "1"}})")})},
      assume());
  EXPECT_EQ(found.verdict, Verdict::kUnknown);
  EXPECT_THAT(found.unknown, ElementsAre("aws:MfaAge", "aws:SourceOrgID"));
}

struct ResourceRow {
  const char* pattern;
  const char* resource;
  bool continues;
  Verdict verdict;
};

TEST(PolicyEvaluation, ComparesResources) {
  const ResourceRow rows[] = {
      {"*", "arn:aws:s3:::logs", false, Verdict::kAllowed},
      {"arn:aws:s3:::logs", "arn:aws:s3:::logs", false, Verdict::kAllowed},
      {"arn:aws:s3:::logs", "arn:aws:s3:::LOGS", false, Verdict::kNotAllowed},
      {"arn:aws:s3:::logs/*", "arn:aws:s3:::logs", false, Verdict::kNotAllowed},
      {"arn:aws:s3:::lo??", "arn:aws:s3:::logs", false, Verdict::kAllowed},
      {"arn:aws:s3:::lo?", "arn:aws:s3:::logs", false, Verdict::kNotAllowed},
      {"arn:*:logs", "arn:aws:s3:::logs", false, Verdict::kAllowed},
      {"arn:aws:s3:::logs/*", "arn:aws:s3:::logs/a/", true, Verdict::kAllowed},
      {"arn:aws:s3:::logs/a/*", "arn:aws:s3:::logs/a/", true, Verdict::kAllowed},
      {"arn:aws:s3:::logs/a/b/*", "arn:aws:s3:::logs/a/", true, Verdict::kUnknown},
      {"arn:aws:s3:::logs/*.gz", "arn:aws:s3:::logs/a/", true, Verdict::kUnknown},
      {"arn:aws:s3:::logs/b/*", "arn:aws:s3:::logs/a/", true, Verdict::kNotAllowed},
      {"arn:aws:s3:::logs", "arn:aws:s3:::logs/a/", true, Verdict::kNotAllowed},
      {"arn:aws:s3:::${aws:x}/*", "arn:aws:s3:::logs/a/", true, Verdict::kUnknown},
  };
  for (const ResourceRow& row : rows) {
    AccessRequest request;
    request.action = "s3:PutObject";
    request.resource = row.resource;
    request.resource_continues = row.continues;
    const std::string element = std::string(R"("Resource": ")") + row.pattern + R"(")";
    const std::string document = policy({statement("Allow", R"("Action": "s3:Put*", )" + element)});
    EXPECT_EQ(evaluate({document}, request).verdict, row.verdict) << row.pattern << " " << row.resource;
    const std::string all_but = policy({statement("Allow", R"("Action": "s3:Put*", "Not)" + element.substr(1))});
    const Verdict opposite = row.verdict == Verdict::kAllowed      ? Verdict::kNotAllowed
                             : row.verdict == Verdict::kNotAllowed ? Verdict::kAllowed
                                                                   : Verdict::kUnknown;
    EXPECT_EQ(evaluate({all_but}, request).verdict, opposite) << row.pattern << " " << row.resource;
  }
}

TEST(PolicyEvaluation, PutsPoliciesTogether) {
  AccessRequest request;
  request.action = "s3:PutObject";
  request.resource = "arn:aws:s3:::logs/a";
  const std::string allow = policy({statement("Allow", R"("Action": "s3:*", "Resource": "*")")});
  const std::string deny = policy({statement("Deny", R"("Action": "s3:PutObject", "Resource": "*")")});
  EXPECT_EQ(evaluate({}, request).verdict, Verdict::kNotAllowed);
  EXPECT_EQ(evaluate({allow}, request).verdict, Verdict::kAllowed);
  EXPECT_EQ(evaluate({allow, deny}, request).verdict, Verdict::kDenied);
  EXPECT_EQ(evaluate({"no policy", allow}, request).verdict, Verdict::kAllowed);
  EXPECT_EQ(evaluate({"no policy"}, request).verdict, Verdict::kUnknown);
}

TEST(PolicyEvaluation, AManyStarredPatternTakesNoExponentialTime) {
  AccessRequest request;
  request.action = std::string(500, 'a');
  std::string pattern;
  for (int i = 0; i < 300; ++i) pattern += "a*";
  EXPECT_EQ(evaluate({policy({statement("Allow", R"("Action": ")" + pattern + R"(b")")})}, request).verdict,
            Verdict::kNotAllowed);
}

TEST(PolicyEvaluation, NamesTheTrustedServices) {
  EXPECT_THAT(
      trusted_services(policy({kAllow, statement("Allow", R"("Principal": {"Service": ["b", "a"]}, "Action": "*")"),
                               statement("Deny", R"("Principal": {"Service": "c"}, "Action": "*")"),
                               statement("Allow", R"("Principal": "*", "Action": "*")"), "7"})),
      ElementsAre("a", "b", "firehose.amazonaws.com"));
  EXPECT_TRUE(trusted_services("").empty());
}

}  // namespace
}  // namespace policy_evaluation_test
}  // namespace fhctl::pipeline
