// Objects of the sandbox's S3: keys, conditions, checksums, versions, deletes, uploads.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sandbox/s3/checksum.h"
#include "sandbox/s3/s3.h"
#include "tests/sandbox/s3_fixture.h"

namespace fhctl::sandbox {
namespace s3_object_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct S3Objects : testing::Test {
  S3Fixture s3;

  S3Objects() { s3.make_bucket("abc"); }

  std::string version_of(const http::Response& response) {
    return response.headers.find("x-amz-version-id").value_or("(none)");
  }
  std::vector<std::string> versions() { return S3Fixture::texts(s3.ask("GET", "/abc?versions"), "*/VersionId"); }
};

TEST_F(S3Objects, KeysAreTheDecodedPathToTheByte) {
  const std::pair<std::string, std::string> kKeys[] = {
      {"a%20b", "a+b"},  // as a list with encoding-type=url writes it: a space becomes '+'
      {"a+b", "a%2Bb"},
      {"a%2Bb%25", "a%2Bb%25"},
      {"../x", "../x"},
      {"a//b/", "a//b/"},
      {"/lead", "/lead"},
      {"cr%0Dlf%0A", "cr%0Dlf%0A"},
      {"ctl%01", "ctl%01"},
      {"%C3%A4%E2%82%AC%F0%9F%98%80", "%C3%A4%E2%82%AC%F0%9F%98%80"},
      {"q%3F%23%26", "q%3F%23%26"},
  };
  for (const auto& [path, listed] : kKeys) {
    S3Fixture fresh;
    fresh.make_bucket("abc");
    ASSERT_EQ(fresh.ask("PUT", "/abc/" + path, path).status, 200) << path;
    EXPECT_EQ(fresh.ask("GET", "/abc/" + path).body, path);
    EXPECT_THAT(S3Fixture::texts(fresh.ask("GET", "/abc?list-type=2&encoding-type=url"), "Contents/Key"),
                ElementsAre(listed));
    EXPECT_EQ(fresh.ask("DELETE", "/abc/" + path).status, 204);
    EXPECT_EQ(fresh.ask("DELETE", "/abc").status, 204) << "nothing may be left of " << path;
  }
}

TEST_F(S3Objects, KeysHave1024BytesAtMost) {
  EXPECT_EQ(s3.ask("PUT", "/abc/" + std::string(1024, 'k')).status, 200);
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/" + std::string(1025, 'k'))), "400 KeyTooLongError");
}

TEST_F(S3Objects, CarryTheirHeadersAndEtag) {
  const http::Response put =
      s3.ask("PUT", "/abc/k", "hello",
             {{"Content-Type", "text/plain"}, {"Content-Encoding", "aws-chunked"}, {"x-amz-meta-note", "n"}});
  EXPECT_EQ(put.headers.find("etag"), "\"5d41402abc4b2a76b9719d911017c592\"");
  const http::Response get = s3.ask("GET", "/abc/k");
  EXPECT_EQ(get.body, "hello");
  EXPECT_EQ(get.headers.find("etag"), put.headers.find("etag"));
  EXPECT_EQ(get.headers.find("content-type"), "text/plain");
  EXPECT_EQ(get.headers.find("content-encoding"), std::nullopt);
  EXPECT_EQ(get.headers.find("x-amz-meta-note"), "n");
  EXPECT_EQ(get.headers.find("last-modified"), "Tue, 20 Jan 2026 10:04:11 GMT");
  const http::Response head = s3.ask("HEAD", "/abc/k");
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(head.headers.find("content-length"), "5");
}

TEST_F(S3Objects, RangesAndReadConditions) {
  const std::string etag = *s3.ask("PUT", "/abc/k", "0123456789").headers.find("etag");
  const http::Response part = s3.ask("GET", "/abc/k", "", {{"Range", "bytes=2-4"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.headers.find("content-range"), "bytes 2-4/10");
  EXPECT_EQ(s3.ask("GET", "/abc/k", "", {{"Range", "bytes=7-"}}).body, "789");
  EXPECT_EQ(s3.ask("GET", "/abc/k", "", {{"Range", "bytes=-2"}}).body, "89");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc/k", "", {{"Range", "bytes=10-"}})), "416 InvalidRange");
  EXPECT_EQ(s3.ask("GET", "/abc/k", "", {{"If-None-Match", etag}}).status, 304);
  EXPECT_EQ(s3.ask("GET", "/abc/k", "", {{"If-None-Match", "\"other\""}}).status, 200);
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc/k", "", {{"If-Match", "\"other\""}})), "412 PreconditionFailed");
  EXPECT_EQ(s3.ask("GET", "/abc/k", "", {{"If-Match", etag}}).status, 200);
}

