// The sandbox's Parameter Store: stored values and refused requests.
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "sandbox/ssm/ssm.h"
#include "sandbox/ssm/ssm_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace ssm_test {
namespace {

struct SsmWorld {
  CloudState world{Options{}};
  std::string region = "us-west-2";

  SsmWorld() { world.now = *parse_iso8601("2026-01-20T10:00:00.5Z"); }

  http::Response ask(const std::string& operation, const Json& body) {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", "AmazonSSM." + operation);
    request.body = body.dump();
    return handle_ssm(world, {request, region, "arn:aws:iam::123456789012:user/sandbox"});
  }

  // "ok", or the error's code.
  std::string outcome(const std::string& operation, const Json& body) {
    const http::Response response = ask(operation, body);
    return response.status == 200 ? "ok" : get_string(Json::parse(response.body), "__type").value_or("?");
  }

  Json get(const std::string& name) { return Json::parse(ask("GetParameter", {{"Name", name}}).body)["Parameter"]; }
};

Json put_body(const std::string& name, const std::string& value) {
  return {{"Name", name}, {"Value", value}, {"Type", "String"}};
}

TEST(Ssm, AParameterIsPutReadOverwrittenAndDeleted) {
  SsmWorld aws;
  EXPECT_EQ(aws.outcome("GetParameter", {{"Name", "/a/b"}}), "ParameterNotFound");
  const Json made = Json::parse(aws.ask("PutParameter", put_body("/a/b", "one")).body);
  EXPECT_EQ(made, Json::parse(R"({"Version":1,"Tier":"Standard"})"));
  EXPECT_EQ(aws.get("/a/b"), Json::parse(R"({"Name":"/a/b","Type":"String","Value":"one","Version":1,"DataType":"text",
                            "LastModifiedDate":1768903200.5,
                            "ARN":"arn:aws:ssm:us-west-2:123456789012:parameter/a/b"})"));
  EXPECT_EQ(aws.outcome("PutParameter", put_body("/a/b", "two")), "ParameterAlreadyExists");
  EXPECT_EQ(aws.get("/a/b")["Value"], "one");
  EXPECT_EQ(aws.outcome("PutParameter", {{"Name", "/a/b"}, {"Value", "two"}, {"Overwrite", true}}), "ok");
  EXPECT_EQ(aws.get("/a/b")["Value"], "two");
  EXPECT_EQ(aws.get("/a/b")["Version"], 2);
  EXPECT_EQ(aws.outcome("DeleteParameter", {{"Name", "/a/b"}}), "ok");
  EXPECT_EQ(aws.outcome("DeleteParameter", {{"Name", "/a/b"}}), "ParameterNotFound");
}

TEST(Ssm, RegionsAreApart) {
  SsmWorld aws;
  EXPECT_EQ(aws.outcome("PutParameter", put_body("/a", "x")), "ok");
  aws.region = "eu-west-1";
  EXPECT_EQ(aws.outcome("GetParameter", {{"Name", "/a"}}), "ParameterNotFound");
}

TEST(Ssm, RefusesWhatAwsRefuses) {
  struct {
    const char* member;
    Json value;
    const char* code;
  } const cases[] = {
      {"Name", "aws/x", "ValidationException"},
      {"Name", "/AWSx", "ValidationException"},
      {"Name", "/ssm-x", "ValidationException"},
      {"Name", "a/b", "ValidationException"},
      {"Name", "/a//b", "ValidationException"},
      {"Name", "/a b", "ValidationException"},
      {"Name", "", "ValidationException"},
      {"Name", "/" + std::string(1011, 'a'), "ValidationException"},
      {"Name", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16", "HierarchyLevelLimitExceededException"},
      {"Name", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15", "ok"},
      {"Value", "", "ValidationException"},
      {"Value", std::string(4097, 'x'), "ValidationException"},
      {"Value", std::string(4096, 'x'), "ok"},
      {"Value", "{{other}}", "ValidationException"},
      {"Value", R"({"a":{"b":1}})", "ok"},
      {"Value", nullptr, "ValidationException"},
      {"Type", nullptr, "ValidationException"},
      {"Type", "Number", "ValidationException"},
      {"Type", "SecureString", "ValidationException"},
      {"Tier", "Standard", "ok"},
      {"Tier", "Advanced", "ValidationException"},
      {"Unknown", 1, "SerializationException"},
      {"Tags", Json::parse(R"([{"Key":"a","Value":"b"}])"), "ok"},
      {"Tags", Json::parse(R"([{"Key":"aws:a","Value":"b"}])"), "ValidationException"},
      {"Overwrite", true, "ok"},
  };
  for (const auto& each : cases) {
    SsmWorld aws;
    Json body = put_body("/a", "x");
    body[each.member] = each.value;
    EXPECT_EQ(aws.outcome("PutParameter", body), each.code) << each.member << each.value;
  }
}

TEST(Ssm, TagsAndOverwriteDoNotGoTogether) {
  SsmWorld aws;
  Json body = put_body("/a", "x");
  body["Tags"] = Json::parse(R"([{"Key":"a","Value":"b"}])");
  body["Overwrite"] = true;
  EXPECT_EQ(aws.outcome("PutParameter", body), "ValidationException");
  EXPECT_EQ(aws.outcome("GetParameter", {{"Name", "/a"}}), "ParameterNotFound");
}

TEST(Ssm, KnowsThreeOperations) {
  SsmWorld aws;
  EXPECT_EQ(aws.outcome("GetParameters", Json::object()), "UnknownOperationException");
}

TEST(Ssm, ParametersAreSavedAndLoaded) {
  SsmWorld aws;
  aws.ask("PutParameter", put_body("/a", "x"));
  aws.ask("PutParameter", {{"Name", "/a"}, {"Value", "é"}, {"Overwrite", true}});
  const Json before = aws.get("/a");
  const std::string saved = save_ssm(aws.world);
  aws.world.ssm->parameters.clear();
  ASSERT_TRUE(load_ssm(aws.world, saved));
  EXPECT_EQ(aws.get("/a"), before);
  EXPECT_EQ(save_ssm(aws.world), saved);
  EXPECT_FALSE(load_ssm(aws.world, "[{}]"));
}

}  // namespace
}  // namespace ssm_test
}  // namespace fhctl::sandbox
