#include "core/services/s3.h"

#include "core/base/digest.h"
#include "core/base/text.h"
#include "tests/services/fixture.h"

namespace fhctl::s3 {
namespace s3_test {
namespace {

using test::answer;
using test::s3_fault;

#define S3_XMLNS " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\""

const BucketRef kBucket{"logs-bucket", "123456789012"};

class S3Test : public test::ServiceTest {
 protected:
  void expect_checksum() { EXPECT_EQ(header("Content-MD5"), to_base64(md5(request().body))); }
};

TEST_F(S3Test, HeadBucketReadsTheStatus) {
  using Answer = HeadBucketResult::Answer;
  auto head = [](aws::Client& client) { return head_bucket(client, kBucket); };
  const http::Header here{"x-amz-bucket-region", "eu-central-1"};
  const http::Header there{"x-amz-bucket-region", "us-west-2"};

  auto ours = with_answer(answer(200, "", {here}), head);
  ASSERT_TRUE(ours);
  EXPECT_EQ(ours->answer, Answer::kOurs);
  EXPECT_EQ(ours->region, "eu-central-1");
  EXPECT_EQ(request().method, "HEAD");
  EXPECT_EQ(request().host, "logs-bucket.s3.eu-central-1.amazonaws.com");
  EXPECT_EQ(request().path, "/");
  EXPECT_EQ(header("x-amz-expected-bucket-owner"), "123456789012");

  EXPECT_EQ(with_answer(answer(404), head)->answer, Answer::kAbsent);
  EXPECT_EQ(with_answer(answer(403, "", {here}), head)->answer, Answer::kForbidden);
  EXPECT_EQ(with_answer(answer(301), head)->answer, Answer::kOtherRegion);

  // The client sends the request to the region that S3 named; the bucket is still in an unexpected region.
  for (int status : {301, 400}) {
    auto elsewhere = with_answers({answer(status, "", {there}), answer(200, "", {there})}, head);
    ASSERT_TRUE(elsewhere) << status;
    EXPECT_EQ(elsewhere->answer, Answer::kOtherRegion);
    EXPECT_EQ(elsewhere->region, "us-west-2");
    EXPECT_EQ(request(1).host, "logs-bucket.s3.us-west-2.amazonaws.com");
  }
  EXPECT_EQ(with_answers({answer(301, "", {there}), answer(403, "", {there})}, head)->answer, Answer::kForbidden);
  EXPECT_FALSE(with_answer(answer(400, "", {here}), head));
  EXPECT_EQ(with_answer(answer(503), head).error().kind, ErrorKind::kUnavailable);
}

TEST_F(S3Test, CreateBucketNamesTheRegionButForUsEast1) {
  auto create = [](const Tags& tags) {
    return [tags](aws::Client& client) { return create_bucket(client, kBucket, tags); };
  };
  EXPECT_EQ(*with_answer(answer(200), create({{"fhctl:id", "x&y"}})), CreateBucketAnswer::kCreated);
  EXPECT_EQ(request().method, "PUT");
  EXPECT_EQ(request().body,
            "<CreateBucketConfiguration" S3_XMLNS
            "><LocationConstraint>eu-central-1</LocationConstraint>"
            "<Tags><Tag><Key>fhctl:id</Key><Value>x&amp;y</Value></Tag></Tags></CreateBucketConfiguration>");
  EXPECT_EQ(header("x-amz-expected-bucket-owner"), "(none)");
  expect_checksum();

  region = "us-east-1";
  EXPECT_TRUE(with_answer(answer(200), create({{"k", "v"}})));
  EXPECT_EQ(request().body, "<CreateBucketConfiguration" S3_XMLNS
                            "><Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags>"
                            "</CreateBucketConfiguration>");
  EXPECT_TRUE(with_answer(answer(200), create({})));
  EXPECT_EQ(request().body, "");
  EXPECT_EQ(header("Content-MD5"), "(none)");
}

TEST_F(S3Test, CreateBucketAnswers) {
  auto create = [](aws::Client& client) { return create_bucket(client, {"b-b-b", "123456789012"}, {}); };
  EXPECT_EQ(*with_answer(s3_fault("BucketAlreadyOwnedByYou", 409), create), CreateBucketAnswer::kAlreadyOurs);
  EXPECT_EQ(*with_answer(s3_fault("BucketAlreadyExists", 409), create), CreateBucketAnswer::kTaken);
  EXPECT_EQ(with_answer(s3_fault("OperationAborted", 409), create).error().kind, ErrorKind::kInUse);
  EXPECT_GT(requests.size(), 1u);
  EXPECT_EQ(with_answer(Error{.kind = ErrorKind::kNetwork, .message = "gone"}, create).error().kind,
            ErrorKind::kNetwork);
  EXPECT_EQ(requests.size(), 1u);
}

TEST_F(S3Test, DeleteBucket) {
  auto remove = [](aws::Client& client) { return delete_bucket(client, kBucket); };
  EXPECT_TRUE(*with_answer(answer(204), remove));
  EXPECT_FALSE(*with_answer(s3_fault("NoSuchBucket", 404), remove));
  EXPECT_EQ(with_answer(s3_fault("BucketNotEmpty", 409), remove).error().kind, ErrorKind::kInUse);
  EXPECT_EQ(with_answer(s3_fault("AccessDenied", 403), remove).error().kind, ErrorKind::kDenied);
}

TEST_F(S3Test, Tags) {
  auto get = [](aws::Client& client) { return get_bucket_tags(client, kBucket); };
  auto tags =
      with_answer(answer(200, "<?xml version=\"1.0\"?>\n<Tagging" S3_XMLNS ">\n <TagSet>\n  <Tag><Key>a</Key>"
                              "<Value>1 &lt; 2</Value></Tag><Tag><Value/><Key>b</Key></Tag></TagSet></Tagging>"),
                  get);
  ASSERT_TRUE(tags);
  EXPECT_EQ(*tags, (fhctl::Tags{{"a", "1 < 2"}, {"b", ""}}));
  EXPECT_EQ(request().target(), "/?tagging");
  EXPECT_EQ(*with_answer(s3_fault("NoSuchTagSet", 404), get), fhctl::Tags{});
  EXPECT_EQ(with_answer(s3_fault("NoSuchBucket", 404), get).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(with_answer(s3_fault("AccessDenied", 403), get).error().kind, ErrorKind::kDenied);

  EXPECT_TRUE(with_answer(answer(204), [](aws::Client& client) {
    return put_bucket_tags(client, kBucket, {{"b", "2"}, {"a", "<>"}});
  }));
  EXPECT_EQ(request().body, "<Tagging" S3_XMLNS
                            "><TagSet><Tag><Key>a</Key><Value>&lt;&gt;</Value></Tag>"
                            "<Tag><Key>b</Key><Value>2</Value></Tag></TagSet></Tagging>");
  expect_checksum();
}

TEST_F(S3Test, AnswersThatAreNoneAreNotEmptyOnes) {
  auto tags = [](aws::Client& client) { return get_bucket_tags(client, kBucket); };
  for (const char* body :
       {"", "{}", "<Tagging><TagSet>", "<html><body/></html>", "<Tagging/>",
        "<!DOCTYPE t [<!ENTITY e \"x\">]><Tagging><TagSet/></Tagging>", "<Error><Code>InternalError</Code></Error>",
        "<Tagging><TagSet><Tag><Key>a&#x00;b</Key></Tag></TagSet></Tagging>"}) {
    EXPECT_FALSE(with_answer(answer(200, body), tags)) << body;
  }
}

TEST_F(S3Test, PublicAccessBlock) {
  auto get = [](aws::Client& client) { return get_public_access_block(client, kBucket); };
  auto block = with_answer(answer(200,
                                  "<PublicAccessBlockConfiguration><BlockPublicAcls>TRUE</BlockPublicAcls>"
                                  "<IgnorePublicAcls>false</IgnorePublicAcls><BlockPublicPolicy>true"
                                  "</BlockPublicPolicy></PublicAccessBlockConfiguration>"),
                           get);
  EXPECT_EQ(*block, (PublicAccessBlock{true, false, true, false}));
  EXPECT_EQ(request().target(), "/?publicAccessBlock");
  EXPECT_EQ(*with_answer(s3_fault("NoSuchPublicAccessBlockConfiguration", 404), get), PublicAccessBlock{});

  EXPECT_TRUE(with_answer(answer(200), [](aws::Client& client) {
    return put_public_access_block(client, kBucket, {true, true, false, true});
  }));
  EXPECT_EQ(request().body, "<PublicAccessBlockConfiguration" S3_XMLNS
                            "><BlockPublicAcls>true</BlockPublicAcls>"
                            "<IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>false</BlockPublicPolicy>"
                            "<RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>");
  expect_checksum();
}

TEST_F(S3Test, EncryptionVersioningAndObjectLock) {
  auto get = [](aws::Client& client) { return get_bucket_encryption(client, kBucket); };
  auto encryption = with_answer(
      answer(200,
             "<ServerSideEncryptionConfiguration><Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms"
             "</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID></ApplyServerSideEncryptionByDefault>"
             "<BucketKeyEnabled>true</BucketKeyEnabled></Rule></ServerSideEncryptionConfiguration>"),
      get);
  EXPECT_EQ(*encryption, (Encryption{"aws:kms", "k", true}));
  EXPECT_EQ(*with_answer(s3_fault("ServerSideEncryptionConfigurationNotFoundError", 404), get), Encryption{});
  EXPECT_EQ(with_answer(answer(200, "<ServerSideEncryptionConfiguration/>"), get).error().kind, ErrorKind::kProtocol);

  EXPECT_TRUE(with_answer(answer(200), [](aws::Client& client) {
    return put_bucket_encryption(client, kBucket, {"AES256", "", false});
  }));
  EXPECT_EQ(request().body, "<ServerSideEncryptionConfiguration" S3_XMLNS
                            "><Rule><ApplyServerSideEncryptionByDefault>"
                            "<SSEAlgorithm>AES256</SSEAlgorithm></ApplyServerSideEncryptionByDefault></Rule>"
                            "</ServerSideEncryptionConfiguration>");
  expect_checksum();

  auto versioning = [](aws::Client& client) { return get_bucket_versioning(client, kBucket); };
  EXPECT_EQ(*with_answer(answer(200, "<VersioningConfiguration/>"), versioning), Versioning{});
  EXPECT_EQ(*with_answer(answer(200,
                                "<GetBucketVersioningResponse><Status>Enabled</Status>"
                                "</GetBucketVersioningResponse>"),
                         versioning),
            (Versioning{"Enabled", false}));
  EXPECT_EQ(*with_answer(answer(200,
                                "<VersioningConfiguration><Status>Suspended</Status><MfaDelete>Enabled</MfaDelete>"
                                "</VersioningConfiguration>"),
                         versioning),
            (Versioning{"Suspended", true}));

  auto lock = [](aws::Client& client) { return object_lock_enabled(client, kBucket); };
  EXPECT_TRUE(*with_answer(answer(200,
                                  "<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>"
                                  "</ObjectLockConfiguration>"),
                           lock));
  EXPECT_EQ(request().target(), "/?object-lock");
  EXPECT_FALSE(*with_answer(s3_fault("ObjectLockConfigurationNotFoundError", 404), lock));
  EXPECT_FALSE(with_answer(s3_fault("AccessDenied", 403), lock));
}

TEST_F(S3Test, LifecycleKeepsTheRulesOfOthers) {
  auto get = [](aws::Client& client) { return get_lifecycle(client, kBucket); };
  const std::string foreign =
      "<Rule><Filter><And><Prefix> a&amp;b&#13;</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>"
      "<ID>theirs</ID><Status>Disabled</Status><NewThing unit=\"d\"><Deep>1</Deep></NewThing></Rule>";
  auto lifecycle = with_answer(answer(200,
                                      "<LifecycleConfiguration" S3_XMLNS ">\n  " + foreign +
                                          "\n  <Rule><ID>fhctl-uploads</ID></Rule>\n</LifecycleConfiguration>",
                                      {{"x-amz-transition-default-minimum-object-size", "varies_by_storage_class"}}),
                               get);
  ASSERT_TRUE(lifecycle);
  ASSERT_EQ(lifecycle->rules.size(), 2u);
  EXPECT_EQ(lifecycle->rules[0].id, "theirs");
  EXPECT_EQ(lifecycle->rules[0].xml, foreign);
  EXPECT_EQ(lifecycle->rules[1].id, "fhctl-uploads");
  EXPECT_EQ(lifecycle->minimum_size, "varies_by_storage_class");
  EXPECT_TRUE(with_answer(s3_fault("NoSuchLifecycleConfiguration", 404), get)->rules.empty());
  EXPECT_EQ(with_answer(answer(200, "<LifecycleConfiguration/>"), get).error().kind, ErrorKind::kProtocol);

  Lifecycle merged{{lifecycle->rules[0], abort_uploads_rule("fhctl-uploads", 7)}, lifecycle->minimum_size};
  EXPECT_TRUE(with_answer(answer(200), [&](aws::Client& client) { return put_lifecycle(client, kBucket, merged); }));
  EXPECT_EQ(request().target(), "/?lifecycle");
  EXPECT_EQ(request().body, "<LifecycleConfiguration" S3_XMLNS ">" + foreign +
                                "<Rule><ID>fhctl-uploads</ID><Filter><Prefix/></Filter><Status>Enabled</Status>"
                                "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
                                "</AbortIncompleteMultipartUpload></Rule></LifecycleConfiguration>");
  expect_checksum();
  EXPECT_EQ(header("x-amz-transition-default-minimum-object-size"), "varies_by_storage_class");
  merged.minimum_size.clear();
  EXPECT_TRUE(with_answer(answer(200), [&](aws::Client& client) { return put_lifecycle(client, kBucket, merged); }));
  EXPECT_EQ(header("x-amz-transition-default-minimum-object-size"), "(none)");

  EXPECT_TRUE(with_answer(answer(204), [](aws::Client& client) { return put_lifecycle(client, kBucket, {}); }));
  EXPECT_EQ(request().method, "DELETE");
}

TEST_F(S3Test, PolicyAndAttributeBasedAccess) {
  auto policy = [](aws::Client& client) { return get_bucket_policy(client, kBucket); };
  EXPECT_EQ(*with_answer(answer(200, R"({"Statement": []})"), policy), R"({"Statement": []})");
  EXPECT_EQ(request().target(), "/?policy");
  EXPECT_EQ(*with_answer(s3_fault("NoSuchBucketPolicy", 404), policy), std::nullopt);
  EXPECT_EQ(with_answer(s3_fault("AccessDenied", 403), policy).error().kind, ErrorKind::kDenied);

  auto abac = [](aws::Client& client) { return abac_enabled(client, kBucket); };
  EXPECT_TRUE(*with_answer(answer(200, "<AbacStatus" S3_XMLNS "><Status>Enabled</Status></AbacStatus>"), abac));
  EXPECT_EQ(request().target(), "/?abac");
  EXPECT_FALSE(*with_answer(answer(200, "<AbacStatus><Status>Disabled</Status></AbacStatus>"), abac));
}

TEST_F(S3Test, TagsOfS3Control) {
  EXPECT_TRUE(with_answer(answer(204), [](aws::Client& client) {
    return tag_bucket(client, kBucket, {{"b", "2"}, {"a", "<>"}});
  }));
  EXPECT_EQ(request().method, "POST");
  EXPECT_EQ(request().host, "123456789012.s3-control.eu-central-1.amazonaws.com");
  EXPECT_EQ(request().target(), "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Alogs-bucket");
  EXPECT_EQ(header("x-amz-account-id"), "123456789012");
  EXPECT_EQ(header("x-amz-expected-bucket-owner"), "(none)");
  EXPECT_TRUE(contains(header("Authorization"), "/eu-central-1/s3/aws4_request"));
  EXPECT_EQ(request().body,
            "<TagResourceRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags>"
            "<Tag><Key>a</Key><Value>&lt;&gt;</Value></Tag><Tag><Key>b</Key><Value>2</Value></Tag></Tags>"
            "</TagResourceRequest>");

  EXPECT_TRUE(with_answer(answer(204), [](aws::Client& client) {
    return untag_bucket(client, kBucket, {"a b", "c&d"});
  }));
  EXPECT_EQ(request().method, "DELETE");
  EXPECT_EQ(request().target(), "/v20180820/tags/arn%3Aaws%3As3%3A%3A%3Alogs-bucket?tagKeys=a%20b&tagKeys=c%26d");
  EXPECT_EQ(with_answer(answer(403, "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"),
                        [](aws::Client& client) { return untag_bucket(client, kBucket, {"a"}); })
                .error()
                .kind,
            ErrorKind::kDenied);
  for (const bool tags : {true, false}) {
    EXPECT_TRUE(with_answer(answer(500), [tags](aws::Client& client) {
      return tags ? tag_bucket(client, kBucket, {}) : untag_bucket(client, kBucket, {});
    }));
    EXPECT_TRUE(requests.empty());
  }
}

TEST_F(S3Test, AccountRegionalBucketsAreCreatedInTheirNamespace) {
  const auto create = [](const std::string& name) {
    return [name](aws::Client& client) { return create_bucket(client, {name, "123456789012"}, {}); };
  };
  EXPECT_TRUE(with_answer(answer(200), create("logs-123456789012-eu-central-1-an")));
  EXPECT_EQ(header("x-amz-bucket-namespace"), "account-regional");
  for (const char* name : {"logs", "logs-210987654321-eu-central-1-an", "logs-123456789012-eu-west-1-an", "logs-an"}) {
    EXPECT_TRUE(with_answer(answer(200), create(name)));
    EXPECT_EQ(header("x-amz-bucket-namespace"), "(none)") << name;
  }
}

TEST(Lifecycle, RulesAreComparedByMeaning) {
  const std::string abort_7 =
      "<Status>Enabled</Status><AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
      "</AbortIncompleteMultipartUpload>";
  struct Row {
    const char* name;
    std::string xml;
    bool same;
  };
  const Row rows[] = {
      {"older spelling", "<Rule><ID>u</ID><Prefix/>" + abort_7 + "</Rule>", true},
      {"no filter", "<Rule><ID>u</ID>" + abort_7 + "</Rule>", true},
      {"empty filter", "<Rule><ID>u</ID><Filter/>" + abort_7 + "</Rule>", true},
      {"white space and order",
       "<Rule>\n  " + abort_7 + "\n  <Filter>\n <Prefix></Prefix>\n</Filter>\n<ID> u </ID>\n</Rule>", true},
      {"namespaces", "<a:Rule xmlns:a=\"x\"><a:ID>u</a:ID>" + abort_7 + "</a:Rule>", true},
      {"a prefix", "<Rule><ID>u</ID><Filter><Prefix>x</Prefix></Filter>" + abort_7 + "</Rule>", false},
      {"a prefix of one space", "<Rule><ID>u</ID><Prefix> </Prefix>" + abort_7 + "</Rule>", false},
      {"a tag", "<Rule><ID>u</ID><Filter><Tag><Key>k</Key><Value>v</Value></Tag></Filter>" + abort_7 + "</Rule>",
       false},
      {"another id", "<Rule><ID>w</ID>" + abort_7 + "</Rule>", false},
      {"one action more", "<Rule><ID>u</ID><Expiration><Days>1</Days></Expiration>" + abort_7 + "</Rule>", false},
      {"disabled", "<Rule><ID>u</ID><Status>Disabled</Status></Rule>", false},
      {"broken", "<Rule><ID>u</ID>", false},
  };
  for (const Row& row : rows) {
    EXPECT_EQ(same_rule(abort_uploads_rule("u", 7), {"u", row.xml}), row.same) << row.name;
    EXPECT_EQ(same_rule({"u", row.xml}, abort_uploads_rule("u", 7)), row.same) << row.name;
    EXPECT_TRUE(same_rule({"u", row.xml}, {"u", row.xml})) << row.name;
  }
  EXPECT_FALSE(same_rule(abort_uploads_rule("u", 7), abort_uploads_rule("u", 8)));
  auto tagged = [](const std::string& value) {
    return LifecycleRule{"u", "<Rule><Filter><Tag><Key>k</Key><Value>" + value + "</Value></Tag></Filter></Rule>"};
  };
  EXPECT_FALSE(same_rule(tagged("v"), tagged(" v")));  // white space counts in the user's own text
}

TEST(Buckets, Names) {
  for (const char* name : {"abc", "a.b.c", "logs-123456789012-eu-central-1", "1-2-3", "1.2.3", "256.1.1.1.x"}) {
    EXPECT_EQ(bucket_name_problem(name), std::nullopt) << name;
  }
  const std::string long_name(64, 'a');
  for (const std::string& name :
       {std::string("ab"), long_name, std::string("Abc"), std::string("a_b_c"), std::string("-abc"),
        std::string("abc-"), std::string("abc."), std::string("a..b"), std::string("192.168.5.4"),
        std::string("xn--abc"), std::string("sthree-abc"), std::string("amzn-s3-demo-abc"), std::string("abc-s3alias"),
        std::string("abc--ol-s3"), std::string("abc.mrap"), std::string("abc--x-s3"), std::string("abc--table-s3"),
        std::string("ab\xC3\xA9"), std::string("a/b")}) {
    EXPECT_NE(bucket_name_problem(name), std::nullopt) << name;
  }
  EXPECT_EQ(bucket_name_problem(std::string(63, 'a')), std::nullopt);
  EXPECT_EQ(bucket_arn("aws-cn", "b"), "arn:aws-cn:s3:::b");
}

TEST(Buckets, NamesOfNamespaces) {
  const auto problem = [](std::string_view name, std::string_view where = "us-west-2") {
    return namespace_problem(name, "123456789012", where).value_or("");
  };
  EXPECT_EQ(account_regional_name("logs", "123456789012", "us-west-2"), "logs-123456789012-us-west-2-an");
  EXPECT_EQ(problem("logs"), "");
  EXPECT_EQ(problem("logs-plan"), "");
  EXPECT_EQ(problem("logs-123456789012-us-west-2-an"), "");
  for (const char* name : {"logs-an", "logs-123456789012-us-east-1-an", "logs-210987654321-us-west-2-an",
                           "-123456789012-us-west-2-an", "x123456789012-us-west-2-an"}) {
    EXPECT_TRUE(contains(problem(name), "those of account 123456789012 in us-west-2")) << name << problem(name);
  }
  EXPECT_TRUE(contains(problem("logs-123456789012-me-south-1-an", "me-south-1"), "has none"));
  EXPECT_FALSE(has_account_regional_names("me-central-1"));
  EXPECT_TRUE(has_account_regional_names("cn-north-1"));
}

}  // namespace
}  // namespace s3_test
}  // namespace fhctl::s3