TEST_F(S3Objects, ConditionalPuts) {
  const std::vector<http::Header> kIfAbsent = {{"If-None-Match", "*"}};
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", "1", {{"If-Match", "\"e\""}})), "404 NoSuchKey");
  const std::string etag = *s3.ask("PUT", "/abc/k", "1", kIfAbsent).headers.find("etag");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", "2", kIfAbsent)), "412 PreconditionFailed");
  EXPECT_EQ(s3.ask("GET", "/abc/k").body, "1");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", "2", {{"If-Match", "\"e\""}})), "412 PreconditionFailed");
  EXPECT_EQ(s3.ask("PUT", "/abc/k", "2", {{"If-Match", etag}}).status, 200);
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", "3", {{"If-None-Match", etag}})), "501 NotImplemented");
  s3.set_versioning("abc", "Enabled");
  s3.ask("DELETE", "/abc/k");
  EXPECT_EQ(s3.ask("PUT", "/abc/k", "4", kIfAbsent).status, 200) << "a delete marker counts as absent";
}

TEST_F(S3Objects, ConditionalDeletes) {
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc/k", "", {{"If-Match", "\"e\""}})), "404 NoSuchKey");
  const std::string etag = *s3.ask("PUT", "/abc/k", "1").headers.find("etag");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc/k", "", {{"If-Match", "\"e\""}})), "412 PreconditionFailed");
  EXPECT_EQ(s3.ask("DELETE", "/abc/k", "", {{"If-Match", etag}}).status, 204);
}

// "123456789" is the check value of every CRC.
TEST(S3Checksums, CheckValues) {
  EXPECT_EQ(to_hex(crc32c("123456789")), "e3069283");
  EXPECT_EQ(to_hex(crc64nvme("123456789")), "ae8b14860a799888");
}

TEST_F(S3Objects, ChecksumsAreVerified) {
  const std::string body = "hello";
  const struct {
    std::string name, right, wrong;
  } kAlgorithms[] = {
      {"crc32", crc32(body), crc32("x")},
      {"crc32c", crc32c(body), crc32c("x")},
      {"sha1", sha1(body), sha1("x")},
      {"sha256", sha256(body), sha256("x")},
      {"crc64nvme", crc64nvme(body), crc64nvme("x")},
  };
  for (const auto& row : kAlgorithms) {
    const std::string header = "x-amz-checksum-" + row.name;
    const std::string right = to_base64(row.right);
    const http::Response put =
        s3.ask("PUT", "/abc/k", body, {{header, right}, {"x-amz-sdk-checksum-algorithm", to_upper(row.name)}});
    EXPECT_EQ(put.status, 200) << row.name;
    EXPECT_EQ(put.headers.find(header), right);
    EXPECT_EQ(s3.ask("GET", "/abc/k", "", {{"x-amz-checksum-mode", "ENABLED"}}).headers.find(header), right);
    EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", body, {{header, to_base64(row.wrong)}})), "400 BadDigest");
    EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", body, {{header, "AAA="}})), "400 InvalidRequest");
  }
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", body, {{"Content-MD5", to_base64(md5("x"))}})), "400 BadDigest");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("PUT", "/abc/k", body, {{"x-amz-sdk-checksum-algorithm", "CRC32"}})),
            "400 InvalidRequest");
}

