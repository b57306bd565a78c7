// Buckets of the sandbox's S3: names, regions, owners and settings.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/s3/s3.h"
#include "tests/sandbox/s3_fixture.h"

namespace fhctl::sandbox {
namespace s3_bucket_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string location(const std::string& region) {
  return S3Fixture::document("CreateBucketConfiguration", "<LocationConstraint>" + region + "</LocationConstraint>");
}

TEST(S3Buckets, NamesFollowTheRules) {
  const std::pair<std::string, std::string> kNames[] = {
      {"abc", "200"},
      {"a-b.c9", "200"},
      {std::string(63, 'a'), "200"},
      {std::string(64, 'a'), "400 InvalidBucketName"},
      {"ab", "400 InvalidBucketName"},
      {"Abc", "400 InvalidBucketName"},
      {"a_bc", "400 InvalidBucketName"},
      {"-abc", "400 InvalidBucketName"},
      {"abc.", "400 InvalidBucketName"},
      {"a..bc", "400 InvalidBucketName"},
      {"10.1.2.3", "400 InvalidBucketName"},
      {"xn--abc", "400 InvalidBucketName"},
      {"amzn-s3-demo-abc", "400 InvalidBucketName"},
      {"abc-s3alias", "400 InvalidBucketName"},
      {"abc--x-s3", "400 InvalidBucketName"},
      {"taken-by-others", "409 BucketAlreadyExists"},
  };
  for (const auto& [name, expected] : kNames) {
    S3Fixture s3;
    EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/" + name)), expected) << name;
  }
}

TEST(S3Buckets, RegionAndLocationConstraintMustAgree) {
  const struct {
    std::string region, body, expected;
  } kCases[] = {
      {"us-east-1", "", "200"},
      {"us-east-1", location(""), "200"},
      {"us-east-1", location("us-east-1"), "400 InvalidLocationConstraint"},
      {"us-east-1", location("eu-west-1"), "400 IllegalLocationConstraintException"},
      {"eu-west-1", "", "400 IllegalLocationConstraintException"},
      {"eu-west-1", location("eu-west-1"), "200"},
      {"eu-west-1", location("EU"), "200"},
      {"eu-west-1", location("us-east-1"), "400 InvalidLocationConstraint"},
      {"eu-west-1", location("mars-1"), "400 InvalidLocationConstraint"},
      {"eu-west-1", location("eu-west-2"), "400 IllegalLocationConstraintException"},
      {"eu-west-1", S3Fixture::document("CreateBucketConfiguration", "<Foo/>"), "400 MalformedXML"},
      {"eu-west-1", "<CreateBucketConfiguration/>", "400 MalformedXML"},
      {"eu-west-1", "<CreateBucketConfiguration", "400 MalformedXML"},
  };
  for (const auto& row : kCases) {
    S3Fixture s3;
    EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc", row.body, {}, row.region)), row.expected)
        << row.region << " " << row.body;
  }
}

TEST(S3Buckets, CreatingAgainSucceedsInUsEast1Only) {
  S3Fixture s3;
  s3.make_bucket("abc");
  s3.put("PUT", "/abc?tagging",
         S3Fixture::document("Tagging", "<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>"));
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc")), "200");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?tagging"), "TagSet/Tag/Value"), "v");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc", location("eu-west-1"), {}, "eu-west-1")),
            "409 BucketAlreadyOwnedByYou");
  s3.ask("PUT", "/def", location("eu-west-1"), {}, "eu-west-1");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/def", location("eu-west-1"), {}, "eu-west-1")),
            "409 BucketAlreadyOwnedByYou");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/def")), "409 BucketAlreadyOwnedByYou");
}

TEST(S3Buckets, AreCreatedWithTags) {
  S3Fixture s3;
  const std::string tag = "<Tag><Key>fhctl:id</Key><Value>1</Value></Tag>";
  const std::string twice = S3Fixture::document("CreateBucketConfiguration", "<Tags>" + tag + tag + "</Tags>");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc", twice)), "400 InvalidTag");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("HEAD", "/abc")), "404");
  const std::string once = S3Fixture::document("CreateBucketConfiguration", "<Tags>" + tag + "</Tags>");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc", once)), "200");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?tagging"), "TagSet/Tag/Key"), "fhctl:id");
}

