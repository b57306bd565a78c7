#include "core/services/s3.h"

#include <fmt/format.h>

#include "core/services/protocols/response_errors.h"
#include "core/services/protocols/rest_xml.h"

namespace fhctl::s3 {
Result<HeadBucketResult> head_bucket(aws::Client& client, const BucketRef& bucket) {
  using Answer = HeadBucketResult::Answer;
  aws::Call call = bucket_call("HEAD", "HeadBucket", bucket);
  call.statuses_are_data = true;
  Result<http::Response> response = client.call(call);
  if (!response) {
    // A HEAD response has no body: a refusal is only its status. The client has followed a region that S3 named.
    Error error = response.error();
    if (error.kind == ErrorKind::kDenied) return HeadBucketResult{Answer::kForbidden, ""};
    if (error.http_status == 301) return HeadBucketResult{Answer::kOtherRegion, ""};
    return error;
  }
  std::string region = response->headers.find("x-amz-bucket-region").value_or("");
  if (response->status == 404) return HeadBucketResult{Answer::kAbsent, region};
  if (response->status >= 300) return judge_response(call, *response);
  bool elsewhere = !region.empty() && region != client.region();
  return HeadBucketResult{elsewhere ? Answer::kOtherRegion : Answer::kOurs, region};
}

Result<CreateBucketAnswer> create_bucket(aws::Client& client, const BucketRef& bucket, const Tags& tags) {
  // No owner is expected of a bucket that does not exist yet; the API has no such header here.
  aws::Call call = bucket_call("PUT", "CreateBucket", BucketRef{.name = bucket.name, .owner = ""});
  call.safety = aws::Idempotency::kNotIdempotent;
  call.resources = {.creates = bucket_resource(bucket.name)};
  if (is_account_regional(bucket.name, bucket.owner, client.region())) {
    call.request.headers.set("x-amz-bucket-namespace", "account-regional");
  }
  XmlDocument document = new_xml_document();
  pugi::xml_node root = append_root(*document, "CreateBucketConfiguration");
  // us-east-1 is not among the constraints that S3 knows, and is refused.
  if (client.region() != "us-east-1") append_text(root, "LocationConstraint", client.region());
  if (!tags.empty()) append_tags(root.append_child("Tags"), tags);
  if (root.first_child()) set_body(call, xml_text(*document));

  Result<void> made = call_for_nothing(client, call);
  if (made) return CreateBucketAnswer::kCreated;
  if (is_fault(made.error(), "BucketAlreadyOwnedByYou")) return CreateBucketAnswer::kAlreadyOurs;
  if (is_fault(made.error(), "BucketAlreadyExists")) return CreateBucketAnswer::kTaken;
  return made.error();
}

Result<bool> delete_bucket(aws::Client& client, const BucketRef& bucket) {
  aws::Call call = bucket_call("DELETE", "DeleteBucket", bucket);
  call.resources.deletes = bucket_resource(bucket.name);
  Result<void> deleted = call_for_nothing(client, call);
  if (deleted) return true;
  Error error = deleted.error();
  if (is_fault(error, "NoSuchBucket")) return false;
  if (is_fault(error, "BucketNotEmpty")) error.kind = ErrorKind::kInUse;  // the caller empties the bucket and retries
  return error;
}

Result<std::optional<WallTime>> bucket_creation_date(aws::Client& client, const std::string& bucket) {
  constexpr int kPagesMax = 100;   // of names that begin with this bucket's
  constexpr int kAttemptsMax = 3;  // the date is optional
  std::string token;
  for (int page = 0; page < kPagesMax; ++page) {
    Query query{{"prefix", bucket}, {"max-buckets", "1000"}};
    if (!token.empty()) query["continuation-token"] = token;
    // The call is on the account, so it names no bucket and expects no owner of one.
    aws::Call call = bucket_call("GET", "ListBuckets", BucketRef{.name = "", .owner = ""}, query);
    call.attempts_max = kAttemptsMax;
    ASSIGN_OR_RETURN(XmlDocument document, call_for_document(client, call));
    const pugi::xml_node root = document->document_element();
    for (const pugi::xml_node& entry : child_elements(child_element(root, "Buckets"), "Bucket")) {
      if (child_text(entry, "Name") != bucket) continue;
      const std::optional<std::string> date = child_text(entry, "CreationDate");
      return date ? parse_iso8601(*date) : std::nullopt;
    }
    token = child_text(root, "ContinuationToken").value_or("");
    if (token.empty()) break;
  }
  return std::optional<WallTime>();
}

Result<Tags> get_bucket_tags(aws::Client& client, const BucketRef& bucket) {
  constexpr std::string_view kOperation = "GetBucketTagging";
  Result<XmlDocument> document =
      call_for_document(client, bucket_call("GET", std::string(kOperation), bucket, {{"tagging", ""}}));
  if (!document) {
    if (is_fault(document.error(), "NoSuchTagSet")) return Tags{};
    return document.error();
  }
  pugi::xml_node set = child_element((*document)->document_element(), "TagSet");
  if (!set) return missing_member(kOperation, "TagSet");
  Tags tags;
  for (const pugi::xml_node& tag : child_elements(set, "Tag")) {
    std::optional<std::string> key = child_text(tag, "Key");
    if (!key) return missing_member(kOperation, "Key");
    tags[*key] = child_text(tag, "Value").value_or("");
  }
  return tags;
}

Result<void> put_bucket_tags(aws::Client& client, const BucketRef& bucket, const Tags& tags) {
  XmlDocument document = new_xml_document();
  append_tags(append_root(*document, "Tagging").append_child("TagSet"), tags);
  aws::Call call = bucket_call("PUT", "PutBucketTagging", bucket, {{"tagging", ""}});
  call.resources.changes = bucket_resource(bucket.name);
  set_body(call, xml_text(*document));
  return call_for_nothing(client, call);
}

Result<bool> abac_enabled(aws::Client& client, const BucketRef& bucket) {
  ASSIGN_OR_RETURN(XmlDocument document,
                   call_for_document(client, bucket_call("GET", "GetBucketAbac", bucket, {{"abac", ""}})));
  return child_text(document->document_element(), "Status") == "Enabled";
}

Result<PublicAccessBlock> get_public_access_block(aws::Client& client, const BucketRef& bucket) {
  Result<XmlDocument> document =
      call_for_document(client, bucket_call("GET", "GetPublicAccessBlock", bucket, {{"publicAccessBlock", ""}}));
  if (!document) {
    if (is_fault(document.error(), "NoSuchPublicAccessBlockConfiguration")) return PublicAccessBlock{};
    return document.error();
  }
  pugi::xml_node root = (*document)->document_element();
  return PublicAccessBlock{.block_public_acls = is_true(child_text(root, "BlockPublicAcls")),
                           .ignore_public_acls = is_true(child_text(root, "IgnorePublicAcls")),
                           .block_public_policy = is_true(child_text(root, "BlockPublicPolicy")),
                           .restrict_public_buckets = is_true(child_text(root, "RestrictPublicBuckets"))};
}

Result<void> put_public_access_block(aws::Client& client, const BucketRef& bucket, const PublicAccessBlock& block) {
  XmlDocument document = new_xml_document();
  pugi::xml_node root = append_root(*document, "PublicAccessBlockConfiguration");
  auto append = [&root](const char* name, bool value) { append_text(root, name, value ? "true" : "false"); };
  append("BlockPublicAcls", block.block_public_acls);
  append("IgnorePublicAcls", block.ignore_public_acls);
  append("BlockPublicPolicy", block.block_public_policy);
  append("RestrictPublicBuckets", block.restrict_public_buckets);
  aws::Call call = bucket_call("PUT", "PutPublicAccessBlock", bucket, {{"publicAccessBlock", ""}});
  set_body(call, xml_text(*document));
  return call_for_nothing(client, call);
}

Result<Encryption> get_bucket_encryption(aws::Client& client, const BucketRef& bucket) {
  constexpr std::string_view kOperation = "GetBucketEncryption";
  Result<XmlDocument> document =
      call_for_document(client, bucket_call("GET", std::string(kOperation), bucket, {{"encryption", ""}}));
  if (!document) {
    if (is_fault(document.error(), "ServerSideEncryptionConfigurationNotFoundError")) return Encryption{};
    return document.error();
  }
  pugi::xml_node rule = child_element((*document)->document_element(), "Rule");
  pugi::xml_node by_default = child_element(rule, "ApplyServerSideEncryptionByDefault");
  std::optional<std::string> algorithm = child_text(by_default, "SSEAlgorithm");
  if (!algorithm) return missing_member(kOperation, "SSEAlgorithm");
  return Encryption{.algorithm = *algorithm,
                    .kms_key_id = child_text(by_default, "KMSMasterKeyID").value_or(""),
                    .bucket_key = is_true(child_text(rule, "BucketKeyEnabled"))};
}

Result<void> put_bucket_encryption(aws::Client& client, const BucketRef& bucket, const Encryption& encryption) {
  XmlDocument document = new_xml_document();
  pugi::xml_node rule = append_root(*document, "ServerSideEncryptionConfiguration").append_child("Rule");
  pugi::xml_node by_default = rule.append_child("ApplyServerSideEncryptionByDefault");
  append_text(by_default, "SSEAlgorithm", encryption.algorithm);
  if (!encryption.kms_key_id.empty()) append_text(by_default, "KMSMasterKeyID", encryption.kms_key_id);
  if (encryption.bucket_key) append_text(rule, "BucketKeyEnabled", "true");
  aws::Call call = bucket_call("PUT", "PutBucketEncryption", bucket, {{"encryption", ""}});
  set_body(call, xml_text(*document));
  return call_for_nothing(client, call);
}

Result<Versioning> get_bucket_versioning(aws::Client& client, const BucketRef& bucket) {
  ASSIGN_OR_RETURN(XmlDocument document,
                   call_for_document(client, bucket_call("GET", "GetBucketVersioning", bucket, {{"versioning", ""}})));
  // A bucket that never had versions answers with an empty element.
  const pugi::xml_node root = document->document_element();
  return Versioning{child_text(root, "Status").value_or(""), child_text(root, "MfaDelete") == "Enabled"};
}

Result<std::optional<std::string>> get_bucket_policy(aws::Client& client, const BucketRef& bucket) {
  Result<http::Response> response = client.call(bucket_call("GET", "GetBucketPolicy", bucket, {{"policy", ""}}));
  if (response) return std::optional<std::string>(response->body);
  if (is_fault(response.error(), "NoSuchBucketPolicy")) return std::optional<std::string>();
  return response.error();
}

Result<bool> object_lock_enabled(aws::Client& client, const BucketRef& bucket) {
  Result<XmlDocument> document =
      call_for_document(client, bucket_call("GET", "GetObjectLockConfiguration", bucket, {{"object-lock", ""}}));
  if (!document) {
    if (is_fault(document.error(), "ObjectLockConfigurationNotFoundError")) return false;
    return document.error();
  }
  return child_text((*document)->document_element(), "ObjectLockEnabled") == "Enabled";
}

std::string bucket_arn(std::string_view partition, std::string_view bucket) {
  return fmt::format("arn:{}:s3:::{}", partition, bucket);
}

}  // namespace fhctl::s3
