#include "core/aws/sigv4.h"

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace sigv4_test {
namespace {

constexpr WallTime kTime{std::chrono::milliseconds(1'440'938'160'000)};  // 2015-08-30T12:36:00Z
const SigningScope kGeneral = {.region = "us-east-1", .service = "service"};
const SigningScope kS3 = {.region = "us-east-1",
                          .service = "s3",
                          .double_encode_path = false,
                          .normalize_path = false,
                          .sign_content_hash = true};
const Credentials kCredentials = {.access_key_id = "AKIDEXAMPLE",
                                  .secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"};

http::Request request_for(std::string path, std::string query = "") {
  http::Request request;
  request.host = "example.amazonaws.com";
  request.path = std::move(path);
  request.query = std::move(query);
  return request;
}

std::string canonical_line(const http::Request& request, const SigningScope& scope, std::size_t line) {
  return split(canonical_request(request, scope, "hash"), '\n').at(line);
}

TEST(SigV4, PathIsNormalizedAndEncodedAgain) {
  const std::pair<std::string, std::string> cases[] = {
      {"", "/"},           {"/", "/"},     {"//", "/"},        {"/a/./b/../c", "/a/c"}, {"/../..", "/"},
      {"/a//b/", "/a/b/"}, {"/a/..", "/"}, {"/a b", "/a%20b"}, {"/a%20b", "/a%2520b"},  {"/a/.", "/a"},
      {"/a/b/..", "/a"},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(canonical_line(request_for(path), kGeneral, 1), expected) << path;
  }
}

TEST(SigV4, PathOfS3StaysAsItIs) {
  const std::pair<std::string, std::string> cases[] = {
      {"/a/../b", "/a/../b"}, {"//a//", "//a//"},     {"/a%20b", "/a%20b"},
      {"/%252e", "/%252e"},   {"/a%2bb", "/a%2Bb"},   {"/%E1%88%B4", "/%E1%88%B4"},
      {"/a+b", "/a%2Bb"},     {"/%01%0D", "/%01%0D"}, {"/a$b", "/a%24b"},
  };
  for (const auto& [path, expected] : cases) {
    EXPECT_EQ(canonical_line(request_for(path), kS3, 1), expected) << path;
  }
}

// Signatures of botocore for GET requests with unusual keys.
TEST(SigV4, OddKeysOfS3SignAsInBotocore) {
  const std::pair<std::string, std::string> cases[] = {
      {"/a%20b%2Bc/../x%2541%0D.txt", "d3be5371c84b57e844ca4b521cd283730c0ae5f6877db8ecd6ef37cc2d29ae86"},
      {"/%01%C3%A9~", "76444a7110432a9ae6d8be8d0dadb24e42fed04eb7384ec1a67d28b2167546db"},
      {"/dir//x", "79dbfcf984c4d8c34ad7ab820a9c93bc799487a1de05e560cf4205d1fb4d06c7"},
      {"/%24%26%3D%40%3A%3B%2C", "300b869186ae645391e09cb5047338ed05dbfb6aa0b503746da117405006ab4a"},
      {"/%252e%252e/", "9994ec0df405eca62fffdaf112ca2e93027c14107ff20dbd0cba0faf5b2d6d5a"},
  };
  for (const auto& [path, expected] : cases) {
    http::Request request = request_for(path);
    request.host = "b.s3.us-east-1.amazonaws.com";
    EXPECT_EQ(sign(request, kCredentials, kS3, kTime).signature, expected) << path;
  }
}

TEST(SigV4, QueryIsSortedAndEncodedOnce) {
  const std::pair<std::string, std::string> cases[] = {
      {"", ""},
      {"tagging", "tagging="},
      {"delete&", "delete="},
      {"b=2&a=1", "a=1&b=2"},
      {"a=2&a=1&A=3", "A=3&a=1&a=2"},
      {"prefix=a%2Fb&x=1+2", "prefix=a%2Fb&x=1%2B2"},
      {"k=a=b", "k=a%3Db"},
      {"k=%e1%88%b4", "k=%E1%88%B4"},
      {"a-b=1&a=2", "a=2&a-b=1"},
  };
  for (const auto& [query, expected] : cases) {
    EXPECT_EQ(canonical_line(request_for("/", query), kGeneral, 2), expected) << query;
  }
}

TEST(SigV4, HeadersAreTrimmedJoinedAndSorted) {
  http::Request request = request_for("/");
  request.headers.add("X-B", "  a   b\tc ");
  request.headers.add("x-a", "1");
  request.headers.add("X-A", "2");
  request.headers.add("X-Folded", "one\n  two");
  request.headers.add("User-Agent", "not signed");
  request.headers.add("Expect", "100-continue");
  EXPECT_EQ(canonical_request(request, kGeneral, "hash"),
            "GET\n/\n\nx-a:1,2\nx-b:a b c\nx-folded:one two\n\nx-a;x-b;x-folded\nhash");
}

TEST(SigV4, SigningAgainReplacesWhatTheFirstTimeAdded) {
  http::Request once = request_for("/");
  sign(once, kCredentials, kS3, kTime + std::chrono::hours(24));

  http::Request twice = request_for("/");
  Credentials old = kCredentials;
  old.session_token = "token";
  sign(twice, old, kS3, kTime);
  EXPECT_EQ(twice.headers.find("x-amz-security-token"), "token");
  EXPECT_TRUE(contains(*twice.headers.find("authorization"), "x-amz-security-token"));
  sign(twice, kCredentials, kS3, kTime + std::chrono::hours(24));

  EXPECT_EQ(twice.headers.find("x-amz-security-token"), std::nullopt);
  EXPECT_EQ(twice.headers.find("authorization"), once.headers.find("authorization"));
  EXPECT_EQ(twice.headers.all.size(), once.headers.all.size());
}

// A signing key is valid for a day, a region and a service; the cache holds fewer than forty.
TEST(SigV4, KeptKeysSignAsFreshOnesDo) {
  SigningKeys keys;
  const auto expect_same = [&keys](const Credentials& credentials, const SigningScope& scope, WallTime time) {
    http::Request request = request_for("/");
    const std::string fresh = sign(request, credentials, scope, time).signature;
    EXPECT_EQ(sign(request, credentials, scope, time, keys).signature, fresh) << scope.service << " " << scope.region;
    EXPECT_EQ(sign(request, credentials, scope, time, keys).signature, fresh) << "the second time";
  };
  SigningScope elsewhere = kGeneral;
  elsewhere.region = "eu-central-1";
  for (int day = 0; day < 40; ++day) {
    for (const SigningScope& scope : {kGeneral, kS3, elsewhere}) {
      expect_same(kCredentials, scope, kTime + std::chrono::hours(24 * day));
    }
  }
  Credentials others = kCredentials;
  others.secret_access_key = "another secret";
  keys.forget();
  expect_same(others, kGeneral, kTime);
}

TEST(SigV4, ContentHashOfS3IsThatOfTheBody) {
  http::Request request = request_for("/key");
  request.method = "PUT";
  request.body = "body";
  const SigningSteps steps = sign(request, kCredentials, kS3, kTime);
  EXPECT_EQ(request.headers.find("x-amz-content-sha256"), to_hex(sha256("body")));
  EXPECT_EQ(steps.signed_headers, "host;x-amz-content-sha256;x-amz-date");
  EXPECT_TRUE(ends_with(steps.canonical_request, to_hex(sha256("body"))));
}

TEST(SigV4, HostHasThePortOnlyWhenItIsUnusual) {
  http::Request request = request_for("/");
  request.port = 8443;
  sign(request, kCredentials, kGeneral, kTime);
  EXPECT_EQ(request.headers.find("host"), "example.amazonaws.com:8443");
  request.port = 443;
  sign(request, kCredentials, kGeneral, kTime);
  EXPECT_EQ(request.headers.find("host"), "example.amazonaws.com");
}

}  // namespace
}  // namespace sigv4_test
}  // namespace fhctl::aws