TEST(S3Buckets, TagsAtCreationAreRefusedOutsideThePartitionAws) {
  const std::string tags = "<Tags><Tag><Key>k</Key><Value>v</Value></Tag></Tags>";
  for (const std::string& region :
       {std::string("us-gov-west-1"), std::string("cn-north-1"), std::string("eusc-de-east-1")}) {
    S3Fixture s3;
    const std::string where = "<LocationConstraint>" + region + "</LocationConstraint>";
    EXPECT_EQ(S3Fixture::outcome(
                  s3.ask("PUT", "/abc", S3Fixture::document("CreateBucketConfiguration", where + tags), {}, region)),
              "400 UnsupportedArgument")
        << region;
    EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc", location(region), {}, region)), "200") << region;
  }
}

TEST(S3Buckets, AccountRegionalNamesNeedTheirHeaderAndTheHeaderSuchAName) {
  const std::vector<http::Header> regional = {{"x-amz-bucket-namespace", "account-regional"}};
  const struct {
    const char* name;
    bool header;
    const char* region;
    const char* expected;
  } kCases[] = {
      {"logs-123456789012-eu-west-1-an", true, "eu-west-1", "200"},
      {"logs-123456789012-eu-west-1-an", false, "eu-west-1", "400 InvalidBucketName"},
      {"logs-an", false, "eu-west-1", "400 InvalidBucketName"},
      {"logs-plan", false, "eu-west-1", "200"},
      {"logs", true, "eu-west-1", "400 InvalidNamespaceHeader"},
      {"logs-123456789012-eu-west-2-an", true, "eu-west-1", "400 InvalidNamespaceHeader"},
      {"logs-210987654321-eu-west-1-an", true, "eu-west-1", "400 InvalidNamespaceHeader"},
      {"logs-123456789012-me-south-1-an", true, "me-south-1", "400 InvalidNamespaceHeader"},
  };
  for (const auto& row : kCases) {
    S3Fixture s3;
    const http::Response made = s3.ask("PUT", std::string("/") + row.name, location(row.region),
                                       row.header ? regional : std::vector<http::Header>{}, row.region);
    EXPECT_EQ(S3Fixture::outcome(made), row.expected) << row.name;
  }
}

TEST(S3Buckets, OfTheOtherAccountAreForCallersThatNameIt) {
  S3Fixture s3;
  const std::vector<http::Header> owner = {{"x-amz-expected-bucket-owner", "999999999999"}};
  EXPECT_EQ(s3.ask("HEAD", "/taken-abc").status, 403);
  EXPECT_EQ(s3.ask("HEAD", "/taken-abc", "", {{"x-amz-expected-bucket-owner", "123456789012"}}).status, 403);
  EXPECT_EQ(s3.ask("HEAD", "/taken-abc", "", owner).status, 200);
  EXPECT_EQ(s3.ask("PUT", "/taken-abc/k", "x", owner).status, 200);
  EXPECT_EQ(s3.ask("GET", "/taken-abc/k", "", owner).body, "x");
  EXPECT_EQ(s3.ask("GET", "/taken-abc?versions", "", owner).status, 200);
  EXPECT_EQ(s3.ask("GET", "/taken-abc/k").status, 403);
  for (const char* setting : {"?tagging", "?encryption", "?policy"}) {
    EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", std::string("/taken-abc") + setting, "", owner)), "403 AccessDenied");
  }
  EXPECT_EQ(s3.ask("DELETE", "/taken-abc", "", owner).status, 403);
  EXPECT_EQ(deliver_object(s3.world, "taken-abc", "logs/1", "y"), std::nullopt);
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/"), "Buckets/Bucket/Name"), IsEmpty());
}