TEST_F(S3Objects, VersionsStackUp) {
  s3.ask("PUT", "/abc/k", "0");
  s3.set_versioning("abc", "Enabled");
  const std::string one = version_of(s3.ask("PUT", "/abc/k", "1"));
  const std::string two = version_of(s3.ask("PUT", "/abc/k", "2"));
  EXPECT_THAT(versions(), ElementsAre(two, one, "null"));
  EXPECT_EQ(s3.ask("GET", "/abc/k").body, "2");
  EXPECT_EQ(s3.ask("GET", "/abc/k?versionId=" + one).body, "1");
  EXPECT_EQ(s3.ask("GET", "/abc/k?versionId=null").body, "0");
  const http::Response removed = s3.ask("DELETE", "/abc/k");
  const std::string marker = version_of(removed);
  EXPECT_EQ(removed.headers.find("x-amz-delete-marker"), "true");
  const http::Response gone = s3.ask("GET", "/abc/k");
  EXPECT_EQ(S3Fixture::outcome(gone), "404 NoSuchKey");
  EXPECT_EQ(gone.headers.find("x-amz-delete-marker"), "true");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc/k?versionId=" + marker)), "405 MethodNotAllowed");
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?list-type=2"), "Contents/Key"), IsEmpty());
  EXPECT_EQ(s3.ask("DELETE", "/abc/k?versionId=" + marker).status, 204);
  EXPECT_EQ(s3.ask("GET", "/abc/k").body, "2") << "without its marker the object is back";
}

TEST_F(S3Objects, SuspendedVersioningReplacesTheNullVersion) {
  s3.ask("PUT", "/abc/k", "0");
  s3.set_versioning("abc", "Enabled");
  const std::string one = version_of(s3.ask("PUT", "/abc/k", "1"));
  s3.set_versioning("abc", "Suspended");
  EXPECT_EQ(version_of(s3.ask("PUT", "/abc/k", "2")), "null");
  EXPECT_THAT(versions(), ElementsAre("null", one));
  EXPECT_EQ(version_of(s3.ask("DELETE", "/abc/k")), "null");
  EXPECT_THAT(versions(), ElementsAre("null", one));
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?versions"), "DeleteMarker/VersionId"), ElementsAre("null"));
}

TEST_F(S3Objects, DeleteObjectsAnswersForEachKey) {
  s3.ask("PUT", "/abc/a", "1");
  const std::string body = S3Fixture::document(
      "Delete", "<Object><Key>a</Key></Object><Object><Key>missing</Key></Object><Object><Key></Key></Object>");
  const http::Response answer = s3.put("POST", "/abc?delete", body);
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(S3Fixture::texts(answer, "Deleted/Key"), ElementsAre("a", "missing"));
  EXPECT_THAT(S3Fixture::texts(answer, "Error/Code"), ElementsAre("UserKeyMustBeSpecified"));
  const http::Response quiet =
      s3.put("POST", "/abc?delete", S3Fixture::document("Delete", "<Object><Key>b</Key></Object><Quiet>true</Quiet>"));
  EXPECT_THAT(S3Fixture::texts(quiet, "*"), IsEmpty());
}

TEST_F(S3Objects, DeleteObjectsIsRefusedAsAWhole) {
  std::string keys;
  for (int i = 0; i < 1001; ++i) keys += "<Object><Key>k</Key></Object>";
  const std::pair<std::string, std::string> kBodies[] = {
      {S3Fixture::document("Delete", keys), "400 MalformedXML"},
      {S3Fixture::document("Delete", ""), "400 MalformedXML"},
      {S3Fixture::document("Delete", "<Object><Key>k</Key><Foo/></Object>"), "400 MalformedXML"},
      {S3Fixture::document("Delete", "<Object><Key>&#1;</Key></Object>"), "400 MalformedXML"},
      {S3Fixture::document("Delete", "<Object><Key>\x01</Key></Object>"), "400 MalformedXML"},
      {S3Fixture::document("Delete", "<Object><Key>&foo;</Key></Object>"), "400 MalformedXML"},
      {S3Fixture::document("Delete", "<Object><Key>k</Object>"), "400 MalformedXML"},
      {"<Delete><Object><Key>k</Key></Object></Delete>", "400 MalformedXML"},
      {"", "400 MalformedXML"},
  };
  for (const auto& [body, expected] : kBodies) {
    EXPECT_EQ(S3Fixture::outcome(s3.put("POST", "/abc?delete", body)), expected) << body.substr(0, 200);
  }
  EXPECT_EQ(S3Fixture::outcome(s3.ask("POST", "/abc?delete", kBodies[0].first)), "400 InvalidRequest") << "no checksum";
}

