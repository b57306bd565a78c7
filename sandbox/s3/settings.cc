// The settings of a bucket in the simulated S3. A put replaces the whole setting, as it does in AWS.
#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/s3/operations.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox::s3 {
namespace {

constexpr std::size_t kPolicyBytesMax = 20 * 1024;

std::optional<bool> read_bool(const pugi::xml_node& node, const char* name) {
  if (!node.child(name)) return false;
  const std::string text = child_text(node, name);
  if (!has_once(node, name) || (text != "true" && text != "false")) return std::nullopt;
  return text == "true";
}

http::Response invalid(const S3Call& call, std::string_view message) {
  return s3_error(call, 400, "InvalidArgument", message);
}

// Reads the children of <Rule>; returns an error response if they are invalid.
std::optional<http::Response> read_encryption(const S3Call& call, const pugi::xml_node& rule, BucketEncryption& out) {
  const pugi::xml_node by_default = rule.child("ApplyServerSideEncryptionByDefault");
  const std::optional<bool> bucket_key = read_bool(rule, "BucketKeyEnabled");
  if (!has_only(rule, "ApplyServerSideEncryptionByDefault BucketKeyEnabled") || !bucket_key ||
      !has_once(rule, "ApplyServerSideEncryptionByDefault") || !has_only(by_default, "SSEAlgorithm KMSMasterKeyID") ||
      !has_once(by_default, "SSEAlgorithm") || count_of(by_default, "KMSMasterKeyID") > 1) {
    return s3_malformed(call);
  }
  out = {child_text(by_default, "SSEAlgorithm"), child_text(by_default, "KMSMasterKeyID"), *bucket_key};
  if (!is_listed("AES256 aws:kms aws:kms:dsse", out.algorithm)) return s3_malformed(call);
  if (out.algorithm == "AES256" && !out.kms_key_id.empty()) {
    return invalid(call,
                   "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or "
                   "aws:kms:dsse");
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::map<std::string, std::string>> read_tags(const S3Call& call, const pugi::xml_node& set,
                                                            http::Response& refusal) {
  std::map<std::string, std::string> tags;
  for (const pugi::xml_node tag : set.children()) {
    if (tag.name() != std::string_view("Tag") || !has_only(tag, "Key Value") || !has_once(tag, "Key") ||
        !has_once(tag, "Value")) {
      refusal = s3_malformed(call);
      return std::nullopt;
    }
    const std::string key = child_text(tag, "Key");
    std::optional<std::string> problem = tag_problem(key, child_text(tag, "Value"));
    if (!problem && tags.count(key) != 0) problem = "Cannot provide multiple Tags with the same key";
    if (problem) {
      refusal = s3_error(call, 400, "InvalidTag", *problem, {{"TagKey", key}});
      return std::nullopt;
    }
    tags[key] = child_text(tag, "Value");
  }
  if (tags.size() > kTagsMax) {
    refusal = s3_error(call, 400, "BadRequest", "Object tags cannot be greater than 50");
    return std::nullopt;
  }
  return tags;
}

namespace {

// AWS documents that tags of such a bucket are changed with TagResource and UntagResource only, but not the error.
http::Response refuse_abac(const S3Call& call) {
  return s3_error(
      call, 405, "MethodNotAllowed",
      "The specified method is not allowed against this resource: attribute-based access control is enabled.",
      {{"Method", call.incoming.raw.method}, {"ResourceType", "BUCKET"}});
}

// "SERIAL CODE"; the sandbox believes every code of six digits.
bool has_mfa_code(const S3Call& call) {
  const std::vector<std::string> given = split(call.header("x-amz-mfa").value_or(""), ' ');
  return given.size() == 2 && given[1].size() == 6 && parse_integer(given[1]).has_value();
}

}  // namespace

bool lacks_mfa(const S3Call& call) { return call.bucket->mfa_delete == "Enabled" && !has_mfa_code(call); }

http::Response put_tagging(S3Call& call) {
  if (call.bucket->abac) return refuse_abac(call);
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "Tagging", document)) return *refusal;
  const pugi::xml_node root = document.document_element();
  if (!has_only(root, "TagSet") || !has_once(root, "TagSet")) return s3_malformed(call);
  http::Response refusal;
  const auto tags = read_tags(call, root.child("TagSet"), refusal);
  if (!tags) return refusal;
  call.bucket->tags = *tags;
  return s3_empty(call, 204);
}

http::Response get_tagging(S3Call& call) {
  if (call.bucket->tags.empty()) {
    return s3_error(call, 404, "NoSuchTagSet", "The TagSet does not exist", {{"BucketName", call.bucket_name}});
  }
  pugi::xml_document document;
  const pugi::xml_node set = add_element(s3_root(document, "Tagging"), "TagSet");
  for (const auto& [key, value] : call.bucket->tags) {
    const pugi::xml_node tag = add_element(set, "Tag");
    add_text(tag, "Key", key);
    add_text(tag, "Value", value);
  }
  return s3_document(call, document);
}

http::Response delete_tagging(S3Call& call) {
  if (call.bucket->abac) return refuse_abac(call);
  call.bucket->tags.clear();
  return s3_empty(call, 204);
}

http::Response put_public_access_block(S3Call& call) {
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "PublicAccessBlockConfiguration", document)) {
    return *refusal;
  }
  const pugi::xml_node root = document.document_element();
  const std::optional<bool> acls = read_bool(root, "BlockPublicAcls");
  const std::optional<bool> ignored = read_bool(root, "IgnorePublicAcls");
  const std::optional<bool> policy = read_bool(root, "BlockPublicPolicy");
  const std::optional<bool> restricted = read_bool(root, "RestrictPublicBuckets");
  if (!has_only(root, "BlockPublicAcls IgnorePublicAcls BlockPublicPolicy RestrictPublicBuckets") || !acls ||
      !ignored || !policy || !restricted) {
    return s3_malformed(call);
  }
  call.bucket->public_access_block = PublicAccessBlock{*acls, *ignored, *policy, *restricted};
  return s3_empty(call, 200);
}