TEST(S3Buckets, HeadReportsOwnerAndRegion) {
  S3Fixture s3;
  s3.ask("PUT", "/abc", location("eu-west-1"), {}, "eu-west-1");
  const http::Response own = s3.ask("HEAD", "/abc", "", {}, "eu-west-1");
  EXPECT_EQ(own.status, 200);
  EXPECT_EQ(own.headers.find("x-amz-bucket-region"), "eu-west-1");
  const http::Response elsewhere = s3.ask("HEAD", "/abc");
  EXPECT_EQ(elsewhere.status, 301);
  EXPECT_EQ(elsewhere.headers.find("x-amz-bucket-region"), "eu-west-1");
  EXPECT_EQ(elsewhere.body, "");
  EXPECT_EQ(s3.ask("HEAD", "/nobodys").status, 404);
  EXPECT_EQ(s3.ask("HEAD", "/taken-abc").status, 403);
  EXPECT_EQ(s3.ask("HEAD", "/abc", "", {{"x-amz-expected-bucket-owner", "999999999999"}}, "eu-west-1").status, 403);
}

TEST(S3Buckets, WrongRegionSaysWhere) {
  S3Fixture s3;
  s3.ask("PUT", "/abc", location("eu-west-1"), {}, "eu-west-1");
  const http::Response path = s3.ask("GET", "/abc?tagging");
  EXPECT_EQ(S3Fixture::outcome(path), "301 PermanentRedirect");
  EXPECT_EQ(S3Fixture::text(path, "Region"), "eu-west-1");
  const http::Response host = s3.ask("GET", "/?tagging", "", {{"Host", "abc.localhost:4580"}});
  EXPECT_EQ(S3Fixture::outcome(host), "400 AuthorizationHeaderMalformed");
  EXPECT_EQ(S3Fixture::text(host, "Region"), "eu-west-1");
}

TEST(S3Buckets, AreNamedByPathOrByHost) {
  S3Fixture s3;
  s3.make_bucket("abc");
  for (const char* host : {"abc.localhost:4580", "abc.localhost", "ABC.LOCALHOST:1", "abc.127.0.0.1:4580"}) {
    EXPECT_EQ(s3.ask("PUT", "/abc", "x", {{"Host", host}}).status, 200) << host;
  }
  EXPECT_EQ(S3Fixture::texts(s3.ask("GET", "/abc"), "Contents/Key"), std::vector<std::string>{"abc"});
  EXPECT_EQ(S3Fixture::texts(s3.ask("GET", "/", "", {{"Host", "localhost:4580"}}), "Buckets/Bucket/Name"),
            std::vector<std::string>{"abc"});
}

TEST(S3Buckets, ListsNameRegionsWhenTheyWereAskedWithAParameter) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const http::Response plain = s3.ask("GET", "/");
  EXPECT_EQ(S3Fixture::text(plain, "Buckets/Bucket/BucketArn"), "arn:aws:s3:::abc");
  EXPECT_EQ(S3Fixture::text(plain, "Buckets/Bucket/BucketRegion"), "(none)");
  for (const char* query : {"max-buckets=10", "prefix=a", "bucket-region=us-east-1"}) {
    EXPECT_EQ(S3Fixture::text(s3.ask("GET", std::string("/?") + query), "Buckets/Bucket/BucketRegion"), "us-east-1");
  }
  const http::Response nowhere = s3.ask("GET", "/?bucket-region=eu-east-1");
  EXPECT_EQ(S3Fixture::outcome(nowhere), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::text(nowhere, "Message"), "Argument value eu-east-1 is not a valid AWS Region");
  EXPECT_EQ(S3Fixture::text(nowhere, "ArgumentName"), "bucket-region");
}

TEST(S3Buckets, AreCreatedWithAUrlOutsideOfUsEast1) {
  S3Fixture s3;
  EXPECT_EQ(s3.ask("PUT", "/abc").headers.find("Location"), "/abc");
  EXPECT_EQ(s3.ask("PUT", "/def", location("eu-west-1"), {}, "eu-west-1").headers.find("Location"),
            "http://def.s3.amazonaws.com/");
}

