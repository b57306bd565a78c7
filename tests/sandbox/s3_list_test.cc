// Lists of the sandbox's S3: pages, prefixes, markers.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/sandbox/s3_fixture.h"

namespace fhctl::sandbox {
namespace s3_list_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct S3Lists : testing::Test {
  S3Fixture s3;

  S3Lists() { s3.make_bucket("abc"); }

  void put(const std::vector<std::string>& keys) {
    for (const std::string& key : keys) s3.ask("PUT", "/abc/" + percent_encode(key, true), "x");
  }

  // Returns all pages of ListObjectsV2: keys, and common prefixes with a '*' before them.
  std::vector<std::string> walk(const std::string& query, std::size_t page_max) {
    std::vector<std::string> all;
    std::string token;
    for (int pages = 0; pages < 100; ++pages) {
      const http::Response page = s3.ask("GET", "/abc?list-type=2&" + query + token);
      const std::vector<std::string> keys = S3Fixture::texts(page, "Contents/Key");
      const std::vector<std::string> prefixes = S3Fixture::texts(page, "CommonPrefixes/Prefix");
      EXPECT_LE(keys.size() + prefixes.size(), page_max);
      EXPECT_EQ(S3Fixture::text(page, "KeyCount"), std::to_string(keys.size() + prefixes.size()));
      all.insert(all.end(), keys.begin(), keys.end());
      for (const std::string& prefix : prefixes) all.push_back("*" + prefix);
      if (S3Fixture::text(page, "IsTruncated") == "false") return all;
      token = "&continuation-token=" + percent_encode(S3Fixture::text(page, "NextContinuationToken"));
    }
    ADD_FAILURE() << "the list does not end";
    return all;
  }
};

TEST_F(S3Lists, PagesAreInTheOrderOfBytes) {
  put({"b", "a", "a/1", "B", "\xC3\xA4", "~"});
  for (const int size : {1, 2, 3, 1000}) {
    EXPECT_THAT(walk("max-keys=" + std::to_string(size), static_cast<std::size_t>(size)),
                ElementsAre("B", "a", "a/1", "b", "~", "\xC3\xA4"));
  }
}

TEST_F(S3Lists, DelimitersFoldKeysAcrossPages) {
  put({"a", "d/1", "d/2", "d/3", "e/1", "f"});
  for (const int size : {1, 2, 5}) {
    std::vector<std::string> all = walk("delimiter=%2F&max-keys=" + std::to_string(size), 5);
    std::sort(all.begin(), all.end());
    EXPECT_THAT(all, ElementsAre("*d/", "*e/", "a", "f")) << size;
  }
  EXPECT_THAT(walk("delimiter=%2F&prefix=d%2F", 5), ElementsAre("d/1", "d/2", "d/3"));
  EXPECT_THAT(walk("prefix=d&start-after=d%2F1", 5), ElementsAre("d/2", "d/3"));
}

TEST_F(S3Lists, ArgumentsAreChecked) {
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?list-type=2&max-keys=-1")), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?list-type=2&max-keys=x")), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?list-type=2&encoding-type=xml")), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?list-type=2&continuation-token=%21")), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", "/abc?versions&version-id-marker=v")), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?list-type=2&max-keys=5000"), "MaxKeys"), "1000");
}

TEST_F(S3Lists, VersionsPageByKeyAndVersion) {
  s3.set_versioning("abc", "Enabled");
  put({"a", "a", "b", "a"});
  s3.ask("DELETE", "/abc/b");
  const std::vector<std::string> all = S3Fixture::texts(s3.ask("GET", "/abc?versions"), "*/VersionId");
  ASSERT_EQ(all.size(), 5u);
  std::vector<std::string> paged;
  std::string markers;
  for (int pages = 0; pages < 10; ++pages) {
    const http::Response page = s3.ask("GET", "/abc?versions&max-keys=2" + markers);
    for (const std::string& id : S3Fixture::texts(page, "*/VersionId")) paged.push_back(id);
    if (S3Fixture::text(page, "IsTruncated") == "false") break;
    markers = "&key-marker=" + S3Fixture::text(page, "NextKeyMarker") +
              "&version-id-marker=" + S3Fixture::text(page, "NextVersionIdMarker");
  }
  EXPECT_EQ(paged, all);
}

