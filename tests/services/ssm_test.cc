#include "core/services/ssm.h"

#include "tests/services/fixture.h"

namespace fhctl::ssm {
namespace ssm_test {
namespace {

using test::answer;
using test::json_fault;

class SsmTest : public test::ServiceTest {};

TEST_F(SsmTest, Reads) {
  auto get = [](aws::Client& client) { return get_parameter(client, "/fhctl/logs"); };
  const auto found =
      with_answer(answer(200, R"({"Parameter":{"Name":"/fhctl/logs","Type":"String","Value":"{}","Version":7}})"), get);
  ASSERT_TRUE(found);
  ASSERT_TRUE(*found);
  EXPECT_EQ((*found)->name, "/fhctl/logs");
  EXPECT_EQ((*found)->value, "{}");
  EXPECT_EQ((*found)->version, 7);
  EXPECT_EQ(header("X-Amz-Target"), "AmazonSSM.GetParameter");
  EXPECT_EQ(header("Content-Type"), "application/x-amz-json-1.1");
  EXPECT_EQ(header("x-amzn-query-mode"), "(none)");
  EXPECT_EQ(request().host, "ssm.eu-central-1.amazonaws.com");
  EXPECT_EQ(request().body, R"({"Name":"/fhctl/logs"})");

  const auto absent = with_answer(json_fault("ParameterNotFound"), get);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
  EXPECT_EQ(with_answer(json_fault("AccessDeniedException"), get).error().kind, ErrorKind::kDenied);
  for (const char* bad : {"{}", R"({"Parameter":null})", R"({"Parameter":{"Value":7}})"}) {
    const auto result = with_answer(answer(200, bad), get);
    ASSERT_FALSE(result) << bad;
    EXPECT_EQ(result.error().kind, ErrorKind::kProtocol) << bad;
  }
}

TEST_F(SsmTest, Writes) {
  auto put = [](aws::Client& client) { return put_parameter(client, "/fhctl/logs", "{}", "of logs"); };
  EXPECT_TRUE(with_answer(answer(200, R"({"Tier":"Standard","Version":1})"), put));
  EXPECT_EQ(header("X-Amz-Target"), "AmazonSSM.PutParameter");
  EXPECT_EQ(request().body, R"({"Description":"of logs","Name":"/fhctl/logs","Overwrite":true,"Tier":"Standard",)"
                            R"("Type":"String","Value":"{}"})");
  // A concurrent write: the request is sent again.
  EXPECT_TRUE(with_answers({json_fault("TooManyUpdates"), answer(200, "{}")}, put));
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_EQ(with_answer(json_fault("ParameterLimitExceeded"), put).error().kind, ErrorKind::kQuota);
}

TEST_F(SsmTest, Deletes) {
  auto remove = [](aws::Client& client) { return delete_parameter(client, "/fhctl/logs"); };
  EXPECT_TRUE(*with_answer(answer(200), remove));
  EXPECT_EQ(request().body, R"({"Name":"/fhctl/logs"})");
  EXPECT_FALSE(*with_answer(json_fault("ParameterNotFound"), remove));
  EXPECT_EQ(with_answer(json_fault("AccessDeniedException"), remove).error().kind, ErrorKind::kDenied);
}

TEST(Ssm, NamesOfParameters) {
  for (const char* good : {"/fhctl/logs/manifest", "/a", "/A.b-c_d/9"}) EXPECT_FALSE(parameter_name_problem(good));
  for (const char* bad : {"", "/", "logs", "/aws/x", "/SSM/x", "/a b", "/\xc3\xa4"}) {
    EXPECT_TRUE(parameter_name_problem(bad)) << bad;
  }
  EXPECT_TRUE(parameter_name_problem("/" + std::string(512, 'a')));
}

}  // namespace
}  // namespace ssm_test
}  // namespace fhctl::ssm
