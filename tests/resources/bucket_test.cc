// Creating and tagging a bucket, request by request, and how fhctl's own objects are encrypted.
#include "core/resources/bucket.h"

#include "core/base/text.h"
#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace bucket_test {
namespace {

using test::answer;
using test::s3_fault;

constexpr const char* kName = "logs-123456789012-us-gov-west-1";
constexpr const char* kEmptyList =
    "<ListVersionsResult><IsTruncated>false</IsTruncated><EncodingType>url</EncodingType></ListVersionsResult>";

http::Response denied(const std::string& message) {
  return answer(403, "<Error><Code>AccessDenied</Code><Message>" + message + "</Message></Error>");
}

http::Response tags_answer(const Tags& tags) {
  std::string set;
  for (const auto& [key, value] : tags) set += "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
  return answer(200, "<Tagging><TagSet>" + set + "</TagSet></Tagging>");
}

class BucketTest : public test::ServiceTest {
 protected:
  BucketTest() {
    region = "us-gov-west-1";
    spec.name = "logs";
    spec.bucket = kName;
    identity = {"123456789012", "aws-us-gov", region, ""};
  }

  ResourceGoal goal() const { return {spec, identity, {"logs", region, "id1"}, tags, {}}; }

  Result<std::string> create(std::deque<Result<http::Response>> answers) {
    return with_answers(std::move(answers),
                        [&](aws::Client& client) { return create_bucket(client, client.control(), goal()); });
  }

  Result<void> write_tags(std::deque<Result<http::Response>> answers) {
    return with_answers(std::move(answers), [&](aws::Client& client) {
      return write_bucket_tags(client, {"logs", "123456789012"}, {{"same", "1"}, {"old", "1"}, {"other", "1"}},
                               {{"same", "1"}, {"other", "2"}, {"new", "1"}});
    });
  }

  // "PUT /", "PUT /?tagging": method and target of each request.
  std::vector<std::string> sent() const {
    std::vector<std::string> all;
    for (const http::Request& each : requests) all.push_back(each.method + " " + each.target());
    return all;
  }

  Spec spec;
  Identity identity;
  Tags tags = {{kPipelineTag, "logs"}, {kRegionTag, "us-gov-west-1"}, {kIdTag, "id1"}};
};

using Sent = std::vector<std::string>;

TEST_F(BucketTest, IsTaggedAfterItsCreationWhereTagsAreRefused) {
  for (const http::Response& refusal :
       {s3_fault("UnsupportedArgument", 400), denied("User: x is not authorized to perform: s3:TagResource on y"),
        denied("not authorized to perform: s3:CreateBucket with an explicit deny in a service control policy")}) {
    const Result<std::string> made = create(
        {refusal, answer(200), answer(200, kEmptyList), s3_fault("NoSuchTagSet", 404), answer(204), tags_answer(tags)});
    ASSERT_TRUE(made) << describe(made.error());
    EXPECT_EQ(*made, "id1");
    EXPECT_EQ(sent(), (Sent{"PUT /", "PUT /", "GET /?encoding-type=url&versions", "GET /?tagging", "PUT /?tagging",
                            "GET /?tagging"}));
    EXPECT_TRUE(contains(request(0).body, "<Tags>"));
    EXPECT_FALSE(contains(request(1).body, "<Tags>"));
    EXPECT_TRUE(contains(request(4).body, "fhctl:id"));
  }
}

TEST_F(BucketTest, OfSomebodyElseIsNeverTagged) {
  const http::Response refused = s3_fault("UnsupportedArgument", 400);
  const auto refuses = [&](std::deque<Result<http::Response>> answers) {
    const Result<std::string> made = create(std::move(answers));
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().kind, ErrorKind::kPrecondition);
    EXPECT_TRUE(contains(made.error().hint, "--adopt-bucket")) << made.error().hint;
    for (const std::string& request : sent()) EXPECT_NE(request, "PUT /?tagging");
  };
  refuses({refused, s3_fault("BucketAlreadyOwnedByYou", 409)});
  refuses({refused, Error{.kind = ErrorKind::kNetwork, .message = "lost"}, answer(200)});  // HeadBucket finds it
  refuses({refused, answer(200), answer(200, kEmptyList), tags_answer({{"team", "web"}})});
  refuses({refused, answer(200),
           answer(200,
                  "<ListVersionsResult><IsTruncated>false</IsTruncated><Version><Key>k</Key><VersionId>null</VersionId>"
                  "</Version></ListVersionsResult>"),
           s3_fault("NoSuchTagSet", 404)});
}

TEST_F(BucketTest, ThatCannotBeTaggedIsDeletedAgain) {
  const Result<std::string> made = create({s3_fault("UnsupportedArgument", 400), answer(200), answer(200, kEmptyList),
                                           s3_fault("NoSuchTagSet", 404), denied("no"), denied("no"), answer(204)});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().kind, ErrorKind::kDenied);
  EXPECT_TRUE(contains(describe(made.error()), "deleted again")) << describe(made.error());
  EXPECT_EQ(sent().back(), "DELETE /");
}