TEST(S3Buckets, DeleteOnlyWhenEmpty) {
  S3Fixture s3;
  s3.make_bucket("abc");
  s3.ask("PUT", "/abc/k", "x");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc")), "409 BucketNotEmpty");
  s3.set_versioning("abc", "Enabled");
  const std::string marker = *s3.ask("DELETE", "/abc/k").headers.find("x-amz-version-id");
  s3.ask("DELETE", "/abc/k?versionId=null");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc")), "409 BucketNotEmpty") << "the delete marker is left";
  s3.ask("DELETE", "/abc/k?versionId=" + marker);
  s3.ask("POST", "/abc/half?uploads");
  EXPECT_EQ(s3.ask("DELETE", "/abc").status, 204) << "uploads do not block";
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc")), "404 NoSuchBucket");
}

TEST(S3Settings, UnsetOnesAre404ExceptDefaultsOfNewBuckets) {
  S3Fixture s3;
  s3.make_bucket("abc");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?tagging")), "404 NoSuchTagSet");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?lifecycle")), "404 NoSuchLifecycleConfiguration");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?policy")), "404 NoSuchBucketPolicy");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?object-lock")), "404 ObjectLockConfigurationNotFoundError");
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?publicAccessBlock"), "*"),
              ElementsAre("true", "true", "true", "true"));
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?encryption"), "Rule/*/SSEAlgorithm"), "AES256");
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?versioning"), "Status"), IsEmpty());
  s3.ask("DELETE", "/abc?publicAccessBlock");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?publicAccessBlock")), "404 NoSuchPublicAccessBlockConfiguration");
}

TEST(S3Settings, PutsNeedAChecksum) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const std::string body = S3Fixture::document("Tagging", "<TagSet/>");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc?tagging", body)), "400 InvalidRequest");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc?tagging", body, {{"x-amz-checksum-crc32", to_base64(crc32(body))}})),
            "204");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc?tagging", body, {{"x-amz-checksum-crc32", to_base64(crc32("x"))}})),
            "400 BadDigest");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc?tagging", body, {{"Content-MD5", "nonsense"}})),
            "400 InvalidDigest");
}

TEST(S3Settings, TaggingReplacesTheWholeSet) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const auto tags = [](const std::string& key) {
    return S3Fixture::document("Tagging", "<TagSet><Tag><Key>" + key + "</Key><Value/></Tag></TagSet>");
  };
  EXPECT_EQ(s3.put("PUT", "/abc?tagging", tags("one")).status, 204);
  EXPECT_EQ(s3.put("PUT", "/abc?tagging", tags("two")).status, 204);
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?tagging"), "TagSet/Tag/Key"), ElementsAre("two"));
  EXPECT_EQ(S3Fixture::outcome(s3.put("PUT", "/abc?tagging", tags("aws:x"))), "400 InvalidTag");
  EXPECT_EQ(S3Fixture::outcome(s3.put("PUT", "/abc?tagging", tags("a!"))), "400 InvalidTag");
}

TEST(S3Settings, EncryptionIsCheckedAndKept) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const auto put = [&](const std::string& by_default) {
    const std::string rule = "<Rule><ApplyServerSideEncryptionByDefault>" + by_default +
                             "</ApplyServerSideEncryptionByDefault><BucketKeyEnabled>true</BucketKeyEnabled></Rule>";
    const std::string body = S3Fixture::document("ServerSideEncryptionConfiguration", rule);
    return S3Fixture::outcome(s3.put("PUT", "/abc?encryption", body));
  };
  EXPECT_EQ(put("<SSEAlgorithm>DES</SSEAlgorithm>"), "400 MalformedXML");
  EXPECT_EQ(put("<SSEAlgorithm>AES256</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"), "400 InvalidArgument");
  EXPECT_EQ(put("<SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"), "200");
  const http::Response kept = s3.ask("GET", "/abc?encryption");
  EXPECT_EQ(S3Fixture::text(kept, "Rule/*/KMSMasterKeyID"), "k");
  EXPECT_EQ(S3Fixture::text(kept, "Rule/BucketKeyEnabled"), "true");
}

