#include "core/services/s3_objects.h"

#include "core/base/digest.h"
#include "core/base/text.h"
#include "tests/services/fixture.h"

namespace fhctl::s3 {
namespace s3_objects_test {
namespace {

using test::answer;
using test::s3_fault;

const BucketRef kBucket{"logs-bucket", "123456789012"};

class S3ObjectsTest : public test::ServiceTest {};

struct OddKey {
  std::string key;
  std::string path;    // of a request for it
  std::string listed;  // by S3 in URL encoding
  bool in_xml;         // whether DeleteObjects can name it
};

const std::vector<OddKey>& odd_keys() {
  static const std::vector<OddKey> keys = {
      {"a b", "/a%20b", "a+b", true},
      {"a+b", "/a%2Bb", "a%2Bb", true},
      {"100%", "/100%25", "100%25", true},
      {"a%2Fb", "/a%252Fb", "a%252Fb", true},
      {"../up", "/../up", "../up", true},
      {"x/./../y", "/x/./../y", "x/./../y", true},
      {".", "/.", ".", true},
      {"/lead//two/", "//lead//two/", "/lead//two/", true},
      {"q?x=1&y#z", "/q%3Fx%3D1%26y%23z", "q%3Fx%3D1%26y%23z", true},
      {"<a>&\"'", "/%3Ca%3E%26%22%27", "%3Ca%3E%26%22%27", true},
      {"caf\xC3\xA9/\xF0\x9F\x98\x80", "/caf%C3%A9/%F0%9F%98%80", "caf%C3%A9/%F0%9F%98%80", true},
      {"line\nfeed\ttab", "/line%0Afeed%09tab", "line%0Afeed%09tab", true},
      {"~-._", "/~-._", "%7E-._", true},
      {"cr\rlf", "/cr%0Dlf", "cr%0Dlf", false},
      {"\x01", "/%01", "%01", false},
      {"a\x1f", "/a%1F", "a%1F", false},
      {std::string("nul\0x", 5), "/nul%00x", "nul%00x", false},
      {"\xEF\xBF\xBE", "/%EF%BF%BE", "%EF%BF%BE", false},  // U+FFFE
      {"\xED\xA0\x80", "/%ED%A0%80", "%ED%A0%80", false},  // a surrogate
      {"\xC0\xAF", "/%C0%AF", "%C0%AF", false},            // an overlong slash
      {"\xE0\x80\xAF", "/%E0%80%AF", "%E0%80%AF", false},  // and a longer one
      {"bad\xFF", "/bad%FF", "bad%FF", false},
      {"cut\xE2\x82", "/cut%E2%82", "cut%E2%82", false},
      {" ", "/%20", "+", false},
      {"end ", "/end%20", "end+", false},
  };
  return keys;
}

TEST_F(S3ObjectsTest, EveryKeyGoesOutAsItIs) {
  for (const OddKey& odd : odd_keys()) {
    auto deleted =
        with_answer(answer(204), [&](aws::Client& client) { return delete_object(client, kBucket, odd.key, "v+1/="); });
    ASSERT_TRUE(deleted) << odd.path;
    EXPECT_EQ(request().path, odd.path);
    EXPECT_EQ(request().query, "versionId=v%2B1%2F%3D");
    EXPECT_EQ(header("x-amz-expected-bucket-owner"), "123456789012");
  }
}

TEST_F(S3ObjectsTest, AnEmptyKeyIsNeverSent) {
  // The path would be that of the bucket, so that deleting the object would delete the bucket.
  for (auto act : std::vector<std::function<ErrorKind(aws::Client&)>>{
           [](aws::Client& c) { return delete_object(c, kBucket, "").error().kind; },
           [](aws::Client& c) { return get_object(c, kBucket, "").error().kind; },
           [](aws::Client& c) { return put_object(c, kBucket, "", "", "", {}).error().kind; },
           [](aws::Client& c) { return abort_multipart_upload(c, kBucket, "", "u").error().kind; },
           [](aws::Client& c) { return abort_multipart_upload(c, kBucket, "k", "").error().kind; },
           [](aws::Client& c) { return delete_objects(c, kBucket, {ObjectVersion{}}).error().kind; }}) {
    EXPECT_EQ(with_answer(answer(204), act), ErrorKind::kUsage);
    EXPECT_TRUE(requests.empty());
  }
}

TEST_F(S3ObjectsTest, ListedKeysComeBackAsTheyWere) {
  std::string contents;
  for (const OddKey& odd : odd_keys()) contents += "<Contents><Key>" + odd.listed + "</Key><Size>7</Size></Contents>";
  auto page = with_answer(answer(200,
                                 "<ListBucketResult><IsTruncated>false</IsTruncated>"
                                 "<EncodingType>url</EncodingType>" +
                                     contents + "</ListBucketResult>"),
                          [](aws::Client& client) { return list_objects(client, kBucket, "lo gs/", ""); });
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), odd_keys().size());
  for (std::size_t i = 0; i < odd_keys().size(); ++i) {
    EXPECT_EQ(page->objects[i].key, odd_keys()[i].key) << odd_keys()[i].path;
    EXPECT_EQ(page->objects[i].size, 7);
  }
  EXPECT_EQ(request().query, "encoding-type=url&list-type=2&max-keys=1000&prefix=lo%20gs%2F");
}

TEST_F(S3ObjectsTest, KeysOfServersThatDoNotEncodeStayRaw) {
  auto page =
      with_answer(answer(200,
                         "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>a+%41\r</Key></Contents>"
                         "<Contents><Key> </Key></Contents><Contents><Key>&#x1;<![CDATA[<]]></Key></Contents>"
                         "</ListBucketResult>"),
                  [](aws::Client& client) { return list_objects(client, kBucket, "", ""); });
  ASSERT_TRUE(page);
  ASSERT_EQ(page->objects.size(), 3u);
  EXPECT_EQ(page->objects[0].key, "a+%41\r");
  EXPECT_EQ(page->objects[1].key, " ");
  EXPECT_EQ(page->objects[2].key, "\x01<");
}

TEST_F(S3ObjectsTest, DeleteObjectsNamesOnlyWhatXmlCarries) {
  for (const OddKey& odd : odd_keys()) {
    EXPECT_EQ(xml_can_carry(odd.key), odd.in_xml) << odd.path;
    auto refused = with_answer(answer(200, "<DeleteResult/>"), [&](aws::Client& client) {
      return delete_objects(client, kBucket, {{.key = odd.key, .version_id = "1", .last_modified = ""}});
    });
    EXPECT_EQ(bool(refused), odd.in_xml) << odd.path;
    EXPECT_EQ(requests.size(), odd.in_xml ? 1u : 0u);
  }
}

TEST_F(S3ObjectsTest, GetObject) {
  auto get = [](aws::Client& client) { return get_object(client, kBucket, "k"); };
  auto object = with_answer(answer(200, "<not xml",
                                   {{"ETag", "\"e\""},
                                    {"Last-Modified", "Tue, 20 Jan 2026 10:04:11 GMT"},
                                    {"Date", "Tue, 20 Jan 2026 10:04:12 GMT"}}),
                            get);
  ASSERT_TRUE(object);
  EXPECT_EQ((*object)->body, "<not xml");
  EXPECT_EQ((*object)->etag, "\"e\"");
  EXPECT_EQ(format_iso8601(*(*object)->last_modified), "2026-01-20T10:04:11Z");
  EXPECT_EQ(format_iso8601(*(*object)->date), "2026-01-20T10:04:12Z");

  EXPECT_EQ(bool(*with_answer(s3_fault("NoSuchKey", 404), get)), false);
  EXPECT_EQ(with_answer(s3_fault("NoSuchBucket", 404), get).error().kind, ErrorKind::kNotFound);
  EXPECT_FALSE(with_answer(answer(404, "<html>nginx</html>"), get));
  EXPECT_EQ(with_answer(s3_fault("AccessDenied", 403), get).error().kind, ErrorKind::kDenied);
}

TEST_F(S3ObjectsTest, GetObjectIfChanged) {
  using Answer = ConditionalObject::Answer;
  auto get = [](aws::Client& client) { return get_object_if_changed(client, kBucket, "k", "\"e\""); };
  EXPECT_EQ(with_answer(answer(200, "new"), get)->object.body, "new");
  EXPECT_EQ(header("If-None-Match"), "\"e\"");
  EXPECT_EQ(with_answer(answer(304), get)->answer, Answer::kUnchanged);
  EXPECT_EQ(with_answer(s3_fault("NoSuchKey", 404), get)->answer, Answer::kAbsent);
  EXPECT_EQ(with_answer(s3_fault("NoSuchBucket", 404), get).error().kind, ErrorKind::kNotFound);
  EXPECT_EQ(with_answer(s3_fault("AccessDenied", 403), get).error().kind, ErrorKind::kDenied);
}

TEST_F(S3ObjectsTest, EncryptionIsSentAndRead) {
  const auto put = [](const Encryption& encryption) {
    return [encryption](aws::Client& client) {
      return put_object(client, kBucket, "lock", "body", "application/json", {}, encryption);
    };
  };
  EXPECT_TRUE(with_answer(answer(200), put({"aws:kms", "arn:aws:kms:us-west-2:123456789012:key/1", true})));
  EXPECT_EQ(header("x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(header("x-amz-server-side-encryption-aws-kms-key-id"), "arn:aws:kms:us-west-2:123456789012:key/1");
  EXPECT_TRUE(with_answer(answer(200), put({"AES256", "", false})));
  EXPECT_EQ(header("x-amz-server-side-encryption"), "AES256");
  EXPECT_EQ(header("x-amz-server-side-encryption-aws-kms-key-id"), "(none)");

  const auto stored = with_answer(
      answer(200, "x",
             {{"x-amz-server-side-encryption", "aws:kms"}, {"x-amz-server-side-encryption-aws-kms-key-id", "k"}}),
      [](aws::Client& client) { return get_object(client, kBucket, "k"); });
  EXPECT_EQ((*stored)->encryption, (Encryption{"aws:kms", "k", false}));
}

TEST_F(S3ObjectsTest, PutObjectUnderConditions) {
  using Outcome = PutAnswer::Outcome;
  auto put = [](const PutCondition& condition) {
    return [condition](aws::Client& client) {
      return put_object(client, kBucket, "lock", "body", "application/json", condition);
    };
  };
  auto stored = with_answer(answer(200, "", {{"ETag", "\"e\""}, {"Date", "Tue, 20 Jan 2026 10:04:12 GMT"}}),
                            put({.if_absent = true, .if_match = ""}));
  ASSERT_TRUE(stored);
  EXPECT_EQ(stored->outcome, Outcome::kStored);
  EXPECT_EQ(stored->etag, "\"e\"");
  EXPECT_TRUE(stored->date);
  EXPECT_EQ(header("If-None-Match"), "*");
  EXPECT_EQ(header("If-Match"), "(none)");
  EXPECT_EQ(header("Content-Type"), "application/json");
  EXPECT_EQ(header("Content-MD5"), to_base64(md5("body")));

  EXPECT_EQ(header("x-amz-server-side-encryption"), "(none)");

  EXPECT_EQ(with_answer(s3_fault("PreconditionFailed", 412), put({.if_absent = true, .if_match = ""}))->outcome,
            Outcome::kConditionFailed);
  EXPECT_EQ(with_answer(s3_fault("NoSuchKey", 404), put({.if_match = "\"e\""}))->outcome, Outcome::kConditionFailed);
  EXPECT_EQ(header("If-Match"), "\"e\"");
  EXPECT_FALSE(with_answer(s3_fault("NoSuchKey", 404), put({.if_absent = true, .if_match = ""})));
  EXPECT_EQ(with_answer(s3_fault("NoSuchBucket", 404), put({.if_match = "\"e\""})).error().kind, ErrorKind::kNotFound);
  // A concurrent write: S3 asks for a retry, and then the condition decides.
  auto raced = with_answers({s3_fault("ConditionalRequestConflict", 409), s3_fault("PreconditionFailed", 412)},
                            put({.if_absent = true, .if_match = ""}));
  EXPECT_EQ(raced->outcome, Outcome::kConditionFailed);

  Error lost{.kind = ErrorKind::kNetwork, .message = "gone"};
  EXPECT_EQ(with_answer(lost, put({.if_absent = true, .if_match = ""})).error().kind, ErrorKind::kNetwork);
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_TRUE(with_answers({lost, answer(200)}, put({})));
  EXPECT_EQ(requests.size(), 2u);
}

TEST_F(S3ObjectsTest, DeleteObjectUnderACondition) {
  auto remove = [](aws::Client& client) { return delete_object(client, kBucket, "lock", "", "\"e\""); };
  EXPECT_TRUE(*with_answer(answer(204), remove));
  EXPECT_EQ(header("If-Match"), "\"e\"");
  EXPECT_EQ(request().query, "");
  EXPECT_FALSE(*with_answer(s3_fault("PreconditionFailed", 412), remove));
  EXPECT_TRUE(*with_answer(s3_fault("NoSuchKey", 404), remove));
  EXPECT_EQ(with_answer(s3_fault("NoSuchBucket", 404), remove).error().kind, ErrorKind::kNotFound);
}

TEST_F(S3ObjectsTest, DeleteObjectsReportsEveryFailureInASuccess) {
  const std::vector<ObjectVersion> versions = {{.key = "a&b", .version_id = "null", .last_modified = ""},
                                               {.key = "c", .version_id = "", .last_modified = ""}};
  auto remove = [&](aws::Client& client) { return delete_objects(client, kBucket, versions); };
  auto failures = with_answer(
      answer(200,
             "<DeleteResult><Deleted><Key>c</Key></Deleted>"
             "<Error><Key>a&amp;b</Key><VersionId>null</VersionId><Code>AccessDenied</Code><Message>no</Message>"
             "</Error><Error><Key>c</Key><Code>NoSuchVersion</Code></Error>"
             "<Error><Key>d</Key></Error></DeleteResult>"),
      remove);
  ASSERT_TRUE(failures);
  EXPECT_EQ(request().target(), "/?delete");
  EXPECT_EQ(request().body,
            "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;b</Key>"
            "<VersionId>null</VersionId></Object><Object><Key>c</Key></Object><Quiet>true</Quiet>"
            "</Delete>");
  EXPECT_EQ(header("Content-MD5"), to_base64(md5(request().body)));
  ASSERT_EQ(failures->size(), 2u);
  EXPECT_EQ((*failures)[0].key, "a&b");
  EXPECT_EQ((*failures)[0].code, "AccessDenied");
  EXPECT_EQ((*failures)[0].version_id, "null");
  EXPECT_EQ((*failures)[1].code, "");  // an error without a code is still an error

  EXPECT_FALSE(with_answer(answer(200, "<Error><Code>InternalError</Code></Error>"), remove));
  EXPECT_FALSE(with_answer(answer(200, "<DeleteResult><Error><Key>a"), remove));
  EXPECT_FALSE(with_answer(answer(200, ""), remove));
  EXPECT_FALSE(with_answer(answer(500, "<html>Internal Server Error</html>"), remove));
  EXPECT_TRUE(with_answer(answer(500), [](aws::Client& client) { return delete_objects(client, kBucket, {}); }));
  EXPECT_TRUE(requests.empty());
}

TEST_F(S3ObjectsTest, VersionsAndMarkersInTheirOrder) {
  auto list = [](aws::Client& client) { return list_object_versions(client, kBucket, "p/", "a b", "v1"); };
  auto page =
      with_answer(answer(200,
                         "<x:ListVersionsResult xmlns:x=\"y\"><x:EncodingType>url</x:EncodingType><x:IsTruncated>true"
                         "</x:IsTruncated><x:NextKeyMarker>z+%2B</x:NextKeyMarker><x:NextVersionIdMarker>v9"
                         "</x:NextVersionIdMarker><x:Version><x:Key>k+1</x:Key><x:VersionId>null</x:VersionId><x:Size>"
                         "5000000000</x:Size><x:LastModified>2026-01-20T10:00:00.000Z</x:LastModified></x:Version>"
                         "<x:DeleteMarker><x:Key>k+1</x:Key><x:VersionId>d</x:VersionId></x:DeleteMarker>"
                         "<x:CommonPrefixes/></x:ListVersionsResult>"),
                  list);
  ASSERT_TRUE(page);
  EXPECT_EQ(request().query, "encoding-type=url&key-marker=a%20b&prefix=p%2F&version-id-marker=v1&versions");
  ASSERT_EQ(page->versions.size(), 2u);
  EXPECT_EQ(page->versions[0].key, "k 1");
  EXPECT_EQ(page->versions[0].size, 5'000'000'000);
  EXPECT_EQ(page->versions[0].last_modified, "2026-01-20T10:00:00.000Z");
  EXPECT_FALSE(page->versions[0].is_delete_marker);
  EXPECT_TRUE(page->versions[1].is_delete_marker);
  EXPECT_EQ(page->versions[1].version_id, "d");
  EXPECT_TRUE(page->truncated);
  EXPECT_EQ(page->next_key_marker, "z +");
  EXPECT_EQ(page->next_version_id_marker, "v9");
}

TEST_F(S3ObjectsTest, PagesThatLeadNowhereAreErrors) {
  auto list = [](aws::Client& client) { return list_object_versions(client, kBucket, "", "k", "v1"); };
  const std::string more = "<R><IsTruncated>true</IsTruncated>";
  for (const std::string& body : {
           more + "</R>",
           more + "<NextKeyMarker>k</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker></R>",
           more + "<NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>v1</NextVersionIdMarker></R>",
           std::string("<R/>"),
           std::string("<R><IsTruncated>false</IsTruncated><Version><Key>k</Key></Version></R>"),
           std::string("<R><IsTruncated>false</IsTruncated><Version><VersionId>k</VersionId></Version></R>"),
           std::string("<R><IsTruncated>false</IsTruncated><Version><Key/><VersionId>k</VersionId></Version></R>"),
       }) {
    auto page = with_answer(answer(200, body), list);
    ASSERT_FALSE(page) << body;
    EXPECT_EQ(page.error().kind, ErrorKind::kProtocol) << body;
  }
  EXPECT_TRUE(with_answer(answer(200, more + "<NextKeyMarker>k</NextKeyMarker></R>"), list));
  EXPECT_FALSE(with_answer(answer(200, more + "<NextContinuationToken>t</NextContinuationToken></R>"),
                           [](aws::Client& client) { return list_objects(client, kBucket, "", "t", 5); }));
  EXPECT_EQ(request().query, "continuation-token=t&encoding-type=url&list-type=2&max-keys=5");
}

TEST_F(S3ObjectsTest, Uploads) {
  auto page =
      with_answer(answer(200,
                         "<ListMultipartUploadsResult><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
                         "<NextKeyMarker>b</NextKeyMarker><NextUploadIdMarker>u+2</NextUploadIdMarker>"
                         "<Upload><Key>a+b</Key><UploadId>u+1</UploadId></Upload></ListMultipartUploadsResult>"),
                  [](aws::Client& client) { return list_multipart_uploads(client, kBucket, "", ""); });
  ASSERT_TRUE(page);
  EXPECT_EQ(request().query, "encoding-type=url&uploads");
  ASSERT_EQ(page->uploads.size(), 1u);
  EXPECT_EQ(page->uploads[0].key, "a b");
  EXPECT_EQ(page->uploads[0].upload_id, "u+1");  // ids are not URL-encoded
  EXPECT_EQ(page->next_upload_id_marker, "u+2");

  auto abort = [](aws::Client& client) { return abort_multipart_upload(client, kBucket, "a b", "u+1"); };
  EXPECT_TRUE(*with_answer(answer(204), abort));
  EXPECT_EQ(request().target(), "/a%20b?uploadId=u%2B1");
  EXPECT_FALSE(*with_answer(s3_fault("NoSuchUpload", 404), abort));
  EXPECT_EQ(with_answer(s3_fault("AccessDenied", 403), abort).error().kind, ErrorKind::kDenied);
}

}  // namespace
}  // namespace s3_objects_test
}  // namespace fhctl::s3