// An XML reader turns a CR into LF, so the request names another key than intended.
TEST_F(S3Objects, DeleteObjectsReadsACarriageReturnAsALineFeed) {
  s3.ask("PUT", "/abc/a%0D", "cr");
  s3.ask("PUT", "/abc/a%0A", "lf");
  s3.put("POST", "/abc?delete", S3Fixture::document("Delete", "<Object><Key>a\r</Key></Object>"));
  EXPECT_EQ(s3.ask("GET", "/abc/a%0D").status, 200);
  EXPECT_EQ(s3.ask("GET", "/abc/a%0A").status, 404);
}

TEST_F(S3Objects, DeleteObjectsByVersion) {
  s3.set_versioning("abc", "Enabled");
  const std::string one = version_of(s3.ask("PUT", "/abc/k", "1"));
  const std::string marker = version_of(s3.ask("DELETE", "/abc/k"));
  const auto object = [](const std::string& id) {
    return "<Object><Key>k</Key><VersionId>" + id + "</VersionId></Object>";
  };
  const http::Response answer =
      s3.put("POST", "/abc?delete", S3Fixture::document("Delete", object(one) + object(marker)));
  EXPECT_THAT(S3Fixture::texts(answer, "Deleted/VersionId"), ElementsAre(one, marker));
  EXPECT_THAT(S3Fixture::texts(answer, "Deleted/DeleteMarkerVersionId"), ElementsAre(marker));
  EXPECT_THAT(versions(), IsEmpty());
}

TEST_F(S3Objects, UploadsSayHowTheyAreEncrypted) {
  EXPECT_EQ(s3.ask("POST", "/abc/k?uploads").headers.find("x-amz-server-side-encryption"), "AES256");
}

TEST_F(S3Objects, ErrorsHaveTheMembersOfAws) {
  const http::Response storage = s3.ask("PUT", "/abc/k", "x", {{"x-amz-storage-class", "OUTPOSTS"}});
  EXPECT_EQ(S3Fixture::text(storage, "StorageClassRequested"), "OUTPOSTS");
  EXPECT_EQ(S3Fixture::text(storage, "Resource"), "(none)");
  EXPECT_NE(S3Fixture::text(storage, "RequestId"), "(none)");
}

TEST_F(S3Objects, UploadsBecomeObjectsOrVanish) {
  const std::string id = S3Fixture::text(s3.ask("POST", "/abc/k?uploads"), "UploadId");
  const std::string target = "/abc/k?uploadId=" + id;
  const std::string first(5 * 1024 * 1024, 'a');
  const std::string one = *s3.ask("PUT", target + "&partNumber=1", first).headers.find("etag");
  const std::string two = *s3.ask("PUT", target + "&partNumber=2", "b").headers.find("etag");
  const auto part = [](int number, const std::string& etag) {
    return "<Part><PartNumber>" + std::to_string(number) + "</PartNumber><ETag>" + etag + "</ETag></Part>";
  };
  const auto complete = [&](const std::string& parts) {
    return S3Fixture::outcome(s3.ask("POST", target, S3Fixture::document("CompleteMultipartUpload", parts)));
  };
  EXPECT_EQ(complete(part(2, two) + part(1, one)), "400 InvalidPartOrder");
  EXPECT_EQ(complete(part(1, two)), "400 InvalidPart");
  EXPECT_EQ(complete(part(1, one) + part(2, two)), "200");
  EXPECT_EQ(s3.ask("GET", "/abc/k").body, first + "b");
  const std::string other = S3Fixture::text(s3.ask("POST", "/abc/k?uploads"), "UploadId");
  EXPECT_EQ(s3.ask("DELETE", "/abc/k?uploadId=" + other).status, 204);
  EXPECT_EQ(S3Fixture::outcome(s3.ask("DELETE", "/abc/k?uploadId=" + other)), "404 NoSuchUpload");
}

TEST_F(S3Objects, FirehoseDelivers) {
  EXPECT_EQ(deliver_object(s3.world, "abc", "logs/1", "x"), std::nullopt);
  EXPECT_EQ(s3.ask("GET", "/abc/logs/1").body, "x");
  EXPECT_EQ(deliver_object(s3.world, "nobodys", "logs/1", "x"), "NoSuchBucket");
  EXPECT_EQ(deliver_object(s3.world, "taken-abc", "logs/1", "x"), "AccessDenied");
  EXPECT_TRUE(bucket_exists(s3.world, "abc"));
  EXPECT_FALSE(bucket_exists(s3.world, "nobodys"));
}

}  // namespace
}  // namespace s3_object_test
}  // namespace fhctl::sandbox
