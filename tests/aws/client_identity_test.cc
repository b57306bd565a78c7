// Credentials that expire or are rejected, and clocks that are wrong.
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/aws/sigv4.h"
#include "tests/aws/client_scene.h"

namespace fhctl::aws {
namespace client_identity_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

TEST_F(ClientTest, ExpiredTokenIsRefreshedOnce) {
  int refreshed = 0;
  const Credentials fresh{.access_key_id = "AKIDFRESH", .secret_access_key = "another secret"};
  options.refresh_credentials = [&]() -> Result<Credentials> {
    ++refreshed;
    return fresh;
  };
  answers = {coded(400, "ExpiredTokenException"), status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(refreshed, 1);
  http::Request signed_anew = transport.requests[1];
  sign(signed_anew, fresh, {.region = "us-west-2", .service = "firehose"}, driver.wall_now());
  EXPECT_EQ(header(transport.requests[1], "authorization"), header(signed_anew, "authorization"));
  EXPECT_EQ(client->credentials().access_key_id, "AKIDFRESH");

  answers = {coded(400, "ExpiredTokenException")};
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCredentials);
  EXPECT_EQ(refreshed, 2);
  EXPECT_EQ(sent(), 3u);  // the same keys again: sending them would change nothing
}

TEST_F(ClientTest, FreshCredentialsMustBeOfTheSameAccount) {
  options.refresh_credentials = [] { return Credentials{.access_key_id = "AKIDFRESH", .secret_access_key = "x"}; };
  options.account_of = [](const Credentials& fresh) -> Result<std::string> {
    return std::string(fresh.access_key_id == "AKIDFRESH" ? "210987654321" : "123456789012");
  };
  answers = {status(200, "{}")};
  ASSERT_TRUE(run(list_streams()));
  client->set_account("123456789012");
  answers = {coded(400, "ExpiredTokenException"), status(200, "{}")};
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ErrorKind::kCredentials);
  EXPECT_THAT(result.error().message, HasSubstr("are of account 210987654321, not 123456789012"));
  EXPECT_EQ(sent(), 2u);
  EXPECT_EQ(client->credentials().access_key_id, "AKIDEXAMPLE");

  client->set_account("210987654321");
  EXPECT_TRUE(run(list_streams()));
}

TEST_F(ClientTest, RefreshThatFailsEndsTheCall) {
  options.refresh_credentials = []() -> Result<Credentials> {
    return Error{.kind = ErrorKind::kCredentials, .message = "logged out"};
  };
  answers = {coded(400, "ExpiredToken")};
  const Result<http::Response> result = run(list_streams());
  EXPECT_EQ(describe(result.error()), "ListDeliveryStreams: logged out");
  EXPECT_EQ(sent(), 1u);
}

TEST_F(ClientTest, BadKeysAreExplained) {
  answers = {coded(403, "InvalidClientTokenId")};
  const Result<http::Response> result = run(list_streams());
  EXPECT_THAT(result.error().message, HasSubstr("(the key ending in MPLE from a test)"));
  EXPECT_EQ(sent(), 1u);
}

TEST_F(ClientTest, AWrongSignatureIsSentAgainOnlyWhereTheClockMayBeToBlame) {
  const std::string now = format_http_date(test::VirtualDriver::kWallStart);
  answers = {coded(403, "SignatureDoesNotMatch", {{"Date", now}})};
  for (const auto& [behind, requests] : {std::pair{0, 1u}, {3, 1u}, {5, 2u}, {-5, 2u}}) {
    client.reset();
    transport.requests.clear();
    driver.wall_skew = minutes(-behind);
    EXPECT_FALSE(run(list_streams()));
    EXPECT_EQ(sent(), requests) << behind;
  }
}

TEST_F(ClientTest, ClockIsCorrectedOnce) {
  driver.wall_skew = minutes(-30);
  const std::string now = format_http_date(test::VirtualDriver::kWallStart);
  answers = {coded(400, "InvalidSignatureException", {{"Date", now}}), status(200, "{}")};
  answers[0] =
      status(400, R"({"__type":"InvalidSignatureException","message":"Signature expired: x"})", {{"Date", now}});
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(header(transport.requests[0], "x-amz-date"), "20260120T093000Z");
  EXPECT_EQ(header(transport.requests[1], "x-amz-date"), "20260120T100000Z");
  EXPECT_NEAR(seconds_of(*client->clock_offset()), 1800, 1);

  answers = {status(403, R"({"__type":"RequestTimeTooSkewed","message":"no"})", {{"Date", now}})};
  transport.requests.clear();
  const Result<http::Response> result = run(list_streams());
  ASSERT_FALSE(result);
  EXPECT_EQ(sent(), 2u);
  EXPECT_EQ(result.error().kind, ErrorKind::kSkewed);
  EXPECT_THAT(result.error().message, HasSubstr("clock is 30m"));
  EXPECT_THAT(result.error().message, HasSubstr("behind AWS's"));
}

TEST_F(ClientTest, TimeOfS3IsRemembered) {
  answers = {status(200, "{}", {{"Date", "Tue, 20 Jan 2026 10:04:11 GMT"}})};
  ASSERT_TRUE(run(list_streams()));
  EXPECT_EQ(client->server_time(), std::nullopt);
  ASSERT_TRUE(run(get_object("logs-1", "/k")));
  ASSERT_TRUE(client->server_time());
  EXPECT_EQ(format_iso8601(*client->server_time()), "2026-01-20T10:04:11Z");
}

}  // namespace
}  // namespace client_identity_test
}  // namespace fhctl::aws
