#include "core/http/message.h"

#include <gtest/gtest.h>

namespace fhctl::http {
namespace message_test {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndKeepTheirOrder) {
  Headers headers;
  headers.add("X-A", "1");
  headers.add("Host", "h");
  headers.add("x-a", "2");
  EXPECT_EQ(headers.find("x-A"), "1");
  EXPECT_EQ(headers.find("absent"), std::nullopt);
  headers.set("x-a", "3");
  EXPECT_EQ(headers.all, (std::vector<Header>{{"x-a", "3"}, {"Host", "h"}}));
  headers.set("new", "4");
  headers.remove("HOST");
  EXPECT_EQ(headers.all, (std::vector<Header>{{"x-a", "3"}, {"new", "4"}}));
}

TEST(Request, NamesItsAuthorityAndTarget) {
  Request request{.host = "s3.amazonaws.com", .path = "/a%20b", .query = "versions"};
  EXPECT_EQ(request.authority(), "s3.amazonaws.com");
  EXPECT_EQ(request.target(), "/a%20b?versions");
  EXPECT_EQ(request.url(), "https://s3.amazonaws.com/a%20b?versions");
  request.port = 443;
  EXPECT_EQ(request.authority(), "s3.amazonaws.com");
  request.scheme = "http";
  EXPECT_EQ(request.authority(), "s3.amazonaws.com:443");
  request.port = 80;
  EXPECT_EQ(request.authority(), "s3.amazonaws.com");
}

}  // namespace
}  // namespace message_test
}  // namespace fhctl::http