TEST(S3Settings, LifecycleRulesComeBackAsTheyWerePut) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const std::string body = S3Fixture::document(
      "LifecycleConfiguration",
      "<Rule><ID>mine</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key><Value>v</Value></Tag></And></Filter>"
      "<Status>Disabled</Status><Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>"
      "<Rule><ID>old</ID><Prefix>b/</Prefix><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>");
  EXPECT_EQ(S3Fixture::outcome(s3.put("PUT", "/abc?lifecycle", body)), "200");
  const http::Response kept = s3.ask("GET", "/abc?lifecycle");
  EXPECT_THAT(kept.body, HasSubstr("<Rule><ID>mine</ID><Filter><And><Prefix>a/</Prefix><Tag><Key>k</Key>"
                                   "<Value>v</Value></Tag></And></Filter><Status>Disabled</Status><Transition>"
                                   "<Days>30</Days><StorageClass>GLACIER</StorageClass></Transition></Rule>"));
  EXPECT_THAT(kept.body, HasSubstr("<ID>old</ID><Filter><Prefix>b/</Prefix></Filter><Status>Enabled</Status>"));
}

TEST(S3Settings, TheMinimumSizeOfTransitionsIsThatOfTheLastPut) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const std::string body =
      S3Fixture::document("LifecycleConfiguration",
                          "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>");
  const auto put = [&](const std::string& size) {
    std::vector<http::Header> headers = {{"Content-MD5", to_base64(md5(body))}};
    if (!size.empty()) headers.push_back({"x-amz-transition-default-minimum-object-size", size});
    return S3Fixture::outcome(s3.ask("PUT", "/abc?lifecycle", body, headers));
  };
  const auto kept = [&] {
    return s3.ask("GET", "/abc?lifecycle").headers.find("x-amz-transition-default-minimum-object-size").value_or("");
  };
  EXPECT_EQ(put("varies_by_storage_class"), "200");
  EXPECT_EQ(kept(), "varies_by_storage_class");
  EXPECT_EQ(put("some"), "400 InvalidRequest");
  EXPECT_EQ(put(""), "200");
  EXPECT_EQ(kept(), "all_storage_classes_128K");
}

TEST(S3Settings, UnderAttributeBasedAccessControlTagsAreThoseOfS3Control) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const auto abac = [&](const std::string& status) {
    return S3Fixture::outcome(
        s3.put("PUT", "/abc?abac", S3Fixture::document("AbacStatus", "<Status>" + status + "</Status>")));
  };
  const auto control = [&](const std::string& method, const std::string& query, const std::string& body,
                           const std::string& arn = "arn%3Aaws%3As3%3A%3A%3Aabc",
                           const std::string& account = "123456789012") {
    return s3.ask(method, "/v20180820/tags/" + arn + query, body, {{"x-amz-account-id", account}});
  };
  const auto tag = [](const std::string& key) {
    return "<TagResourceRequest xmlns=\"http://awss3control.amazonaws.com/doc/2018-08-20/\"><Tags><Tag><Key>" + key +
           "</Key><Value>1</Value></Tag></Tags></TagResourceRequest>";
  };
  const std::string set = S3Fixture::document("Tagging", "<TagSet/>");
  EXPECT_EQ(abac("On"), "400 MalformedXML");
  EXPECT_EQ(abac("Enabled"), "200");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?abac"), "Status"), "Enabled");
  EXPECT_EQ(s3.put("PUT", "/abc?tagging", set).status, 405);
  EXPECT_EQ(s3.ask("DELETE", "/abc?tagging").status, 405);

  EXPECT_EQ(control("POST", "", tag("a")).status, 204);
  EXPECT_EQ(control("POST", "", tag("b c")).status, 204);
  EXPECT_EQ(S3Fixture::outcome(control("POST", "", tag("aws:x"))), "400 InvalidTag");
  EXPECT_EQ(S3Fixture::outcome(control("POST", "", set)), "400 MalformedXML");
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?tagging"), "TagSet/Tag/Key"), ElementsAre("a", "b c"));
  EXPECT_THAT(S3Fixture::texts(control("GET", "", ""), "Tags/Tag/Key"), ElementsAre("a", "b c"));
  EXPECT_EQ(control("DELETE", "?tagKeys=a&tagKeys=b%20c", "").status, 204);
  EXPECT_THAT(S3Fixture::texts(control("GET", "", ""), "Tags/Tag/Key"), IsEmpty());
  EXPECT_EQ(control("DELETE", "?keys=a", "").status, 400);
  EXPECT_EQ(control("DELETE", "", "").status, 400);
  EXPECT_EQ(control("GET", "", "", "arn%3Aaws%3As3%3A%3A%3Anobodys").status, 404);
  EXPECT_EQ(control("GET", "", "", "arn%3Aaws-cn%3As3%3A%3A%3Aabc").status, 404);
  EXPECT_EQ(control("GET", "", "", "arn%3Aaws%3As3%3A%3A%3Aabc", "210987654321").status, 403);

  EXPECT_EQ(abac("Disabled"), "200");
  EXPECT_EQ(s3.put("PUT", "/abc?tagging", set).status, 204);
}

