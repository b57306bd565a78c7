// Responses of the XML services (S3, IAM, STS) converted to typed results. The first byte chooses the operation.
#include <algorithm>

#include "core/base/text.h"
#include "core/services/iam.h"
#include "core/services/s3_objects.h"
#include "core/services/sts.h"
#include "tests/fuzz/answering_client.h"

namespace fhctl::fuzz::xml_answers {
namespace {

constexpr std::string_view kNoEntity = "NoSuchEntity";
constexpr std::string_view kNoKey = "NoSuchKey";

const s3::BucketRef kBucket{.name = "logs-123456789012-eu-central-1", .owner = "123456789012"};

std::string describe_tags(const Tags& tags) {
  std::string said = std::to_string(tags.size()) + " tags:";
  for (const auto& [key, value] : tags) said += " " + key + "=" + value;
  return said;
}

std::string describe_role(const iam::Role& role) {
  return join(
      {role.name, role.arn, role.id, role.path, role.trust_policy, role.permissions_boundary, describe_tags(role.tags)},
      "\x01");
}

Outcome create_role(aws::Client& client) {
  const Result<iam::Role> role = iam::create_role(
      client,
      {.name = "r", .path = "/", .trust_policy = "{}", .description = "", .permissions_boundary = "", .tags = {}});
  return role ? Outcome{.said = describe_role(*role)} : failed(role);
}

Outcome identify(aws::Client& client) {
  const Result<sts::CallerIdentity> who = sts::get_caller_identity(client);
  if (!who) return failed(who);
  // Names, ARNs and ownership depend on these.
  FUZZ_CHECK(who->account.size() == 12 && who->account.find_first_not_of("0123456789") == std::string::npos);
  FUZZ_CHECK(!who->partition.empty() && starts_with(who->arn, "arn:" + who->partition + ":"));
  return {.said = who->account + who->arn + who->user_id};
}

// An absent role has no policies, but an empty list requires a response that says so.
template <Result<std::vector<std::string>> (*list)(aws::Client&, const std::string&)>
Outcome list_of_role(aws::Client& client) {
  const Result<std::vector<std::string>> names = list(client, "r");
  if (!names) return failed(names);
  return {.said = describe_names(*names), .absent = names->empty()};
}

Outcome head_bucket(aws::Client& client) {
  const Result<s3::HeadBucketResult> head = s3::head_bucket(client, kBucket);
  if (!head) return failed(head);
  return {.said = std::to_string(static_cast<int>(head->answer)) + head->region};
}

Outcome create_bucket(aws::Client& client) {
  const Result<s3::CreateBucketAnswer> answer = s3::create_bucket(client, kBucket, {{"k", "v"}});
  return answer ? Outcome{.said = std::to_string(static_cast<int>(*answer))} : failed(answer);
}

Outcome bucket_tags(aws::Client& client) {
  const Result<Tags> tags = s3::get_bucket_tags(client, kBucket);
  return tags ? Outcome{.said = describe_tags(*tags), .absent = tags->empty()} : failed(tags);
}

Outcome access_block(aws::Client& client) {
  const Result<s3::PublicAccessBlock> block = s3::get_public_access_block(client, kBucket);
  if (!block) return failed(block);
  const bool flags[] = {block->block_public_acls, block->ignore_public_acls, block->block_public_policy,
                        block->restrict_public_buckets};
  std::string said = "block ";
  for (const bool flag : flags) said += flag ? '1' : '0';
  return {.said = said};
}

Outcome encryption(aws::Client& client) {
  const Result<s3::Encryption> found = s3::get_bucket_encryption(client, kBucket);
  if (!found) return failed(found);
  const bool none = *found == s3::Encryption{};
  return {.said = "encryption " + found->algorithm + found->kms_key_id + (found->bucket_key ? "+" : "-"),
          .absent = none && found->algorithm.empty()};
}

// Rules that fhctl does not own are written back unchanged.
Outcome lifecycle_rules(aws::Client& client) {
  const Result<s3::Lifecycle> lifecycle = s3::get_lifecycle(client, kBucket);
  if (!lifecycle) return failed(lifecycle);
  std::string said = std::to_string(lifecycle->rules.size()) + " rules";
  for (const s3::LifecycleRule& rule : lifecycle->rules) {
    FUZZ_CHECK(s3::same_rule(rule, rule));
    said += "\x01" + rule.id + "\x01" + rule.xml;
  }
  return {.said = said, .absent = lifecycle->rules.empty()};
}

Outcome versions(aws::Client& client) {
  const Result<s3::VersionsPage> page = s3::list_object_versions(client, kBucket, "p/", "p/a", "v1");
  if (!page) return failed(page);
  std::string said = std::to_string(page->versions.size()) + " versions";
  for (const s3::ObjectVersion& version : page->versions) {
    // A delete with an empty key or id would mean something else.
    FUZZ_CHECK(!version.key.empty() && !version.version_id.empty());
    said += "\x01" + version.key + "\x01" + version.version_id + std::to_string(version.size);
  }
  if (page->truncated) {
    const bool on =
        page->next_key_marker > "p/a" || (page->next_key_marker == "p/a" && page->next_version_id_marker != "v1");
    FUZZ_CHECK(on);
  }
  return {.said = said + page->next_key_marker};
}

Outcome objects(aws::Client& client) {
  const Result<s3::ObjectsPage> page = s3::list_objects(client, kBucket, "p/", "t1");
  if (!page) return failed(page);
  std::string said = std::to_string(page->objects.size()) + " objects";
  for (const s3::ObjectSummary& object : page->objects) {
    FUZZ_CHECK(!object.key.empty());
    said += "\x01" + object.key + std::to_string(object.size);
  }
  if (page->truncated) FUZZ_CHECK(!page->next_token.empty() && page->next_token != "t1");
  return {.said = said};
}

Outcome uploads(aws::Client& client) {
  const Result<s3::UploadsPage> page = s3::list_multipart_uploads(client, kBucket, "", "");
  if (!page) return failed(page);
  std::string said = std::to_string(page->uploads.size()) + " uploads";
  for (const s3::Upload& upload : page->uploads) {
    FUZZ_CHECK(!upload.key.empty() && !upload.upload_id.empty());
    said += "\x01" + upload.key + upload.upload_id;
  }
  if (page->truncated) FUZZ_CHECK(!page->next_key_marker.empty());
  return {.said = said};
}

Outcome delete_many(aws::Client& client) {
  const Result<std::vector<s3::DeleteFailure>> failures = s3::delete_objects(
      client, kBucket, {{.key = "a", .version_id = "v", .is_delete_marker = false, .size = 0, .last_modified = ""}});
  if (!failures) return failed(failures);
  std::string said = std::to_string(failures->size()) + " failures";
  for (const s3::DeleteFailure& failure : *failures) said += "\x01" + failure.key + failure.code + failure.message;
  return {.said = said};
}

std::string describe_object(const s3::Object& object) { return object.etag + "\x01" + object.body; }

Outcome changed_object(aws::Client& client) {
  const Result<s3::ConditionalObject> found = s3::get_object_if_changed(client, kBucket, "k", "\"e\"");
  if (!found) return failed(found);
  return {.said = std::to_string(static_cast<int>(found->answer)) + describe_object(found->object),
          .absent = found->answer == s3::ConditionalObject::Answer::kAbsent};
}

Outcome put_if_absent(aws::Client& client) {
  const Result<s3::PutAnswer> answer =
      s3::put_object(client, kBucket, "k", "body", "text/plain", {.if_absent = true, .if_match = ""});
  return answer ? Outcome{.said = std::to_string(static_cast<int>(answer->outcome)) + answer->etag} : failed(answer);
}

constexpr Operation kOperations[] = {
    {"GetCallerIdentity", identify},
    {"CreateRole", create_role},
    {"GetRole", [](aws::Client& client) { return outcome(iam::get_role(client, "r"), describe_role); }, kNoEntity},
    {"GetRolePolicy",
     [](aws::Client& client) {
       return outcome(iam::get_role_policy(client, "r", "p"), [](const std::string& text) { return "policy " + text; });
     },
     kNoEntity},
    {"DeleteRole", [](aws::Client& client) { return outcome(iam::delete_role(client, "r")); }, kNoEntity},
    {"DeleteRolePolicy", [](aws::Client& client) { return outcome(iam::delete_role_policy(client, "r", "p")); },
     kNoEntity},
    {"TagRole",
     [](aws::Client& client) {
       return outcome(iam::tag_role(client, "r", {{"k", "v"}}));
     }},
    {"ListRolePolicies", list_of_role<iam::list_role_policies>, kNoEntity, "PolicyNames"},
    {"ListAttachedRolePolicies", list_of_role<iam::list_attached_policies>, kNoEntity, "AttachedPolicies"},
    {"ListInstanceProfilesForRole", list_of_role<iam::list_instance_profiles>, kNoEntity, "InstanceProfiles"},
    {"HeadBucket", head_bucket},
    {"CreateBucket", create_bucket},
    {"DeleteBucket", [](aws::Client& client) { return outcome(s3::delete_bucket(client, kBucket)); }, "NoSuchBucket"},
    {"GetBucketTagging", bucket_tags, "NoSuchTagSet", "TagSet"},
    {"GetPublicAccessBlock", access_block},
    {"GetBucketEncryption", encryption, "ServerSideEncryptionConfigurationNotFoundError", "SSEAlgorithm"},
    {"GetBucketVersioning",
     [](aws::Client& client) {
       const Result<s3::Versioning> versioning = s3::get_bucket_versioning(client, kBucket);
       if (!versioning) return failed(versioning);
       return Outcome{.said = "versioning " + versioning->status + (versioning->mfa_delete ? " with MFA" : "")};
     }},
    {"GetObjectLockConfiguration",
     [](aws::Client& client) {
       const Result<bool> locked = s3::object_lock_enabled(client, kBucket);
       return locked ? Outcome{.said = *locked ? "locked" : "free"} : failed(locked);
     }},
    {"GetBucketLifecycleConfiguration", lifecycle_rules, "NoSuchLifecycleConfiguration"},
    {"ListObjectVersions", versions},
    {"ListObjectsV2", objects},
    {"ListMultipartUploads", uploads},
    {"DeleteObjects", delete_many},
    {"GetObject", [](aws::Client& client) { return outcome(s3::get_object(client, kBucket, "k"), describe_object); },
     kNoKey},
    {"GetObject, if changed", changed_object, kNoKey},
    {"PutObject, if absent", put_if_absent},
    {"DeleteObject, if unchanged",
     [](aws::Client& client) {
       const Result<bool> deleted = s3::delete_object(client, kBucket, "k", "", "\"e\"");
       return deleted ? Outcome{.said = *deleted ? "deleted" : "changed"} : failed(deleted);
     }},
    {"AbortMultipartUpload",
     [](aws::Client& client) { return outcome(s3::abort_multipart_upload(client, kBucket, "k", "u")); },
     "NoSuchUpload"},
};

}  // namespace

FUZZ_TARGET(xml_answers) {
  Input choices(input);
  const Operation& operation = kOperations[choices.below(std::size(kOperations))];
  run_operation(operation, choices, "application/xml");
}

}  // namespace fhctl::fuzz::xml_answers