http::Response get_public_access_block(S3Call& call) {
  const std::optional<PublicAccessBlock>& block = call.bucket->public_access_block;
  if (!block) {
    return s3_error(call, 404, "NoSuchPublicAccessBlockConfiguration",
                    "The public access block configuration was not found", {{"BucketName", call.bucket_name}});
  }
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "PublicAccessBlockConfiguration");
  add_bool(root, "BlockPublicAcls", block->block_acls);
  add_bool(root, "IgnorePublicAcls", block->ignore_acls);
  add_bool(root, "BlockPublicPolicy", block->block_policy);
  add_bool(root, "RestrictPublicBuckets", block->restrict_buckets);
  return s3_document(call, document);
}

http::Response delete_public_access_block(S3Call& call) {
  call.bucket->public_access_block.reset();
  return s3_empty(call, 204);
}

http::Response put_encryption(S3Call& call) {
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "ServerSideEncryptionConfiguration", document)) {
    return *refusal;
  }
  const pugi::xml_node root = document.document_element();
  if (!has_only(root, "Rule") || !has_once(root, "Rule")) return s3_malformed(call);
  BucketEncryption encryption;
  if (std::optional<http::Response> refusal = read_encryption(call, root.child("Rule"), encryption)) return *refusal;
  call.bucket->encryption = encryption;
  return s3_empty(call, 200);
}

http::Response get_encryption(S3Call& call) {
  const BucketEncryption& encryption = call.bucket->encryption;
  pugi::xml_document document;
  const pugi::xml_node rule = add_element(s3_root(document, "ServerSideEncryptionConfiguration"), "Rule");
  const pugi::xml_node by_default = add_element(rule, "ApplyServerSideEncryptionByDefault");
  add_text(by_default, "SSEAlgorithm", encryption.algorithm);
  if (!encryption.kms_key_id.empty()) add_text(by_default, "KMSMasterKeyID", encryption.kms_key_id);
  add_bool(rule, "BucketKeyEnabled", encryption.bucket_key);
  return s3_document(call, document);
}