TEST(S3Settings, MfaDeleteGuardsVersions) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const http::Header code{"x-amz-mfa", "arn:aws:iam::123456789012:mfa/root 123456"};
  const auto put = [&](const std::string& elements, bool with_code) {
    const std::string body = S3Fixture::document("VersioningConfiguration", elements);
    std::vector<http::Header> headers = {{"Content-MD5", to_base64(md5(body))}};
    if (with_code) headers.push_back(code);
    return S3Fixture::outcome(s3.ask("PUT", "/abc?versioning", body, headers));
  };
  const std::string on = "<Status>Enabled</Status><MfaDelete>Enabled</MfaDelete>";
  EXPECT_EQ(put(on, false), "403 AccessDenied");
  EXPECT_EQ(put("<Status>Enabled</Status><MfaDelete>On</MfaDelete>", true),
            "400 IllegalVersioningConfigurationException");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?versioning"), "MfaDelete"), "(none)");
  EXPECT_EQ(put(on, true), "200");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?versioning"), "MfaDelete"), "Enabled");
  EXPECT_EQ(put("<Status>Suspended</Status>", false), "403 AccessDenied");

  const std::string id = *s3.ask("PUT", "/abc/k", "x").headers.find("x-amz-version-id");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc/k?versionId=" + id)), "403 AccessDenied");
  const http::Response several =
      s3.put("POST", "/abc?delete",
             S3Fixture::document("Delete", "<Object><Key>k</Key><VersionId>" + id + "</VersionId></Object>"));
  EXPECT_EQ(S3Fixture::text(several, "Error/Code"), "AccessDenied");
  EXPECT_EQ(s3.ask("DELETE", "/abc/k").status, 204) << "a delete marker needs no code";
  EXPECT_EQ(s3.ask("DELETE", "/abc/k?versionId=" + id, "", {code}).status, 204);
  EXPECT_EQ(put("<Status>Enabled</Status><MfaDelete>Disabled</MfaDelete>", true), "200");
  EXPECT_EQ(put("<Status>Suspended</Status>", false), "200");
}

