// Which deletions a bucket policy denies to everybody.
#include "core/resources/bucket_policy.h"

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace bucket_policy_test {
namespace {

constexpr std::string_view kArn = "arn:aws:s3:::logs";
constexpr std::string_view kOwnKey = "_fhctl/logs/us-west-2/lock";

std::string text(const std::set<std::string>& actions) { return join({actions.begin(), actions.end()}, " "); }

std::string policy(const std::string& statements) {
  return R"({"Version": "2012-10-17", "Statement": )" + statements + "}";
}

TEST(BucketPolicy, DeniedDeletions) {
  const std::string all = R"("Principal": "*", "Resource": ["arn:aws:s3:::logs", "arn:aws:s3:::logs/*"])";
  const std::string both = "s3:DeleteObject s3:DeleteObjectVersion";
  const struct {
    const char* name;
    std::string statements;
    std::string own;
    std::string data;
  } kRows[] = {
      {"one statement, not in a list", R"({"Effect": "Deny", "Action": "s3:DeleteBucket", )" + all + "}",
       "s3:DeleteBucket", ""},
      {"everything", R"([{"Effect": "Deny", "Action": "s3:*", )" + all + "}]", "s3:DeleteBucket " + both, both},
      {"names in any case", R"([{"Effect": "Deny", "Action": ["S3:deleteobject*"], )" + all + "}]", both, both},
      {"a principal in the other form",
       R"([{"Effect": "Deny", "Action": "*", "Principal": {"AWS": ["*"]}, "Resource": "arn:aws:s3:::logs"}])",
       "s3:DeleteBucket", ""},
      {"of a prefix",
       R"([{"Effect": "Deny", "Action": "s3:DeleteObject", "Principal": "*", "Resource": "arn:aws:s3:::logs/a/*"}])",
       "", "s3:DeleteObject"},
      {"by what is not named",
       R"([{"Effect": "Deny", "NotAction": ["s3:Get*", "s3:DeleteBucket"], "Principal": "*",
            "NotResource": "arn:aws:s3:::logs/free/*"}])",
       both, both},
      {"a resource with a question mark",
       R"([{"Effect": "Deny", "Action": "s3:DeleteBucket", "Principal": "*", "Resource": "arn:aws:s3:::log?"}])",
       "s3:DeleteBucket", ""},
      {"an allowance", R"([{"Effect": "Allow", "Action": "s3:*", )" + all + "}]", "", ""},
      {"with a condition",
       R"([{"Effect": "Deny", "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}, )" + all +
           "}]",
       "", ""},
      {"an empty condition", R"([{"Effect": "Deny", "Action": "s3:DeleteBucket", "Condition": {}, )" + all + "}]",
       "s3:DeleteBucket", ""},
      {"of somebody",
       R"([{"Effect": "Deny", "Action": "s3:*", "Principal": {"AWS": "arn:aws:iam::123456789012:user/eve"},
            "Resource": "*"}])",
       "", ""},
      {"of everybody else",
       R"([{"Effect": "Deny", "Action": "s3:*", "NotPrincipal": {"AWS": "123456789012"}, "Resource": "*"}])", "", ""},
      {"of another bucket",
       R"([{"Effect": "Deny", "Action": "s3:*", "Principal": "*", "Resource": ["arn:aws:s3:::logs2/*"]}])", "", ""},
      {"of other actions", R"([{"Effect": "Deny", "Action": ["s3:PutObject", "s3:DeleteObjectTagging"], )" + all + "}]",
       "", ""},
      {"what is no statement", R"([1, null, {"Effect": "Deny"}])", "", ""},
  };
  for (const auto& row : kRows) {
    const DeniedDeletions denied = denied_deletions(policy(row.statements), kArn, kOwnKey);
    EXPECT_EQ(text(denied.own), row.own) << row.name;
    EXPECT_EQ(text(denied.data), row.data) << row.name;
  }
  for (const char* broken : {"", "{", "[]", "{}", R"({"Statement": 1})"}) {
    EXPECT_EQ(text(denied_deletions(broken, kArn, kOwnKey).own), "") << broken;
  }
}

}  // namespace
}  // namespace bucket_policy_test
}  // namespace fhctl::pipeline
