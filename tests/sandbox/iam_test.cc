// The sandbox's IAM: roles, policies, and when Firehose sees them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <pugixml.hpp>

#include "core/base/text.h"
#include "sandbox/iam/iam.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/iam/policy.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace iam_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"firehose.amazonaws.com"},)"
    R"("Action":"sts:AssumeRole"}]})";
constexpr const char* kPolicy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject",)"
                                R"("Resource":"arn:aws:s3:::b/*"}]})";
constexpr const char* kArn = "arn:aws:iam::123456789012:role/r";
using Fields = std::vector<std::pair<std::string, std::string>>;

struct Iam : testing::Test {
  CloudState world{Options{}};

  Iam() { world.now = WallTime(std::chrono::seconds(1768903451)); }

  http::Response ask(const std::string& action, const Fields& fields) {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
    request.body = "Action=" + action + "&Version=2010-05-08";
    for (const auto& [name, value] : fields) request.body += "&" + name + "=" + percent_encode(value);
    return handle_iam(world, {request, "us-east-1", "arn:aws:iam::123456789012:user/sandbox"});
  }
  std::string outcome(const std::string& action, const Fields& fields) {
    const http::Response response = ask(action, fields);
    pugi::xml_document document;
    document.load_string(response.body.c_str());
    const std::string code = document.child("ErrorResponse").child("Error").child_value("Code");
    return std::to_string(response.status) + (code.empty() ? "" : " " + code);
  }
  std::vector<std::string> texts(const http::Response& response, const std::string& path) {
    pugi::xml_document document;
    document.load_string(response.body.c_str());
    std::vector<std::string> out;
    for (const pugi::xpath_node found : document.select_nodes(("/*/*/" + path).c_str())) {
      out.push_back(found.node().child_value());
    }
    return out;
  }
  std::string create(const std::string& name, const Fields& more = {}) {
    Fields fields = {{"RoleName", name}, {"AssumeRolePolicyDocument", kTrust}};
    fields.insert(fields.end(), more.begin(), more.end());
    return outcome("CreateRole", fields);
  }
  std::string put_policy(const std::string& document) {
    return outcome("PutRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}, {"PolicyDocument", document}});
  }
  void wait(int seconds) { world.now += std::chrono::seconds(seconds); }
};

TEST_F(Iam, CreateRoleChecksItsParameters) {
  const struct {
    Fields fields;
    std::string expected;
  } kCases[] = {
      {{}, "200"},
      {{{"Path", "/a/b/"}}, "200"},
      {{{"Path", "a"}}, "400 ValidationError"},
      {{{"Path", "/a"}}, "400 ValidationError"},
      {{{"MaxSessionDuration", "3599"}}, "400 ValidationError"},
      {{{"MaxSessionDuration", "43200"}}, "200"},
      {{{"Description", std::string(1001, 'd')}}, "400 ValidationError"},
      {{{"PermissionsBoundary", "arn:aws:iam::123456789012:policy/b"}}, "200"},
      {{{"PermissionsBoundary", "short"}}, "400 ValidationError"},
      {{{"PermissionsBoundary", "arn:aws:iam::999999999999:policy/b"}}, "404 NoSuchEntity"},
      {{{"Tags.member.1.Key", "k"}, {"Tags.member.1.Value", ""}}, "200"},
      {{{"Tags.member.1.Key", "k"}}, "400 ValidationError"},
      {{{"Tags.member.2.Key", "k"}, {"Tags.member.2.Value", ""}}, "400 ValidationError"},
      {{{"Tags.member.1.Key", "aws:k"}, {"Tags.member.1.Value", ""}}, "400 ValidationError"},
      {{{"Tags.member.1.Key", "k"},
        {"Tags.member.1.Value", ""},
        {"Tags.member.2.Key", "K"},
        {"Tags.member.2.Value", ""}},
       "400 InvalidInput"},
      {{{"Foo", "1"}}, "400 InvalidParameterValue"},
  };
  int n = 0;
  for (const auto& row : kCases) {
    const std::string first = row.fields.empty() ? "" : row.fields[0].first + "=" + row.fields[0].second;
    EXPECT_EQ(create("r" + std::to_string(n++), row.fields), row.expected) << first.substr(0, 80);
  }
  EXPECT_EQ(create(""), "400 ValidationError");
  EXPECT_EQ(create(std::string(65, 'r')), "400 ValidationError");
  EXPECT_EQ(create("bad name"), "400 ValidationError");
  EXPECT_EQ(outcome("CreateRole", {{"RoleName", "x"}}), "400 ValidationError");
  EXPECT_EQ(outcome("CreateRolls", {}), "400 InvalidAction");
}