TEST(S3Settings, PoliciesDenyWhatTheySay) {
  S3Fixture s3;
  s3.make_bucket("abc");
  const auto put_policy = [&](const std::string& statement) {
    EXPECT_EQ(s3.put("PUT", "/abc?policy", R"({"Version": "2012-10-17", "Statement": [)" + statement + "]}").status,
              204);
  };
  const auto put_object = [&](std::vector<http::Header> headers) {
    return S3Fixture::outcome(s3.ask("PUT", "/abc/k", "x", std::move(headers)));
  };
  const http::Header aes{"x-amz-server-side-encryption", "AES256"};
  const http::Header kms{"x-amz-server-side-encryption", "aws:kms"};
  put_policy(R"({"Effect": "Deny", "Principal": "*", "Action": "s3:PutObject", "Resource": "arn:aws:s3:::abc/*",
                 "Condition": {"Null": {"s3:x-amz-server-side-encryption": "true"}}})");
  EXPECT_EQ(put_object({}), "403 AccessDenied");
  EXPECT_EQ(put_object({aes}), "200");
  EXPECT_EQ(deliver_object(s3.world, "abc", "l", "x", {"arn:aws:iam::123456789012:role/r", ""}), "AccessDenied");
  EXPECT_EQ(deliver_object(s3.world, "abc", "l", "x", {"arn:aws:iam::123456789012:role/r", "key"}), std::nullopt);
  put_policy(
      R"({"Effect": "Deny", "Principal": {"AWS": "*"}, "Action": "s3:PutObject", "Resource": "arn:aws:s3:::abc/*",
                 "Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}})");
  EXPECT_EQ(put_object({aes}), "403 AccessDenied");
  EXPECT_EQ(put_object({kms}), "200");
  put_policy(R"({"Effect": "Deny", "Principal": {"AWS": "arn:aws:iam::123456789012:user/sandbox"}, "Resource": "*",
                 "Action": ["s3:DeleteObject*", "s3:GetObject", "s3:DeleteBucket"]})");
  const http::Response refused = s3.ask("GET", "/abc/k");
  EXPECT_EQ(S3Fixture::text(refused, "Message"),
            "User: arn:aws:iam::123456789012:user/sandbox is not authorized to perform: s3:GetObject on resource: "
            "\"arn:aws:s3:::abc/k\" with an explicit deny in a resource-based policy");
  EXPECT_EQ(s3.ask("DELETE", "/abc/k").status, 403);
  EXPECT_EQ(s3.ask("DELETE", "/abc/k?versionId=null").status, 403);
  EXPECT_EQ(s3.ask("DELETE", "/abc").status, 403);
  EXPECT_EQ(
      S3Fixture::text(s3.put("POST", "/abc?delete", S3Fixture::document("Delete", "<Object><Key>k</Key></Object>")),
                      "Error/Code"),
      "AccessDenied");
  put_policy(R"({"Effect": "Deny", "NotPrincipal": {"AWS": "123456789012"}, "Action": "s3:*", "Resource": "*"})");
  EXPECT_EQ(s3.ask("GET", "/abc/k").status, 200);
  put_policy(R"({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"})");
  EXPECT_EQ(s3.ask("GET", "/abc/k").status, 403);
  EXPECT_EQ(s3.ask("DELETE", "/abc?policy").status, 204) << "else nobody could undo a mistake";
  EXPECT_EQ(s3.ask("DELETE", "/abc/k").status, 204);
}

TEST(S3Settings, ObjectsKeepTheEncryptionThatTheyWereStoredWith) {
  S3Fixture s3;
  s3.make_bucket("abc");
  s3.ask("PUT", "/abc/before", "x");
  const std::string rule =
      "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm><KMSMasterKeyID>k</KMSMasterKeyID>"
      "</ApplyServerSideEncryptionByDefault></Rule>";
  s3.put("PUT", "/abc?encryption", S3Fixture::document("ServerSideEncryptionConfiguration", rule));
  s3.ask("PUT", "/abc/after", "x");
  const auto header = [&](const std::string& key, const char* name) {
    return s3.ask("GET", "/abc/" + key).headers.find(name).value_or("(none)");
  };
  EXPECT_EQ(header("before", "x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(header("after", "x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(header("after", "x-amz-server-side-encryption-aws-kms-key-id"), "k");
}

TEST(S3Settings, LifecycleRulesAreChecked) {
  const std::string kEnd = "<Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>";
  const std::string kRule = "<Rule><ID>a</ID><Filter/>" + kEnd;
  const std::pair<std::string, std::string> kCases[] = {
      {kRule, "200"},
      {kRule + kRule, "400 InvalidArgument"},
      {"", "400 MalformedXML"},
      {"<Rule><ID>a</ID>" + kEnd, "400 MalformedXML"},
      {"<Rule><Filter/><Foo/>" + kEnd, "400 MalformedXML"},
      {"<Rule><Filter/><Status>On</Status><Expiration><Days>3</Days></Expiration></Rule>", "400 MalformedXML"},
      {"<Rule><Filter/><Status>Enabled</Status></Rule>", "400 InvalidRequest"},
      {"<Rule><Filter/><Status>Enabled</Status><Expiration><Days>0</Days></Expiration></Rule>", "400 MalformedXML"},
  };
  for (const auto& [rules, expected] : kCases) {
    S3Fixture s3;
    s3.make_bucket("abc");
    const std::string body = S3Fixture::document("LifecycleConfiguration", rules);
    EXPECT_EQ(S3Fixture::outcome(s3.put("PUT", "/abc?lifecycle", body)), expected) << rules;
  }
}

TEST(S3Settings, AThousandLifecycleRulesAndNoMore) {
  S3Fixture s3;
  s3.make_bucket("abc");
  std::string rules;
  for (int i = 0; i < 1000; ++i) {
    rules += "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>";
  }
  EXPECT_EQ(s3.put("PUT", "/abc?lifecycle", S3Fixture::document("LifecycleConfiguration", rules)).status, 200);
  rules += "<Rule><Filter/><Status>Enabled</Status><Expiration><Days>3</Days></Expiration></Rule>";
  EXPECT_EQ(s3.put("PUT", "/abc?lifecycle", S3Fixture::document("LifecycleConfiguration", rules)).status, 400);
}

TEST(S3Frame, RefusesWhatItDoesNotKnow) {
  S3Fixture s3;
  s3.make_bucket("abc");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", "x", {{"x-amz-foo", "1"}})), "501 NotImplemented");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", "x", {{"x-amz-tagging", "a=b"}})), "501 NotImplemented");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?max-key=5")), "501 NotImplemented");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?acl")), "501 NotImplemented");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?prefix=a+b")), "400 InvalidURI");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?prefix=a&prefix=b")), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PATCH", "/abc")), "405 MethodNotAllowed");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/%zz", "x")), "400 InvalidURI");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/%ff", "x")), "400 InvalidURI");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc", "", {{"x-amz-expected-bucket-owner", "123456789012"}})),
            "501 NotImplemented");
}

TEST(S3Saving, BringsEverythingBack) {
  S3Fixture s3;
  s3.make_bucket("abc");
  s3.set_versioning("abc", "Enabled");
  s3.ask("PUT", "/abc/a%01b", std::string("\x00\xff", 2), {{"x-amz-meta-note", "n"}});
  s3.ask("DELETE", "/abc/a%01b");
  s3.ask("POST", "/abc/half?uploads");
  const std::string saved = save_s3(s3.world);
  S3Fixture other;
  ASSERT_TRUE(load_s3(other.world, saved));
  EXPECT_EQ(save_s3(other.world), saved);
  EXPECT_THAT(S3Fixture::texts(other.ask("GET", "/abc?versions&encoding-type=url"), "*/Key"),
              ElementsAre("a%01b", "a%01b"));
  Bucket& bucket = s3.world.s3->buckets.at("abc");
  bucket.mfa_delete = "Enabled";
  bucket.abac = true;
  s3.ask("HEAD", "/taken-abc", "", {{"x-amz-expected-bucket-owner", "999999999999"}});
  S3Fixture third;
  ASSERT_TRUE(load_s3(third.world, save_s3(s3.world)));
  EXPECT_EQ(save_s3(third.world), save_s3(s3.world));
  EXPECT_TRUE(third.world.s3->buckets.at("abc").abac);
  EXPECT_EQ(third.world.s3->buckets.at("taken-abc").owner, "999999999999");
  EXPECT_FALSE(load_s3(other.world, "{\"abc\":{}}"));
  EXPECT_FALSE(load_s3(other.world, "nonsense"));
  EXPECT_EQ(save_s3(other.world), saved) << "a state that cannot be loaded changes nothing";
}

}  // namespace
}  // namespace s3_bucket_test
}  // namespace fhctl::sandbox
