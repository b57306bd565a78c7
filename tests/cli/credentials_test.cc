// Which credentials a command uses: the chain is asked inside the loop, once before the command and again after
// ExpiredToken.
#include <algorithm>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace credentials_test {
namespace {

using testing::HasSubstr;

constexpr const char* kFile = "/h/.aws/credentials";

std::string credentials_file(const std::string& key_id) {
  return "[default]\naws_access_key_id = " + key_id + "\naws_secret_access_key = secret\n";
}

http::Response answer(int status, std::string body) {
  http::Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

http::Response identity_answer() {
  return answer(200,
                "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::123456789012:user/dev</Arn>"
                "<UserId>AIDAEXAMPLE</UserId><Account>123456789012</Account></GetCallerIdentityResult>"
                "</GetCallerIdentityResponse>");
}

http::Response expired_answer() {
  return answer(403,
                "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredToken</Code>"
                "<Message>The security token included in the request is expired</Message></Error></ErrorResponse>");
}

// The access key id in the Authorization header.
std::string key_of(const http::Request& request) {
  const std::string header = request.headers.find("authorization").value_or("");
  const std::size_t begin = header.find("Credential=") + 11;
  return header.substr(begin, header.find('/', begin) - begin);
}

TEST(CommandCredentials, AreResolvedAgainAfterExpiredToken) {
  TestPlatform test;
  test.environment.values = {{"HOME", "/h"}, {"AWS_REGION", "us-west-2"}};
  test.files.files[kFile] = credentials_file("AKIDOLD");
  std::vector<std::string> keys;
  test.script = [&](const http::Request& request) -> Result<http::Response> {
    keys.push_back(key_of(request));
    if (keys.back() == "AKIDNEW") return identity_answer();
    test.files.files[kFile] = credentials_file("AKIDNEW");
    return expired_answer();
  };
  EXPECT_EQ(test.run({"doctor", "--print-policy", "producer"}), 0) << test.err();
  // The second answers; what it reads besides, for the policy, has no answer here.
  ASSERT_GE(keys.size(), 2u);
  EXPECT_EQ(keys.front(), "AKIDOLD");
  EXPECT_EQ(std::count(keys.begin(), keys.end(), "AKIDOLD"), 1);
}

TEST(CommandCredentials, WithoutAnyNothingIsSent) {
  TestPlatform test;
  test.environment.values = {{"HOME", "/h"}, {"AWS_REGION", "us-west-2"}};
  int sent = 0;
  test.script = [&](const http::Request&) -> Result<http::Response> {
    ++sent;
    return make_error(ErrorKind::kNetwork, "no network");
  };
  EXPECT_EQ(test.run({"up"}), 77);
  EXPECT_THAT(test.err(), HasSubstr("no AWS credentials found (looked in: environment, /h/.aws/credentials [default], "
                                    "/h/.aws/config [default])"));
  EXPECT_EQ(sent, 0);
}

TEST(CommandCredentials, DoctorNamesTheirSource) {
  TestPlatform test;
  test.environment.values = {{"HOME", "/h"}, {"AWS_REGION", "us-west-2"}};
  test.files.files[kFile] = credentials_file("AKIDEXAMPLE");
  EXPECT_EQ(test.run({"doctor"}), 69) << test.err();
  EXPECT_THAT(test.out(), HasSubstr("from /h/.aws/credentials [default], key ending in MPLE"));
}

TEST(CommandCredentials, DoctorLooksForThemWithoutARegionToo) {
  TestPlatform test;
  test.environment.values = {{"HOME", "/h"}};
  EXPECT_EQ(test.run({"doctor"}), 64) << test.err();
  EXPECT_THAT(test.out(), HasSubstr("no region"));
  EXPECT_THAT(test.out(), HasSubstr("no AWS credentials found"));
}

}  // namespace
}  // namespace credentials_test
}  // namespace fhctl::cli