TEST_F(Iam, TrustPoliciesAreRead) {
  const std::pair<std::string, std::string> kCases[] = {
      {"", "400 ValidationError"},
      {"{", "400 MalformedPolicyDocument"},
      {"[]", "400 MalformedPolicyDocument"},
      {"{}", "400 MalformedPolicyDocument"},
      {R"({"Statement":[]})", "400 MalformedPolicyDocument"},
      {R"({"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}})", "400 MalformedPolicyDocument"},
      {kPolicy, "400 MalformedPolicyDocument"},
      {replace_all(kTrust, "Effect", "Effekt"), "400 MalformedPolicyDocument"},
      {replace_all(kTrust, "2012-10-17", "2013-01-01"), "400 MalformedPolicyDocument"},
      {replace_all(kTrust, "[{", "[{\"Sid\":\"" + std::string(2048, 's') + "\","), "409 LimitExceeded"},
      {std::string(4000, ' ') + kTrust, "200"},
  };
  for (const auto& [document, expected] : kCases) {
    EXPECT_EQ(outcome("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", document}}), expected)
        << document.substr(0, 200);
  }
}

TEST_F(Iam, NamesAreUniqueWithoutRegardToCase) {
  EXPECT_EQ(create("Role"), "200");
  EXPECT_EQ(create("rOLE"), "409 EntityAlreadyExists");
  EXPECT_THAT(texts(ask("GetRole", {{"RoleName", "ROLE"}}), "Role/RoleName"), ElementsAre("Role"));
}

TEST_F(Iam, GetRoleEncodesTheTrustPolicy) {
  create("r", {{"Path", "/a/"}, {"Tags.member.1.Key", "k"}, {"Tags.member.1.Value", "v w"}});
  const http::Response role = ask("GetRole", {{"RoleName", "r"}});
  const std::vector<std::string> documents = texts(role, "Role/AssumeRolePolicyDocument");
  ASSERT_EQ(documents.size(), 1u);
  EXPECT_THAT(documents[0], testing::StartsWith("%7B%22Version%22%3A%222012-10-17%22"));
  EXPECT_EQ(percent_decode(documents[0]), kTrust);
  EXPECT_THAT(texts(role, "Role/Arn"), ElementsAre("arn:aws:iam::123456789012:role/a/r"));
  EXPECT_THAT(texts(role, "Role/CreateDate"), ElementsAre("2026-01-20T10:04:11Z"));
  EXPECT_THAT(texts(role, "Role/Tags/member/Value"), ElementsAre("v w"));
}

TEST_F(Iam, CreateRoleRepeatsOnlyASessionDurationOfItsOwn) {
  const Fields role = {{"RoleName", "r"}, {"AssumeRolePolicyDocument", kTrust}};
  EXPECT_THAT(texts(ask("CreateRole", role), "Role/MaxSessionDuration"), testing::IsEmpty());
  EXPECT_THAT(texts(ask("GetRole", {{"RoleName", "r"}}), "Role/MaxSessionDuration"), ElementsAre("3600"));
  const Fields longer = {{"RoleName", "s"}, {"AssumeRolePolicyDocument", kTrust}, {"MaxSessionDuration", "7200"}};
  EXPECT_THAT(texts(ask("CreateRole", longer), "Role/MaxSessionDuration"), ElementsAre("7200"));
}

TEST_F(Iam, WhatIsNoArnCannotBeParsed) {
  create("r");
  for (const char* action : {"AttachRolePolicy", "PutRolePermissionsBoundary"}) {
    const char* member = action[0] == 'A' ? "PolicyArn" : "PermissionsBoundary";
    const http::Response response = ask(action, {{"RoleName", "r"}, {member, "longpolicynamebutnoarn"}});
    EXPECT_EQ(response.status, 400);
    EXPECT_THAT(texts(response, "Message"), ElementsAre("Invalid ARN:  Could not be parsed!"));
  }
}

