// Amazon S3, REST and XML, 2006-03-01: buckets. Every function waits.
//
// Every call but CreateBucket sends x-amz-expected-bucket-owner when `owner` is not empty, so that a bucket that
// changed hands is never touched. Objects are in core/services/s3_objects.h.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/tags.h"
#include "core/services/protocols/bucket_ref.h"

namespace fhctl::s3 {

struct HeadBucketResult {
  enum class Answer { kOurs, kAbsent, kForbidden, kOtherRegion };
  Answer answer;
  std::string region;  // where S3 says it
};
Result<HeadBucketResult> head_bucket(aws::Client& client, const BucketRef& bucket);

enum class CreateBucketAnswer { kCreated, kAlreadyOurs, kTaken };
// Creates the bucket for the caller's account, which is its `owner`, with these tags: in the regional namespace of that
// account if the name is one of it, else in the global one. In us-east-1 a create of our existing bucket also returns
// 200: read before you create.
Result<CreateBucketAnswer> create_bucket(aws::Client& client, const BucketRef& bucket, const Tags& tags);
Result<bool> delete_bucket(aws::Client& client, const BucketRef& bucket);  // false: absent; kInUse: BucketNotEmpty

// When the bucket was created, by S3's clock and in whole seconds: its CreationDate in ListBuckets, which lists the
// buckets of the caller's account. S3 may move the date forward when the bucket's policy is edited, never back.
// nullopt: this account has no such bucket, or the endpoint does not say its date. ListBuckets needs
// s3:ListAllMyBuckets. https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html
Result<std::optional<WallTime>> bucket_creation_date(aws::Client& client, const std::string& bucket);

Result<Tags> get_bucket_tags(aws::Client& client, const BucketRef& bucket);  // none: empty
// Replaces the whole set. S3 refuses it for a bucket with attribute-based access control; see tag_bucket().
Result<void> put_bucket_tags(aws::Client& client, const BucketRef& bucket, const Tags& tags);
Result<bool> abac_enabled(aws::Client& client, const BucketRef& bucket);  // attribute-based access control
// TagResource and UntagResource of S3 Control, which work for every general purpose bucket of the account `owner`. The
// first adds tags and changes the values of those that are there.
Result<void> tag_bucket(aws::Client& client, const BucketRef& bucket, const Tags& tags);
Result<void> untag_bucket(aws::Client& client, const BucketRef& bucket, const std::vector<std::string>& keys);

struct PublicAccessBlock {
  bool block_public_acls = false;
  bool ignore_public_acls = false;
  bool block_public_policy = false;
  bool restrict_public_buckets = false;
  bool operator==(const PublicAccessBlock&) const = default;
};
Result<PublicAccessBlock> get_public_access_block(aws::Client& client, const BucketRef& bucket);  // none: all false
Result<void> put_public_access_block(aws::Client& client, const BucketRef& bucket, const PublicAccessBlock& block);

struct Encryption {
  std::string algorithm;  // "AES256", "aws:kms", "aws:kms:dsse"; empty: none set
  std::string kms_key_id;
  bool bucket_key = false;
  bool operator==(const Encryption&) const = default;
};
Result<Encryption> get_bucket_encryption(aws::Client& client, const BucketRef& bucket);
Result<void> put_bucket_encryption(aws::Client& client, const BucketRef& bucket, const Encryption& encryption);

struct Versioning {
  std::string status;       // "", "Enabled", "Suspended"
  bool mfa_delete = false;  // deleting a version takes a code of the root user's MFA device
  bool operator==(const Versioning&) const = default;
};
Result<Versioning> get_bucket_versioning(aws::Client& client, const BucketRef& bucket);
Result<std::optional<std::string>> get_bucket_policy(aws::Client& client, const BucketRef& bucket);  // JSON, as it is
Result<bool> object_lock_enabled(aws::Client& client, const BucketRef& bucket);

// Lifecycle rules are kept as the XML of each <Rule>, so that rules of other tools keep their exact meaning.
struct LifecycleRule {
  std::string id;
  std::string xml;  // the whole <Rule> element
};
struct Lifecycle {
  std::vector<LifecycleRule> rules;
  // "all_storage_classes_128K" or "varies_by_storage_class": which small objects transitions leave out. It travels in a
  // header, and a put without it sets the first. Empty: not said.
  std::string minimum_size;
};
Result<Lifecycle> get_lifecycle(aws::Client& client, const BucketRef& bucket);  // none: empty
// Without rules, the configuration is deleted.
Result<void> put_lifecycle(aws::Client& client, const BucketRef& bucket, const Lifecycle& lifecycle);
Result<void> delete_lifecycle(aws::Client& client, const BucketRef& bucket);
// A rule that aborts multipart uploads that were not finished after `days` days.
LifecycleRule abort_uploads_rule(const std::string& id, int days);
// True when both rules mean the same, whatever their white space, element order and spelling of an empty filter.
bool same_rule(const LifecycleRule& a, const LifecycleRule& b);

// All settings of a bucket that fhctl manages.
struct BucketSettings {
  PublicAccessBlock public_access{};
  Encryption encryption{};
  Lifecycle lifecycle{};
};

std::string bucket_arn(std::string_view partition, std::string_view bucket);
// Why the name cannot be a bucket's, or nothing. Follows the bucket naming rules of the S3 user guide, but for names in
// "-an": there are buckets of such names from before S3 reserved them.
std::optional<std::string> bucket_name_problem(std::string_view name);

// Names of an account's regional namespace: only this account can have a bucket of such a name, and only in that
// region. https://docs.aws.amazon.com/AmazonS3/latest/userguide/gpbucketnamespaces.html
bool has_account_regional_names(std::string_view region);
std::string account_regional_name(std::string_view prefix, std::string_view account, std::string_view region);
bool is_account_regional(std::string_view name, std::string_view account, std::string_view region);
// Why S3 would not create a bucket of this name because of its namespace, or nothing: it ends with "-an" and is not a
// name of the account's regional namespace.
std::optional<std::string> namespace_problem(std::string_view name, std::string_view account, std::string_view region);

}  // namespace fhctl::s3