// Emptying a bucket deletes each page before it asks for the next one.
TEST_F(S3Lists, VersionPagesGoOnWhenTheMarkerIsGone) {
  s3.set_versioning("abc", "Enabled");
  put({"a", "a", "a", "a", "a", "b"});
  std::string markers;
  for (int pages = 0; pages < 10; ++pages) {
    const http::Response page = s3.ask("GET", "/abc?versions&max-keys=2" + markers);
    const std::vector<std::string> keys = S3Fixture::texts(page, "Version/Key");
    const std::vector<std::string> ids = S3Fixture::texts(page, "Version/VersionId");
    for (std::size_t i = 0; i < ids.size(); ++i) s3.ask("DELETE", "/abc/" + keys[i] + "?versionId=" + ids[i]);
    if (S3Fixture::text(page, "IsTruncated") == "false") break;
    markers = "&key-marker=" + S3Fixture::text(page, "NextKeyMarker") +
              "&version-id-marker=" + S3Fixture::text(page, "NextVersionIdMarker");
  }
  EXPECT_EQ(s3.ask("DELETE", "/abc").status, 204);
}

TEST_F(S3Lists, LatestIsTheNewestVersionOnly) {
  s3.set_versioning("abc", "Enabled");
  put({"a", "a"});
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?versions"), "Version/IsLatest"), ElementsAre("true", "false"));
}

TEST_F(S3Lists, UploadsPageByKeyAndId) {
  for (int i = 0; i < 5; ++i) s3.ask("POST", i < 3 ? "/abc/a?uploads" : "/abc/b?uploads");
  const std::vector<std::string> all = S3Fixture::texts(s3.ask("GET", "/abc?uploads"), "Upload/UploadId");
  ASSERT_EQ(all.size(), 5u);
  std::vector<std::string> paged;
  std::string markers;
  for (int pages = 0; pages < 10; ++pages) {
    const http::Response page = s3.ask("GET", "/abc?uploads&max-uploads=2" + markers);
    for (const std::string& id : S3Fixture::texts(page, "Upload/UploadId")) paged.push_back(id);
    if (S3Fixture::text(page, "IsTruncated") == "false") break;
    markers = "&key-marker=" + S3Fixture::text(page, "NextKeyMarker") +
              "&upload-id-marker=" + S3Fixture::text(page, "NextUploadIdMarker");
  }
  EXPECT_EQ(paged, all);
}

TEST_F(S3Lists, UploadsOfAKeyAreInTheOrderOfTheirBeginning) {
  std::vector<std::string> begun;
  for (int i = 0; i < 5; ++i) {
    begun.push_back(S3Fixture::text(s3.ask("POST", "/abc/a?uploads"), "UploadId"));
    s3.world.now += std::chrono::seconds(1);
  }
  EXPECT_EQ(S3Fixture::texts(s3.ask("GET", "/abc?uploads"), "Upload/UploadId"), begun);
}

TEST_F(S3Lists, AMarkerOfUploadsMustNameOneOfItsKey) {
  const std::string a = S3Fixture::text(s3.ask("POST", "/abc/a?uploads"), "UploadId");
  const std::string b = S3Fixture::text(s3.ask("POST", "/abc/b?uploads"), "UploadId");
  const std::string of_a = "/abc?uploads&key-marker=a&upload-id-marker=";
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", of_a + a), "Upload/UploadId"), ElementsAre(b));
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", of_a + b)), "400 InvalidArgument");
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", of_a + b), "Message"), "Invalid uploadId marker");
  s3.ask("DELETE", "/abc/a?uploadId=" + a);
  EXPECT_EQ(S3Fixture::outcome(s3.ask("GET", of_a + a)), "400 InvalidArgument");
  // Without a key the id is ignored, and not repeated in the answer.
  const http::Response without_key = s3.ask("GET", "/abc?uploads&upload-id-marker=" + a);
  EXPECT_THAT(S3Fixture::texts(without_key, "Upload/UploadId"), ElementsAre(b));
  EXPECT_EQ(S3Fixture::text(without_key, "UploadIdMarker"), "");
}

