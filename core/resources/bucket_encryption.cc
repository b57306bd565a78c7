// How a bucket encrypts, and what follows for the delivery role and for fhctl's own objects.
#include <fmt/format.h>

#include "core/base/text.h"
#include "core/resources/bucket.h"

namespace fhctl::pipeline {
namespace {

bool uses_kms(const s3::Encryption& encryption) { return starts_with(encryption.algorithm, "aws:kms"); }

bool is_alias(std::string_view key) { return starts_with(key, "alias/") || contains(key, ":alias/"); }

// AWS's own key, which every identity of the account may use through S3.
bool is_aws_key(std::string_view key) {
  return key.empty() || key == "alias/aws/s3" || ends_with(key, ":alias/aws/s3");
}

std::string account_of_arn(const std::string& arn) {
  const std::vector<std::string> parts = split(arn, ':');
  return parts.size() > 4 ? parts[4] : "";
}

void warn(Changes& changes, std::string message, std::string hint) {
  changes.notes.push_back({true, std::move(message), std::move(hint)});
}

}  // namespace

std::string bucket_key_arn(const s3::Encryption& encryption, const Identity& identity) {
  const std::string& key = encryption.kms_key_id;
  if (!uses_kms(encryption) || key.empty() || is_alias(key)) return "";
  // S3 looks a key that is named by its id alone up in the account of the caller.
  return starts_with(key, "arn:")
             ? key
             : fmt::format("arn:{}:kms:{}:{}:key/{}", identity.partition, identity.region, identity.account, key);
}

s3::Encryption own_object_encryption(const Spec& spec, const s3::Encryption& bucket, const s3::Encryption& stored) {
  const bool at_default = !stored.algorithm.empty() && stored.kms_key_id != spec.kms_key &&
                          (bucket.algorithm.empty() || stored.algorithm == bucket.algorithm);
  if (!spec.kms_key.empty() && !at_default) return {"aws:kms", spec.kms_key, false};
  if (!bucket.algorithm.empty()) return {bucket.algorithm, bucket.kms_key_id, false};
  return stored.algorithm == "AES256" ? s3::Encryption{"AES256", "", false} : s3::Encryption{};
}

void note_bucket_key(Changes& changes, const BucketState& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const s3::Encryption& encryption = current.settings.encryption;
  const std::string& bucket = spec.bucket_name();
  if (!spec.kms_key.empty() || !uses_kms(encryption)) return;  // with a key of the spec, that one encrypts the data
  if (is_aws_key(encryption.kms_key_id)) {
    if (spec.owner_of_bucket(goal.identity.account) == goal.identity.account) return;
    warn(changes,
         fmt::format("bucket {} encrypts with the key aws/s3 of its account, which no other account can use", bucket),
         "deliveries fail until the bucket has a key of its own, or --kms-key names one");
    return;
  }
  const std::string key = bucket_key_arn(encryption, goal.identity);
  if (key.empty()) {
    warn(changes,
         fmt::format("bucket {} encrypts with the KMS key {}, and a role's policy cannot name an alias", bucket,
                     encryption.kms_key_id),
         "give the key's ARN with --kms-key, or as the bucket's default encryption");
    return;
  }
  if (spec.external_role()) {
    warn(changes,
         fmt::format("bucket {} encrypts with the KMS key {}: role {} must be allowed to use it", bucket, key,
                     spec.existing_role),
         "it needs kms:GenerateDataKey and kms:Decrypt; `fhctl verify` shows whether records arrive");
    return;
  }
  const std::string owner = account_of_arn(key);
  if (!owner.empty() && owner != goal.identity.account) {
    warn(changes, fmt::format("bucket {} encrypts with the KMS key {} of another account", bucket, key),
         fmt::format("its key policy must let role {} use it, beside the role's own policy", spec.role));
    return;
  }
  add_note(changes, fmt::format("bucket {} encrypts with the KMS key {}; the delivery role may use it.", bucket, key));
}

}  // namespace fhctl::pipeline