TEST_F(Iam, DeleteRoleWantsItBare) {
  create("r");
  put_policy(kPolicy);
  EXPECT_EQ(outcome("DeleteRole", {{"RoleName", "r"}}), "409 DeleteConflict");
  EXPECT_EQ(outcome("DeleteRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}}), "200");
  EXPECT_EQ(outcome("DeleteRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}}), "404 NoSuchEntity");
  const std::string managed = "arn:aws:iam::aws:policy/AdministratorAccess";
  EXPECT_EQ(outcome("AttachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", managed}}), "200");
  EXPECT_THAT(texts(ask("ListAttachedRolePolicies", {{"RoleName", "r"}}), "AttachedPolicies/member/PolicyArn"),
              ElementsAre(managed));
  EXPECT_EQ(outcome("DeleteRole", {{"RoleName", "r"}}), "409 DeleteConflict");
  EXPECT_EQ(outcome("DetachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", managed}}), "200");
  EXPECT_EQ(outcome("DetachRolePolicy", {{"RoleName", "r"}, {"PolicyArn", managed}}), "404 NoSuchEntity");
  EXPECT_THAT(texts(ask("ListInstanceProfilesForRole", {{"RoleName", "r"}}), "InstanceProfiles/member"), IsEmpty());
  EXPECT_EQ(outcome("DeleteRole", {{"RoleName", "r"}}), "200");
  EXPECT_EQ(outcome("GetRole", {{"RoleName", "r"}}), "404 NoSuchEntity");
}

TEST_F(Iam, InlinePoliciesAreReadAndLimited) {
  create("r");
  EXPECT_EQ(put_policy("{"), "400 MalformedPolicyDocument");
  EXPECT_EQ(put_policy(kTrust), "400 MalformedPolicyDocument");
  EXPECT_EQ(put_policy(replace_all(kPolicy, "s3:PutObject", "PutObject")), "400 MalformedPolicyDocument");
  EXPECT_EQ(put_policy(replace_all(kPolicy, "arn:aws:s3:::b/*", "b")), "400 MalformedPolicyDocument");
  EXPECT_EQ(put_policy(replace_all(kPolicy, "b/*", "\xE2\x82\xAC")), "400 ValidationError") << "beyond U+00FF";
  EXPECT_EQ(put_policy(replace_all(kPolicy, "b/*", std::string(10240, 'b'))), "409 LimitExceeded");
  EXPECT_EQ(put_policy(kPolicy), "200");
  const auto found = texts(ask("GetRolePolicy", {{"RoleName", "r"}, {"PolicyName", "p"}}), "PolicyDocument");
  EXPECT_THAT(found, ElementsAre(percent_encode(kPolicy)));
  EXPECT_THAT(texts(ask("ListRolePolicies", {{"RoleName", "r"}}), "PolicyNames/member"), ElementsAre("p"));
}

TEST_F(Iam, TagsAreChangedOneByOne) {
  create("r", {{"Tags.member.1.Key", "a"}, {"Tags.member.1.Value", "1"}});
  EXPECT_EQ(outcome("TagRole", {{"RoleName", "r"}, {"Tags.member.1.Key", "b"}, {"Tags.member.1.Value", "2"}}), "200");
  EXPECT_EQ(outcome("TagRole", {{"RoleName", "r"}}), "400 ValidationError");
  EXPECT_EQ(outcome("UntagRole", {{"RoleName", "r"}, {"TagKeys.member.1", "a"}}), "200");
  EXPECT_EQ(outcome("UntagRole", {{"RoleName", "r"}}), "400 ValidationError");
  EXPECT_EQ(outcome("UntagRole", {{"RoleName", "r"}, {"TagKeys.member.2", "a"}}), "400 ValidationError");
  EXPECT_THAT(texts(ask("ListRoleTags", {{"RoleName", "r"}}), "Tags/member/Key"), ElementsAre("b"));
}