TEST_F(S3Lists, UploadsHaveMarkersOnEveryPageAndGroups) {
  const http::Response none = s3.ask("GET", "/abc?uploads");
  for (const char* name : {"KeyMarker", "UploadIdMarker", "NextKeyMarker", "NextUploadIdMarker"}) {
    EXPECT_EQ(S3Fixture::text(none, name), "") << name;
  }
  EXPECT_EQ(S3Fixture::text(none, "Prefix"), "(none)");
  for (const char* key : {"d/a/1", "d/a/2", "d/f"}) s3.ask("POST", std::string("/abc/") + key + "?uploads");
  const http::Response all = s3.ask("GET", "/abc?uploads&prefix=d%2F&delimiter=%2F");
  EXPECT_THAT(S3Fixture::texts(all, "CommonPrefixes/Prefix"), ElementsAre("d/a/"));
  EXPECT_THAT(S3Fixture::texts(all, "Upload/Key"), ElementsAre("d/f"));
  EXPECT_EQ(S3Fixture::text(all, "NextKeyMarker"), "d/f");
  EXPECT_EQ(S3Fixture::text(all, "Upload/Initiator/DisplayName"), "sandbox");
  // A page of groups only has empty markers; a marker within a group skips the group.
  const http::Response group = s3.ask("GET", "/abc?uploads&prefix=d%2F&delimiter=%2F&max-uploads=1");
  EXPECT_EQ(S3Fixture::text(group, "IsTruncated"), "true");
  EXPECT_EQ(S3Fixture::text(group, "NextKeyMarker"), "");
  const http::Response within = s3.ask("GET", "/abc?uploads&prefix=d%2F&delimiter=%2F&key-marker=d%2Fa%2F1");
  EXPECT_THAT(S3Fixture::texts(within, "CommonPrefixes/Prefix"), IsEmpty());
  EXPECT_THAT(S3Fixture::texts(within, "Upload/Key"), ElementsAre("d/f"));
}

TEST_F(S3Lists, EntriesNameTheirChecksum) {
  s3.ask("PUT", "/abc/a", "123456789", {{"x-amz-checksum-crc32", "y/Q5Jg=="}});
  for (const char* list : {"/abc?list-type=2", "/abc"}) {
    EXPECT_EQ(S3Fixture::text(s3.ask("GET", list), "Contents/ChecksumAlgorithm"), "CRC32");
    EXPECT_EQ(S3Fixture::text(s3.ask("GET", list), "Contents/ChecksumType"), "FULL_OBJECT");
  }
  EXPECT_EQ(S3Fixture::text(s3.ask("GET", "/abc?versions"), "Version/ChecksumAlgorithm"), "CRC32");
}

TEST_F(S3Lists, FirstVersionOfTheListGoesByMarkers) {
  put({"a", "b", "c"});
  const http::Response page = s3.ask("GET", "/abc?max-keys=2");
  EXPECT_THAT(S3Fixture::texts(page, "Contents/Key"), ElementsAre("a", "b"));
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?marker=b"), "Contents/Key"), ElementsAre("c"));
  EXPECT_THAT(S3Fixture::texts(s3.ask("GET", "/abc?max-keys=0"), "Contents/Key"), IsEmpty());
}

}  // namespace
}  // namespace s3_list_test
}  // namespace fhctl::sandbox
