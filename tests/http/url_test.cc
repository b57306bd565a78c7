#include "core/http/url.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace fhctl::http {
namespace url_test {
namespace {

TEST(ParseUrl, TakesWhatAnEndpointMayBe) {
  struct Row {
    std::string text;
    Url url;
    std::string again;
  };
  const std::vector<Row> rows = {
      {"https://S3.eu-west-1.amazonaws.com",
       {"https", "s3.eu-west-1.amazonaws.com", 0, ""},
       "https://s3.eu-west-1.amazonaws.com"},
      {"HTTP://localhost:4566/", {"http", "localhost", 4566, ""}, "http://localhost:4566"},
      {"http://[::1]:8080/base/", {"http", "[::1]", 8080, "/base"}, "http://[::1]:8080/base"},
      {"https://[2001:DB8::1]", {"https", "[2001:db8::1]", 0, ""}, "https://[2001:db8::1]"},
      {"https://host:443", {"https", "host", 0, ""}, "https://host"},
      {"http://host:443//", {"http", "host", 443, ""}, "http://host:443"},
      {"https://host/a@b", {"https", "host", 0, "/a@b"}, "https://host/a@b"},
  };
  for (const Row& row : rows) {
    const Result<Url> url = parse_url(row.text);
    ASSERT_TRUE(url) << row.text << ": " << url.error().message;
    EXPECT_EQ(*url, row.url) << row.text;
    EXPECT_EQ(format_url(*url), row.again);
  }
}

TEST(ParseUrl, SaysWhatIsWrongAndNeverRepeatsASecret) {
  struct Row {
    std::string text;
    std::string problem;
  };
  const std::vector<Row> rows = {
      {"", "does not begin with"},
      {"host", "does not begin with"},
      {"ftp://host", "does not begin with"},
      {"https:/host", "does not begin with"},
      {"https://", "names no host"},
      {"https://:80", "names no host"},
      {"https://me:hunter2@host", "user name or a password"},
      {"https://hunter2@host", "user name or a password"},
      {"https://host?hunter2", "has a query"},
      {"https://host/a#hunter2", "has a fragment"},
      {"https://host:", "has no port"},
      {"https://host:0", "has no port"},
      {"https://host:65536", "has no port"},
      {"https://host:-1", "has no port"},
      {"https://host:80:81", "has no port"},
      {"https://ho st", "a space"},
      {"https://host/\n", "a control character"},
      {"https://host\\@evil", "a backslash"},
      {"https://hóst", "outside ASCII"},
      {"https://ho%73t", "not a host name"},
      {"https://a..b", "not a host name"},
      {"https://[::1", "not a host name"},
      {"https://[nonsense]", "not a host name"},
      {"https://[::1]x", "not a host name"},
  };
  for (const Row& row : rows) {
    const Result<Url> url = parse_url(row.text);
    ASSERT_FALSE(url) << row.text;
    EXPECT_EQ(url.error().kind, ErrorKind::kUsage);
    EXPECT_NE(url.error().message.find(row.problem), std::string::npos) << row.text << ": " << url.error().message;
    EXPECT_EQ(url.error().message.find("hunter2"), std::string::npos);
  }
}

TEST(IsLoopback, HoldsForThisMachineOnly) {
  for (const std::string host :
       {"localhost", "LOCALHOST", "bucket.localhost", "127.0.0.1", "127.255.0.9", "[::1]", "[0:0:0:0:0:0:0:1]"}) {
    EXPECT_TRUE(is_loopback(host)) << host;
  }
  for (const std::string host : {"", "localhost.com", "notlocalhost", "127.0.0.1.evil.com", "127.1", "128.0.0.1",
                                 "0.0.0.0", "::1", "[::2]", "[::ffff:127.0.0.1]", "2130706433"}) {
    EXPECT_FALSE(is_loopback(host)) << host;
  }
}

TEST(IsIpAddress, WantsFourNumbersOrBrackets) {
  EXPECT_TRUE(is_ip_address("10.0.0.1"));
  EXPECT_TRUE(is_ip_address("[fd00:ec2::254]"));
  EXPECT_FALSE(is_ip_address("10.0.0"));
  EXPECT_FALSE(is_ip_address("fd00:ec2::254"));
  EXPECT_FALSE(is_ip_address("host"));
}

}  // namespace
}  // namespace url_test
}  // namespace fhctl::http