TEST_F(Iam, ListsPage) {
  for (const char* name : {"a", "b", "c"}) create(name);
  const http::Response first = ask("ListRoles", {{"MaxItems", "2"}});
  EXPECT_THAT(texts(first, "Roles/member/RoleName"), ElementsAre("a", "b"));
  EXPECT_THAT(texts(first, "IsTruncated"), ElementsAre("true"));
  const http::Response second = ask("ListRoles", {{"Marker", texts(first, "Marker").at(0)}});
  EXPECT_THAT(texts(second, "Roles/member/RoleName"), ElementsAre("c"));
  EXPECT_EQ(outcome("ListRoles", {{"MaxItems", "1001"}}), "400 ValidationError");
  EXPECT_EQ(outcome("ListRoles", {{"Marker", "!"}}), "400 ValidationError");
}

TEST_F(Iam, FirehoseSeesARoleLater) {
  EXPECT_THAT(refuse_role(world, kArn).value_or(""), HasSubstr("unable to assume role"));
  create("r");
  EXPECT_EQ(outcome("GetRole", {{"RoleName", "r"}}), "200");
  EXPECT_NE(refuse_role(world, kArn), std::nullopt);
  wait(2);
  EXPECT_NE(refuse_role(world, kArn), std::nullopt);
  wait(1);
  EXPECT_EQ(refuse_role(world, kArn), std::nullopt);
  const std::string id = texts(ask("GetRole", {{"RoleName", "r"}}), "Role/RoleId").at(0);
  ask("DeleteRole", {{"RoleName", "r"}});
  create("r");
  EXPECT_NE(texts(ask("GetRole", {{"RoleName", "r"}}), "Role/RoleId").at(0), id);
  EXPECT_NE(refuse_role(world, kArn), std::nullopt) << "a role that is created again propagates again";
}

TEST_F(Iam, TheMessagesBeforeARoleHasSpread) {
  create("r");
  const char* kMessages[] = {"Firehose is unable to assume role arn:aws:iam::123456789012:role/r.",
                             "is not authorized to perform: sts:AssumeRole",
                             "The security token included in the request is invalid."};
  for (int n = 1; n <= 3; ++n) {
    world.options.iam_message = n;
    EXPECT_THAT(refuse_role(world, kArn).value_or(""), HasSubstr(kMessages[n - 1]));
  }
}

TEST_F(Iam, TrustMustLetFirehoseIn) {
  const std::string with_condition =
      R"({"Statement":{"Effect":"Allow","Principal":{"Service":["x.amazonaws.com","firehose.amazonaws.com"]},)"
      R"("Action":["sts:*"],"Condition":{"StringEquals":{"KEY":"VALUE"}}}})";
  const auto conditioned = [&](const std::string& key, const std::string& value) {
    return replace_all(replace_all(with_condition, "KEY", key), "VALUE", value);
  };
  const std::pair<std::string, bool> kCases[] = {
      {kTrust, true},
      {replace_all(kTrust, "firehose.", "lambda."), false},
      {replace_all(kTrust, "Allow", "Deny"), false},
      {conditioned("sts:ExternalId", "123456789012"), true},
      {conditioned("sts:ExternalId", "999999999999"), false},
      {conditioned("aws:SourceAccount", "123456789012"), true},
      {conditioned("aws:PrincipalOrgID", "o-1"), false},
  };
  create("r");
  for (const auto& [document, may] : kCases) {
    ASSERT_EQ(outcome("UpdateAssumeRolePolicy", {{"RoleName", "r"}, {"PolicyDocument", document}}), "200") << document;
    wait(3);
    EXPECT_EQ(refuse_role(world, kArn) == std::nullopt, may) << document;
  }
}

TEST_F(Iam, PoliciesBecomeEffectiveLater) {
  const std::string resource = "arn:aws:s3:::b/key";
  create("r");
  wait(10);
  EXPECT_FALSE(role_may(world, kArn, "s3:PutObject", resource));
  put_policy(kPolicy);
  EXPECT_FALSE(role_may(world, kArn, "s3:PutObject", resource));
  wait(3);
  EXPECT_TRUE(role_may(world, kArn, "s3:PutObject", resource));
  EXPECT_FALSE(role_may(world, kArn, "s3:PutObject", "arn:aws:s3:::c/key"));
  EXPECT_FALSE(role_may(world, kArn, "s3:GetObject", resource));
  put_policy(replace_all(kPolicy, "Allow", "Deny"));
  EXPECT_TRUE(role_may(world, kArn, "s3:PutObject", resource)) << "the old document is still effective";
  wait(3);
  EXPECT_FALSE(role_may(world, kArn, "s3:PutObject", resource));
}