TEST_F(BucketTest, OtherErrorsOfItsCreationAreNotAboutTags) {
  const Result<std::string> made = create({denied("not authorized to perform: s3:CreateBucket on x")});
  EXPECT_EQ(made.error().kind, ErrorKind::kDenied);
  EXPECT_TRUE(contains(made.error().hint, "--bucket logs-123456789012-us-gov-west-1-an")) << made.error().hint;
  EXPECT_EQ(requests.size(), 1u);
  const Result<std::string> policy =
      create({denied("because no identity-based policy allows the s3:CreateBucket action")});
  EXPECT_FALSE(contains(policy.error().hint, "-an"));
  EXPECT_EQ(create({s3_fault("TooManyBuckets", 400)}).error().kind, ErrorKind::kQuota);
  EXPECT_EQ(requests.size(), 1u);
}

TEST_F(BucketTest, TagsAreReplacedAsAWhole) {
  EXPECT_TRUE(write_tags({answer(204)}));
  EXPECT_EQ(sent(), Sent{"PUT /?tagging"});
  EXPECT_EQ(write_tags({s3_fault("InvalidTag", 400)}).error().aws_code, "InvalidTag");
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_EQ(write_tags({s3_fault("NoSuchBucket", 404)}).error().kind, ErrorKind::kNotFound);
}

TEST_F(BucketTest, TagsUnderAttributeBasedAccessControlAreChangedOneByOne) {
  const std::string path = "/v20180820/tags/arn%3Aaws-us-gov%3As3%3A%3A%3Alogs";
  const http::Response on = answer(200, "<AbacStatus><Status>Enabled</Status></AbacStatus>");
  const http::Response off = answer(200, "<AbacStatus><Status>Disabled</Status></AbacStatus>");
  const Sent changed = {"PUT /?tagging", "GET /?abac", "POST " + path, "DELETE " + path + "?tagKeys=old"};
  for (const http::Response& refusal :
       {s3_fault("MethodNotAllowed", 405), s3_fault("InvalidRequest", 400), denied("x")}) {
    EXPECT_TRUE(write_tags({refusal, on, answer(204), answer(204)}));
    EXPECT_EQ(sent(), changed);
    EXPECT_TRUE(contains(request(2).body, "<Key>new</Key>") && contains(request(2).body, "<Key>other</Key>"));
    EXPECT_FALSE(contains(request(2).body, "same"));
  }
  EXPECT_EQ(write_tags({denied("x"), off}).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(write_tags({s3_fault("MethodNotAllowed", 405), off}).error().aws_code, "MethodNotAllowed");
  EXPECT_EQ(write_tags({s3_fault("MethodNotAllowed", 405), on, denied("x")}).error().kind, ErrorKind::kDenied);

  // GetBucketAbac may be denied: a refusal that is no denial still says enough.
  EXPECT_TRUE(write_tags({s3_fault("MethodNotAllowed", 405), denied("x"), answer(204), answer(204)}));
  EXPECT_EQ(sent(), changed);
  EXPECT_EQ(write_tags({denied("x"), denied("y")}).error().kind, ErrorKind::kDenied);
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_EQ(write_tags({s3_fault("MethodNotAllowed", 405), denied("x"), denied("y")}).error().aws_code,
            "MethodNotAllowed");
}

TEST_F(BucketTest, KeyForTheDeliveryRole) {
  const auto key = [&](const std::string& algorithm, const std::string& id) {
    return bucket_key_arn({algorithm, id, false}, identity);
  };
  const std::string arn = "arn:aws-us-gov:kms:us-gov-west-1:210987654321:key/1";
  EXPECT_EQ(key("aws:kms", arn), arn);
  EXPECT_EQ(key("aws:kms:dsse", "1234"), "arn:aws-us-gov:kms:us-gov-west-1:123456789012:key/1234");
  for (const char* other : {"", "alias/aws/s3", "alias/ours", "arn:aws-us-gov:kms:us-gov-west-1:1:alias/ours"}) {
    EXPECT_EQ(key("aws:kms", other), "") << other;
  }
  EXPECT_EQ(key("AES256", ""), "");
  EXPECT_EQ(key("", ""), "");
}

TEST(OwnObjects, AreEncryptedWithTheKeyOfTheSpecOrAsTheBucketDoes) {
  const s3::Encryption none, aes{"AES256", "", false}, k1{"aws:kms", "K1", false}, k2{"aws:kms", "K2", false};
  const s3::Encryption dsse{"aws:kms:dsse", "", false};
  const struct {
    const char* name;
    std::string kms_key;
    s3::Encryption bucket, stored, expected;
  } kRows[] = {
      {"nothing known", "", none, none, none},
      {"the default is named", "", aes, none, aes},
      {"the default key is named", "", k1, none, k1},
      {"AWS's key", "", dsse, none, dsse},
      {"the key of the spec", "K1", aes, none, k1},
      {"the key of the spec before another default", "K1", k2, none, k1},
      {"the key of the spec, default unknown", "K1", none, none, k1},
      {"as stored with the key of the spec", "K1", aes, k1, k1},
      {"the key of the spec was changed", "K2", aes, k1, k2},
      {"an earlier version stored it with the default", "K1", aes, aes, aes},
      {"an earlier version stored it with the default key", "K1", k2, k2, k2},
      {"an earlier version, default unknown", "K1", none, aes, aes},
      {"an earlier version, default unknown key", "K1", none, k2, none},
      {"the default was changed to a key", "", k1, aes, k1},
  };
  for (const auto& row : kRows) {
    Spec spec;
    spec.kms_key = row.kms_key;
    EXPECT_EQ(own_object_encryption(spec, row.bucket, row.stored), row.expected) << row.name;
  }
}

}  // namespace
}  // namespace bucket_test
}  // namespace fhctl::pipeline