// Restores the default of a new bucket: S3 has no unencrypted buckets.
http::Response delete_encryption(S3Call& call) {
  call.bucket->encryption = {};
  return s3_empty(call, 204);
}

http::Response put_versioning(S3Call& call) {
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "VersioningConfiguration", document)) {
    return *refusal;
  }
  const pugi::xml_node root = document.document_element();
  const std::string status = child_text(root, "Status");
  const std::string mfa_delete = child_text(root, "MfaDelete");
  if (!has_only(root, "Status MfaDelete") || !has_once(root, "Status") || count_of(root, "MfaDelete") > 1 ||
      !is_listed("Enabled Suspended", status) || !(mfa_delete.empty() || is_listed("Enabled Disabled", mfa_delete))) {
    return s3_error(call, 400, "IllegalVersioningConfigurationException", "The Versioning element must be specified");
  }
  if (lacks_mfa(call) || (!mfa_delete.empty() && !has_mfa_code(call))) {
    return s3_error(call, 403, "AccessDenied", "Mfa Authentication must be used for this request");
  }
  if (call.bucket->object_lock && status == "Suspended") {
    return s3_error(call, 409, "InvalidBucketState",
                    "An Object Lock configuration is present on this bucket, so the versioning state cannot be "
                    "changed.");
  }
  call.bucket->versioning = status;
  if (!mfa_delete.empty()) call.bucket->mfa_delete = mfa_delete;
  return s3_empty(call, 200);
}

http::Response get_versioning(S3Call& call) {
  pugi::xml_document document;
  const pugi::xml_node root = s3_root(document, "VersioningConfiguration");
  if (!call.bucket->versioning.empty()) add_text(root, "Status", call.bucket->versioning);
  if (!call.bucket->mfa_delete.empty()) add_text(root, "MfaDelete", call.bucket->mfa_delete);
  return s3_document(call, document);
}

http::Response put_abac(S3Call& call) {
  pugi::xml_document document;
  if (std::optional<http::Response> refusal = read_document(call, "AbacStatus", document)) return *refusal;
  const pugi::xml_node root = document.document_element();
  const std::string status = child_text(root, "Status");
  if (!has_only(root, "Status") || !has_once(root, "Status") || !is_listed("Enabled Disabled", status)) {
    return s3_malformed(call);
  }
  call.bucket->abac = status == "Enabled";
  return s3_empty(call, 200);
}

http::Response get_abac(S3Call& call) {
  pugi::xml_document document;
  add_text(s3_root(document, "AbacStatus"), "Status", call.bucket->abac ? "Enabled" : "Disabled");
  return s3_document(call, document);
}

http::Response put_policy(S3Call& call) {
  const Result<Json> policy = parse_json(call.body(), "bucket policy");
  if (!policy || !policy->is_object() || !policy->contains("Statement") || call.body().size() > kPolicyBytesMax) {
    return s3_error(call, 400, "MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'");
  }
  call.bucket->policy = call.body();
  return s3_empty(call, 204);
}

http::Response get_policy(S3Call& call) {
  if (call.bucket->policy.empty()) {
    return s3_error(call, 404, "NoSuchBucketPolicy", "The bucket policy does not exist",
                    {{"BucketName", call.bucket_name}});
  }
  http::Response response = s3_empty(call, 200);
  response.headers.set("Content-Type", "application/json");
  response.body = call.bucket->policy;
  return response;
}

http::Response delete_policy(S3Call& call) {
  call.bucket->policy.clear();
  return s3_empty(call, 204);
}

http::Response get_object_lock(S3Call& call) {
  if (!call.bucket->object_lock) {
    return s3_error(call, 404, "ObjectLockConfigurationNotFoundError",
                    "Object Lock configuration does not exist for this bucket", {{"BucketName", call.bucket_name}});
  }
  pugi::xml_document document;
  add_text(s3_root(document, "ObjectLockConfiguration"), "ObjectLockEnabled", "Enabled");
  return s3_document(call, document);
}

}  // namespace fhctl::sandbox::s3
