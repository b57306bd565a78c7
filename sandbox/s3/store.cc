#include "sandbox/s3/store.h"

#include <algorithm>

#include "core/base/digest.h"
#include "core/base/text.h"
#include "sandbox/s3/bucket_policy.h"
#include "sandbox/s3/s3.h"

namespace fhctl::sandbox {
namespace {

using Versions = std::vector<ObjectVersion>;

void erase_version(Bucket& bucket, const std::string& key, const std::string& id) {
  const auto found = bucket.objects.find(key);
  if (found == bucket.objects.end()) return;
  Versions& versions = found->second;
  versions.erase(
      std::remove_if(versions.begin(), versions.end(), [&](const ObjectVersion& version) { return version.id == id; }),
      versions.end());
  if (versions.empty()) bucket.objects.erase(found);
}

const ObjectVersion& add_newest(CloudState& world, Bucket& bucket, const std::string& key, ObjectVersion version) {
  version.modified = world.now;
  version.id = bucket.versioning == "Enabled" ? random_hex(world.entropy, 32) : "null";
  // A bucket holds at most one null version of a key: the new one replaces it.
  if (version.id == "null") erase_version(bucket, key, "null");
  Versions& versions = bucket.objects[key];
  return *versions.insert(versions.begin(), std::move(version));
}

}  // namespace

const ObjectVersion* newest_version(const Bucket& bucket, const std::string& key) {
  const auto found = bucket.objects.find(key);
  return found == bucket.objects.end() ? nullptr : &found->second.front();
}

const ObjectVersion* current_object(const Bucket& bucket, const std::string& key) {
  const ObjectVersion* version = newest_version(bucket, key);
  return version == nullptr || version->is_delete_marker ? nullptr : version;
}

const ObjectVersion* find_version(const Bucket& bucket, const std::string& key, const std::string& version_id) {
  const auto found = bucket.objects.find(key);
  if (found == bucket.objects.end()) return nullptr;
  for (const ObjectVersion& version : found->second) {
    if (version.id == version_id) return &version;
  }
  return nullptr;
}

const ObjectVersion& put_version(CloudState& world, Bucket& bucket, const std::string& key, ObjectVersion version) {
  version.is_delete_marker = false;
  if (version.etag.empty()) version.etag = md5_etag(version.body);
  return add_newest(world, bucket, key, std::move(version));
}

Deletion delete_object(CloudState& world, Bucket& bucket, const std::string& key, const std::string& version_id) {
  if (!version_id.empty()) {
    const ObjectVersion* version = find_version(bucket, key, version_id);
    const bool was_marker = version != nullptr && version->is_delete_marker;
    erase_version(bucket, key, version_id);
    return {version_id, was_marker};
  }
  if (bucket.versioning.empty()) {
    erase_version(bucket, key, "null");
    return {};
  }
  ObjectVersion marker;
  marker.is_delete_marker = true;
  return {add_newest(world, bucket, key, std::move(marker)).id, true};
}

std::string md5_etag(std::string_view body) { return "\"" + to_hex(md5(body)) + "\""; }

bool is_foreign_bucket(const CloudState& world, const std::string& name) {
  return starts_with(name, "taken-") || world.s3->foreign.contains(name);
}

std::string owner_of_bucket(const CloudState& world, const std::string& name) {
  if (is_foreign_bucket(world, name)) return "999999999999";
  return world.s3->buckets.contains(name) ? world.options.account : "";
}

std::optional<std::string> deliver_object(CloudState& world, const std::string& bucket, const std::string& key,
                                          std::string body, const Delivery& delivery) {
  const auto found = world.s3->buckets.find(bucket);
  if (found == world.s3->buckets.end()) return is_foreign_bucket(world, bucket) ? "AccessDenied" : "NoSuchBucket";
  S3Request request{"s3:PutObject", key, delivery.role_arn, {}};
  if (!delivery.kms_key.empty()) {
    request.context["s3:x-amz-server-side-encryption"] = "aws:kms";
    request.context["s3:x-amz-server-side-encryption-aws-kms-key-id"] = delivery.kms_key;
  }
  if (!delivery.role_arn.empty() && bucket_policy_denies(found->second, request)) return "AccessDenied";
  ObjectVersion version;
  version.body = std::move(body);
  version.headers = {{"content-type", "application/octet-stream"}};
  put_version(world, found->second, key, std::move(version));
  return std::nullopt;
}

std::string default_key_of_bucket(const CloudState& world, const std::string& bucket) {
  const auto found = world.s3->buckets.find(bucket);
  if (found == world.s3->buckets.end()) return "";
  const BucketEncryption& encryption = found->second.encryption;
  return starts_with(encryption.algorithm, "aws:kms") && contains(encryption.kms_key_id, ":key/")
             ? encryption.kms_key_id
             : "";
}

bool bucket_exists(CloudState& world, const std::string& bucket) {
  return is_foreign_bucket(world, bucket) || world.s3->buckets.count(bucket) != 0;
}

}  // namespace fhctl::sandbox
