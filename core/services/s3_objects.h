// Amazon S3: objects, versions and uploads. Keys are raw bytes, as S3 allows them: spaces, '+', '%', "../", CR, U+0001.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/services/s3.h"

namespace fhctl::s3 {

struct Object {
  std::string body;
  std::string etag;
  std::optional<WallTime> last_modified;
  std::optional<WallTime> date;  // S3's clock when it answered
  Encryption encryption{};       // with which it is stored; empty: not said
};
// nullopt: no such key. A bucket that does not exist is an error (kNotFound), here and in everything below.
Result<std::optional<Object>> get_object(aws::Client& client, const BucketRef& bucket, const std::string& key);
// With `if_none_match` (an ETag): kUnchanged when it is still that one.
struct ConditionalObject {
  enum class Answer { kFound, kUnchanged, kAbsent } answer;
  Object object;
};
Result<ConditionalObject> get_object_if_changed(aws::Client& client, const BucketRef& bucket, const std::string& key,
                                                const std::string& etag);

struct PutCondition {
  bool if_absent = false;  // If-None-Match: *
  std::string if_match;    // an ETag
};
struct PutAnswer {
  enum class Outcome { kStored, kConditionFailed } outcome;
  std::string etag;
  std::optional<WallTime> date;
};
// Sends Content-MD5, and the encryption unless it is empty: then the bucket's default applies. With a condition
// Idempotency is kNotIdempotent: after kNetwork read the object back and compare. A 412 is kConditionFailed, and so is
// a 404 under If-Match.
Result<PutAnswer> put_object(aws::Client& client, const BucketRef& bucket, const std::string& key,
                             const std::string& body, const std::string& content_type, const PutCondition& condition,
                             const Encryption& encryption = {});
// False: the condition failed. An absent key counts as deleted. `version_id` empty: the current object.
Result<bool> delete_object(aws::Client& client, const BucketRef& bucket, const std::string& key,
                           const std::string& version_id = "", const std::string& if_match = "");

struct ObjectVersion {
  std::string key;
  std::string version_id;  // "null" in a bucket that never had versions
  bool is_delete_marker = false;
  bool is_latest = false;  // what a GET without a version finds
  std::int64_t size = 0;
  std::string last_modified;  // ISO 8601, as S3 wrote it
};
struct VersionsPage {
  std::vector<ObjectVersion> versions;
  bool truncated = false;
  std::string next_key_marker;
  std::string next_version_id_marker;
};
// At most 1,000 a page, keys URL-encoded on the wire and decoded here.
Result<VersionsPage> list_object_versions(aws::Client& client, const BucketRef& bucket, const std::string& prefix,
                                          const std::string& key_marker, const std::string& version_id_marker);

struct ObjectSummary {
  std::string key;
  std::int64_t size = 0;
  std::string last_modified;
};
struct ObjectsPage {
  std::vector<ObjectSummary> objects;
  bool truncated = false;
  std::string next_token;
};
Result<ObjectsPage> list_objects(aws::Client& client, const BucketRef& bucket, const std::string& prefix,
                                 const std::string& token, int most = 1000);

struct DeleteFailure {
  std::string key;
  std::string version_id;
  std::string code;
  std::string message;
};
// At most 1,000. Quiet. HTTP 200 may still carry failures: they are the result. Keys that XML cannot carry are refused
// (kUsage): delete those one by one.
Result<std::vector<DeleteFailure>> delete_objects(aws::Client& client, const BucketRef& bucket,
                                                  const std::vector<ObjectVersion>& versions);
// Whether DeleteObjects can name this key: an XML reader turns CR into LF and refuses most control characters; some cut
// white space off at the ends.
bool xml_can_carry(std::string_view key);

struct Upload {
  std::string key;
  std::string upload_id;
};
struct UploadsPage {
  std::vector<Upload> uploads;
  bool truncated = false;
  std::string next_key_marker;
  std::string next_upload_id_marker;
};
Result<UploadsPage> list_multipart_uploads(aws::Client& client, const BucketRef& bucket, const std::string& key_marker,
                                           const std::string& upload_id_marker);
Result<bool> abort_multipart_upload(aws::Client& client, const BucketRef& bucket, const std::string& key,
                                    const std::string& upload_id);  // false: it did not exist

}  // namespace fhctl::s3
