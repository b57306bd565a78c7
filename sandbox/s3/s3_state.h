// State of the simulated S3. Buckets are global: one name, one owner, one region.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/state/history.h"

namespace fhctl::sandbox {

struct ObjectVersion {
  std::string id = "null";  // "null": written while the bucket was not versioned, or suspended
  bool is_delete_marker = false;
  std::string body;
  std::string etag;  // with its quotes
  WallTime modified{};
  std::vector<http::Header> headers;  // given at PUT and returned by GET: content-type, x-amz-meta-*, checksums
};

struct UploadPart {
  std::string body;
  std::string etag;
  WallTime modified{};
};

struct MultipartUpload {
  WallTime initiated{};
  std::vector<http::Header> headers;
  std::map<int, UploadPart> parts;
};

struct PublicAccessBlock {
  bool block_acls = true;
  bool ignore_acls = true;
  bool block_policy = true;
  bool restrict_buckets = true;
};

struct BucketEncryption {
  std::string algorithm = "AES256";
  std::string kms_key_id;
  bool bucket_key = false;
};

struct BucketSettings {
  std::string name;
  std::string region;
  WallTime created{};
  std::map<std::string, std::string> tags;
  std::optional<PublicAccessBlock> public_access_block = PublicAccessBlock{};  // all four are on in a new bucket
  BucketEncryption encryption;
  std::string owner;                   // account id; empty: the sandbox's account
  std::string versioning;              // "", "Enabled", "Suspended"
  std::string mfa_delete;              // "", "Enabled", "Disabled"
  bool abac = false;                   // attribute-based access control: tags are changed through S3 Control only
  std::string lifecycle;               // the document that GET returns; empty: none
  std::string lifecycle_minimum_size;  // x-amz-transition-default-minimum-object-size of the last put
  std::string policy;
  std::string ownership = "BucketOwnerEnforced";
  bool object_lock = false;
};

struct Bucket : BucketSettings {
  // By key in the order of its bytes; each list is newest first and never empty.
  std::map<std::string, std::vector<ObjectVersion>> objects;
  std::map<std::pair<std::string, std::string>, MultipartUpload> uploads;  // by key and upload id
};

// The account of all buckets that are not the sandbox's.
inline constexpr const char* kOtherAccount = "999999999999";

struct S3State {
  using Buckets = std::map<std::string, Bucket>;
  Buckets buckets;
  History<Buckets> history;       // of settings: the earlier buckets have no objects
  std::set<std::string> foreign;  // names of buckets of another account; not saved
};

struct CloudState;
// Whether the bucket belongs to kOtherAccount: one of the above, or any whose name begins with "taken-".
bool is_foreign_bucket(const CloudState& world, const std::string& name);

}  // namespace fhctl::sandbox