TEST(Policies, AreAskedAsIamAsks) {
  const struct {
    std::string statement;
    PolicyVerdict verdict;
  } kCases[] = {
      {R"("Effect":"Allow","Action":"s3:*","Resource":"*")", PolicyVerdict::kAllow},
      {R"("Effect":"Allow","Action":"S3:putobject","Resource":"*")", PolicyVerdict::kAllow},
      {R"("Effect":"Allow","Action":"s3:Put*","Resource":"arn:aws:s3:::b/?ey")", PolicyVerdict::kAllow},
      {R"("Effect":"Allow","Action":"s3:Put*","Resource":"ARN:aws:s3:::b/*")", PolicyVerdict::kSilent},
      {R"("Effect":"Deny","Action":"s3:Put*","Resource":"*")", PolicyVerdict::kDeny},
      {R"("Effect":"Allow","NotAction":"s3:Get*","Resource":"*")", PolicyVerdict::kAllow},
      {R"("Effect":"Allow","NotAction":"s3:*","Resource":"*")", PolicyVerdict::kSilent},
      {R"("Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::b/*")", PolicyVerdict::kSilent},
      {R"("Effect":"Deny","Action":"*","NotResource":"arn:aws:s3:::c/*")", PolicyVerdict::kDeny},
      {R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}})",
       PolicyVerdict::kAllow},
      {R"("Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}})",
       PolicyVerdict::kSilent},
      {R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"DateLessThan":{"aws:CurrentTime":"2030"}})",
       PolicyVerdict::kSilent},
      {R"("Effect":"Allow","Action":"*","Resource":"*","Condition":{"StringLike":{"aws:SecureTransport":"t*"}})",
       PolicyVerdict::kAllow},
  };
  for (const auto& row : kCases) {
    const PolicyQuestion question{"s3:PutObject", "arn:aws:s3:::b/key", "", {{"aws:securetransport", "true"}}};
    EXPECT_EQ(ask_policy("{\"Statement\":[{" + row.statement + "}]}", question), row.verdict) << row.statement;
  }
}

TEST(Policies, VariablesStandForValuesAndForWildcardsAsText) {
  const struct {
    const char* version;
    const char* statement;
    const char* resource;
    PolicyVerdict verdict;
  } kCases[] = {
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/${aws:username}/*")", "arn:aws:s3:::b/ann/k", PolicyVerdict::kAllow},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/${aws:username}/*")", "arn:aws:s3:::b/bob/k",
       PolicyVerdict::kSilent},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/${aws:unknown}")", "arn:aws:s3:::b/", PolicyVerdict::kSilent},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/a${*}")", "arn:aws:s3:::b/a*", PolicyVerdict::kAllow},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/a${*}")", "arn:aws:s3:::b/ab", PolicyVerdict::kSilent},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/a${?}")", "arn:aws:s3:::b/a?", PolicyVerdict::kAllow},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/a${?}")", "arn:aws:s3:::b/ab", PolicyVerdict::kSilent},
      {"2012-10-17", R"("Resource":"arn:aws:s3:::b/${$}{x}")", "arn:aws:s3:::b/${x}", PolicyVerdict::kAllow},
      {"2008-10-17", R"("Resource":"arn:aws:s3:::b/${aws:username}")", "arn:aws:s3:::b/ann", PolicyVerdict::kSilent},
      {"2008-10-17", R"("Resource":"arn:aws:s3:::b/${*}")", "arn:aws:s3:::b/${any}", PolicyVerdict::kAllow},
      {"2012-10-17", R"("Resource":"*","Condition":{"StringEquals":{"aws:username":"${aws:username}"}})", "arn:x",
       PolicyVerdict::kAllow},
  };
  for (const auto& row : kCases) {
    const PolicyQuestion question{"s3:PutObject", row.resource, "", {{"aws:username", "ann"}}};
    const std::string policy = std::string(R"({"Version":")") + row.version +
                               R"(","Statement":[{"Effect":"Allow","Action":"*",)" + row.statement + "}]}";
    EXPECT_EQ(ask_policy(policy, question), row.verdict) << policy << " " << row.resource;
  }
}

TEST(Policies, ConditionsOnAbsentKeysAndOnLists) {
  const std::pair<const char*, PolicyVerdict> kCases[] = {
      {R"("StringEquals":{"aws:ResourceTag/a":"1"})", PolicyVerdict::kSilent},
      {R"("StringEqualsIfExists":{"aws:ResourceTag/a":"1"})", PolicyVerdict::kAllow},
      {R"("StringNotEquals":{"aws:ResourceTag/a":"1"})", PolicyVerdict::kAllow},
      {R"("Null":{"aws:ResourceTag/a":"true"})", PolicyVerdict::kAllow},
      {R"("Null":{"aws:TagKeys":"true"})", PolicyVerdict::kSilent},
      {R"("StringEqualsIfExists":{"aws:Username":"bob"})", PolicyVerdict::kSilent},
      {R"("StringLike":{"aws:Username":["b*","a?n"]})", PolicyVerdict::kAllow},
      {R"("StringNotLike":{"aws:Username":["b*","a?n"]})", PolicyVerdict::kSilent},
      {R"("StringEquals":{"aws:Username":"a*"})", PolicyVerdict::kSilent},
      {R"("ForAllValues:StringEquals":{"aws:TagKeys":["k1","k2","k3"]})", PolicyVerdict::kAllow},
      {R"("ForAllValues:StringEquals":{"aws:TagKeys":["k1"]})", PolicyVerdict::kSilent},
      {R"("ForAnyValue:StringEquals":{"aws:TagKeys":["k1"]})", PolicyVerdict::kAllow},
      {R"("ForAnyValue:StringEquals":{"aws:TagKeys":["x"]})", PolicyVerdict::kSilent},
      {R"("ForAllValues:StringEquals":{"aws:Other":["x"]})", PolicyVerdict::kAllow},
      {R"("ForAnyValue:StringEquals":{"aws:Other":["x"]})", PolicyVerdict::kSilent},
      {R"("NumericLessThan":{"aws:Username":"1"})", PolicyVerdict::kSilent},
  };
  for (const auto& [condition, verdict] : kCases) {
    PolicyQuestion question{"s3:PutObject", "arn:x", "", {{"aws:username", "ann"}}};
    question.lists["aws:tagkeys"] = {"k1", "k2"};
    EXPECT_EQ(ask_policy(std::string(R"({"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{)") +
                             condition + "}}]}",
                         question),
              verdict)
        << condition;
  }
}

TEST(Policies, Wildcards) {
  const struct {
    const char *pattern, *text;
    bool matches;
  } kCases[] = {
      {"*", "", true},        {"", "", true},       {"", "a", false},        {"a*c", "abc", true},
      {"a*c", "abcd", false}, {"*b*", "abc", true}, {"a?c", "abc", true},    {"a?c", "ac", false},
      {"a**c", "ac", true},   {"*ab", "aab", true}, {"a*b*c", "abbc", true}, {"A", "a", false},
  };
  for (const auto& row : kCases) {
    EXPECT_EQ(matches_wildcard(row.pattern, row.text), row.matches) << row.pattern << " " << row.text;
  }
}

TEST_F(Iam, SavingBringsEverythingBack) {
  create("r", {{"Tags.member.1.Key", "k"}, {"Tags.member.1.Value", "v"}});
  put_policy(kPolicy);
  const std::string saved = save_iam(world);
  CloudState other{Options{}};
  ASSERT_TRUE(load_iam(other, saved));
  EXPECT_EQ(save_iam(other), saved);
  EXPECT_FALSE(load_iam(other, "[{}]"));
  EXPECT_EQ(save_iam(other), saved);
}

}  // namespace
}  // namespace iam_test
}  // namespace fhctl::sandbox
