#include "sandbox/access/requirements.h"

#include <utility>

#include <pugixml.hpp>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/call.h"
#include "sandbox/s3/s3.h"
#include "sandbox/s3/store.h"

namespace fhctl::sandbox {
namespace {

// What an action is judged on.
enum class On {
  kNothing,     // the action has no resources; a denial names none
  kAllGroups,   // ...:log-group::log-stream:
  kStream,      // ...:deliverystream/NAME
  kGroup,       // ...:log-group:NAME:log-stream:
  kGroupArn,    // the ARN in the request
  kLogStream,   // ...:log-group:NAME:log-stream:STREAM
  kRole,        // the role's ARN; one that does not exist has no path. A denial names it "role NAME"
  kNewRole,     // with the path of the request
  kPassedRole,  // the role's ARN in the request
  kBucket,
  kObject,
  kKey,  // the KMS key that encrypts the object
  kParameter,
};

// When an action is needed.
enum class If {
  kAlways,
  kTags,       // the request has tags
  kRole,       // it names a role for the destination
  kVersion,    // it names a version of an object
  kNoVersion,  // it names none
  kMatch,      // it has the header If-Match
  kAbsent,     // the object does not exist: S3 says so only to those who may list the bucket
  kEncrypts,   // the new object is encrypted with a KMS key
  kDecrypts,   // the object is encrypted with one
};

struct Row {
  std::string_view service;  // signing name
  std::string_view operation;
  const char* action;
  On on;
  If when = If::kAlways;
};

constexpr Row kRows[] = {
    {"firehose", "CreateDeliveryStream", "firehose:CreateDeliveryStream", On::kStream},
    {"firehose", "CreateDeliveryStream", "firehose:TagDeliveryStream", On::kStream, If::kTags},
    {"firehose", "CreateDeliveryStream", "iam:PassRole", On::kPassedRole, If::kRole},
    {"firehose", "DescribeDeliveryStream", "firehose:DescribeDeliveryStream", On::kStream},
    {"firehose", "ListDeliveryStreams", "firehose:ListDeliveryStreams", On::kNothing},
    {"firehose", "DeleteDeliveryStream", "firehose:DeleteDeliveryStream", On::kStream},
    {"firehose", "UpdateDestination", "firehose:UpdateDestination", On::kStream},
    {"firehose", "UpdateDestination", "iam:PassRole", On::kPassedRole, If::kRole},
    {"firehose", "TagDeliveryStream", "firehose:TagDeliveryStream", On::kStream},
    {"firehose", "UntagDeliveryStream", "firehose:UntagDeliveryStream", On::kStream},
    {"firehose", "ListTagsForDeliveryStream", "firehose:ListTagsForDeliveryStream", On::kStream},
    {"firehose", "StartDeliveryStreamEncryption", "firehose:StartDeliveryStreamEncryption", On::kStream},
    {"firehose", "StopDeliveryStreamEncryption", "firehose:StopDeliveryStreamEncryption", On::kStream},
    {"firehose", "PutRecord", "firehose:PutRecord", On::kStream},
    {"firehose", "PutRecordBatch", "firehose:PutRecordBatch", On::kStream},

    {"logs", "CreateLogGroup", "logs:CreateLogGroup", On::kGroup},
    {"logs", "CreateLogGroup", "logs:TagResource", On::kGroup, If::kTags},
    {"logs", "DeleteLogGroup", "logs:DeleteLogGroup", On::kGroup},
    {"logs", "DescribeLogGroups", "logs:DescribeLogGroups", On::kAllGroups},
    {"logs", "PutRetentionPolicy", "logs:PutRetentionPolicy", On::kGroup},
    {"logs", "DeleteRetentionPolicy", "logs:DeleteRetentionPolicy", On::kGroup},
    {"logs", "PutLogGroupDeletionProtection", "logs:PutLogGroupDeletionProtection", On::kGroup},
    {"logs", "TagResource", "logs:TagResource", On::kGroupArn},
    {"logs", "UntagResource", "logs:UntagResource", On::kGroupArn},
    {"logs", "ListTagsForResource", "logs:ListTagsForResource", On::kGroupArn},
    {"logs", "CreateLogStream", "logs:CreateLogStream", On::kLogStream},
    {"logs", "DeleteLogStream", "logs:DeleteLogStream", On::kLogStream},
    {"logs", "DescribeLogStreams", "logs:DescribeLogStreams", On::kGroup},
    {"logs", "PutLogEvents", "logs:PutLogEvents", On::kLogStream},
    {"logs", "GetLogEvents", "logs:GetLogEvents", On::kLogStream},
    {"logs", "FilterLogEvents", "logs:FilterLogEvents", On::kGroup},

    {"iam", "CreateRole", "iam:CreateRole", On::kNewRole},
    {"iam", "CreateRole", "iam:TagRole", On::kNewRole, If::kTags},
    {"iam", "GetRole", "iam:GetRole", On::kRole},
    {"iam", "ListRoles", "iam:ListRoles", On::kNothing},
    {"iam", "DeleteRole", "iam:DeleteRole", On::kRole},
    {"iam", "UpdateAssumeRolePolicy", "iam:UpdateAssumeRolePolicy", On::kRole},
    {"iam", "PutRolePermissionsBoundary", "iam:PutRolePermissionsBoundary", On::kRole},
    {"iam", "DeleteRolePermissionsBoundary", "iam:DeleteRolePermissionsBoundary", On::kRole},
    {"iam", "TagRole", "iam:TagRole", On::kRole},
    {"iam", "UntagRole", "iam:UntagRole", On::kRole},
    {"iam", "ListRoleTags", "iam:ListRoleTags", On::kRole},
    {"iam", "PutRolePolicy", "iam:PutRolePolicy", On::kRole},
    {"iam", "GetRolePolicy", "iam:GetRolePolicy", On::kRole},
    {"iam", "DeleteRolePolicy", "iam:DeleteRolePolicy", On::kRole},
    {"iam", "ListRolePolicies", "iam:ListRolePolicies", On::kRole},
    {"iam", "AttachRolePolicy", "iam:AttachRolePolicy", On::kRole},
    {"iam", "DetachRolePolicy", "iam:DetachRolePolicy", On::kRole},
    {"iam", "ListAttachedRolePolicies", "iam:ListAttachedRolePolicies", On::kRole},
    {"iam", "ListInstanceProfilesForRole", "iam:ListInstanceProfilesForRole", On::kRole},

    {"monitoring", "GetMetricData", "cloudwatch:GetMetricData", On::kNothing},
    {"monitoring", "ListMetrics", "cloudwatch:ListMetrics", On::kNothing},

    {"ssm", "GetParameter", "ssm:GetParameter", On::kParameter},
    {"ssm", "PutParameter", "ssm:PutParameter", On::kParameter},
    {"ssm", "PutParameter", "ssm:AddTagsToResource", On::kParameter, If::kTags},
    {"ssm", "DeleteParameter", "ssm:DeleteParameter", On::kParameter},

    {"s3", "ListBuckets", "s3:ListAllMyBuckets", On::kNothing},
    {"s3", "CreateBucket", "s3:CreateBucket", On::kBucket},
    {"s3", "CreateBucket", "s3:TagResource", On::kBucket, If::kTags},
    {"s3", "DeleteBucket", "s3:DeleteBucket", On::kBucket},
    {"s3", "HeadBucket", "s3:ListBucket", On::kBucket},
    {"s3", "ListObjects", "s3:ListBucket", On::kBucket},
    {"s3", "ListObjectsV2", "s3:ListBucket", On::kBucket},
    {"s3", "ListObjectVersions", "s3:ListBucketVersions", On::kBucket},
    {"s3", "ListMultipartUploads", "s3:ListBucketMultipartUploads", On::kBucket},
    {"s3", "GetBucketLocation", "s3:GetBucketLocation", On::kBucket},
    {"s3", "GetBucketTagging", "s3:GetBucketTagging", On::kBucket},
    {"s3", "PutBucketTagging", "s3:PutBucketTagging", On::kBucket},
    {"s3", "DeleteBucketTagging", "s3:PutBucketTagging", On::kBucket},
    {"s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", On::kBucket},
    {"s3", "PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", On::kBucket},
    {"s3", "DeletePublicAccessBlock", "s3:PutBucketPublicAccessBlock", On::kBucket},
    {"s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration", On::kBucket},
    {"s3", "PutBucketEncryption", "s3:PutEncryptionConfiguration", On::kBucket},
    {"s3", "DeleteBucketEncryption", "s3:PutEncryptionConfiguration", On::kBucket},
    {"s3", "GetBucketVersioning", "s3:GetBucketVersioning", On::kBucket},
    {"s3", "PutBucketVersioning", "s3:PutBucketVersioning", On::kBucket},
    {"s3", "GetBucketLifecycleConfiguration", "s3:GetLifecycleConfiguration", On::kBucket},
    {"s3", "PutBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", On::kBucket},
    {"s3", "DeleteBucketLifecycleConfiguration", "s3:PutLifecycleConfiguration", On::kBucket},
    {"s3", "GetBucketPolicy", "s3:GetBucketPolicy", On::kBucket},
    {"s3", "PutBucketPolicy", "s3:PutBucketPolicy", On::kBucket},
    {"s3", "DeleteBucketPolicy", "s3:DeleteBucketPolicy", On::kBucket},
    {"s3", "GetBucketPolicyStatus", "s3:GetBucketPolicyStatus", On::kBucket},
    {"s3", "GetBucketOwnershipControls", "s3:GetBucketOwnershipControls", On::kBucket},
    {"s3", "PutBucketOwnershipControls", "s3:PutBucketOwnershipControls", On::kBucket},
    {"s3", "DeleteBucketOwnershipControls", "s3:PutBucketOwnershipControls", On::kBucket},
    {"s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration", On::kBucket},
    {"s3", "PutObjectLockConfiguration", "s3:PutBucketObjectLockConfiguration", On::kBucket},
    {"s3", "GetObject", "s3:GetObject", On::kObject, If::kNoVersion},
    {"s3", "GetObject", "s3:GetObjectVersion", On::kObject, If::kVersion},
    {"s3", "GetObject", "s3:ListBucket", On::kBucket, If::kAbsent},
    {"s3", "GetObject", "kms:Decrypt", On::kKey, If::kDecrypts},
    {"s3", "HeadObject", "s3:GetObject", On::kObject, If::kNoVersion},
    {"s3", "HeadObject", "s3:GetObjectVersion", On::kObject, If::kVersion},
    {"s3", "HeadObject", "s3:ListBucket", On::kBucket, If::kAbsent},
    {"s3", "PutObject", "s3:PutObject", On::kObject},
    {"s3", "PutObject", "s3:GetObject", On::kObject, If::kMatch},
    {"s3", "PutObject", "kms:GenerateDataKey", On::kKey, If::kEncrypts},
    {"s3", "DeleteObject", "s3:DeleteObject", On::kObject, If::kNoVersion},
    {"s3", "DeleteObject", "s3:DeleteObjectVersion", On::kObject, If::kVersion},
    {"s3", "CreateMultipartUpload", "s3:PutObject", On::kObject},
    {"s3", "CreateMultipartUpload", "kms:GenerateDataKey", On::kKey, If::kEncrypts},
    {"s3", "UploadPart", "s3:PutObject", On::kObject},
    {"s3", "CompleteMultipartUpload", "s3:PutObject", On::kObject},
    {"s3", "AbortMultipartUpload", "s3:AbortMultipartUpload", On::kObject},
    {"s3", "ListParts", "s3:ListMultipartUploadParts", On::kObject},
};

// Judged object by object, see object_requirement(); and what everybody may do.
constexpr std::pair<std::string_view, std::string_view> kJudgedElsewhere[] = {{"s3", "DeleteObjects"},
                                                                              {"sts", "GetCallerIdentity"}};

using Tags = std::map<std::string, std::string>;

// One request, and what of it the rows need.
class Judged {
 public:
  Judged(CloudState& world, const Incoming& incoming, const Route& route)
      : world_(world), incoming_(incoming), s3_{world, incoming, {}, {}, false, {}, nullptr}, service_(route.service) {
    if (service_ == "s3") {
      read_s3();
    } else if (service_ == "iam") {
      read_iam();
    } else {
      body_ = Json::parse(incoming.raw.body, nullptr, false);
      read_json();
    }
  }

  bool applies(If when) const;
  Requirement requirement(const Row& row) const;

 private:
  void read_s3();
  void read_iam();
  void read_json();
  std::string text(const char* name) const { return get_string(body_, name).value_or(""); }
  std::string form(const std::string& name) const { return form_field(incoming_.raw.body, name); }
  std::string arn(std::string_view service, const std::string& rest) const;
  std::string group_arn(const std::string& rest) const;
  std::string group_name() const;
  std::string role_arn(bool is_new) const;
  std::string passed_role() const;
  std::string parameter_arn() const;
  const ObjectVersion* object() const;
  std::string key_of(bool new_object) const;
  void add_common(Requirement& requirement) const;
  void add_resource_tags(const Row& row, Requirement& requirement) const;

  CloudState& world_;
  const Incoming& incoming_;
  S3Call s3_;
  std::string service_;
  Json body_;
  const Role* role_ = nullptr;
  Tags tags_;                      // of the request
  std::vector<std::string> keys_;  // of these tags, or of those to remove
};

void Judged::read_s3() {
  read_address(s3_);
  const auto found = world_.s3->buckets.find(s3_.bucket_name);
  if (found != world_.s3->buckets.end()) s3_.bucket = &found->second;
  if (!s3_.key.empty() || incoming_.raw.method != "PUT") return;
  pugi::xml_document document;
  document.load_buffer(incoming_.raw.body.data(), incoming_.raw.body.size());
  const pugi::xml_node root = document.document_element();
  const bool creates = root.name() == std::string_view("CreateBucketConfiguration");
  for (const pugi::xml_node tag : root.child(creates ? "Tags" : "TagSet").children("Tag")) {
    tags_[tag.child_value("Key")] = tag.child_value("Value");
  }
}

void Judged::read_iam() {
  const auto found = world_.iam->roles.find(to_lower(form("RoleName")));
  if (found != world_.iam->roles.end()) role_ = &found->second;
  for (int n = 1;; ++n) {
    const std::string key = form("Tags.member." + std::to_string(n) + ".Key");
    if (key.empty()) break;
    tags_[key] = form("Tags.member." + std::to_string(n) + ".Value");
  }
  for (int n = 1;; ++n) {
    const std::string key = form("TagKeys.member." + std::to_string(n));
    if (key.empty()) break;
    keys_.push_back(key);
  }
}

void Judged::read_json() {
  if (const Json* list = get_array(body_, "Tags")) {
    for (const Json& tag : *list) tags_[get_string(tag, "Key").value_or("")] = get_string(tag, "Value").value_or("");
  }
  if (const Json* map = get_object(body_, "tags")) {
    for (const auto& [key, value] : map->items()) tags_[key] = get_string(*map, key).value_or("");
  }
  for (const char* name : {"TagKeys", "tagKeys"}) {
    const Json* list = get_array(body_, name);
    if (list == nullptr) continue;
    for (const Json& key : *list) keys_.push_back(key.is_string() ? key.get<std::string>() : "");
  }
}

std::string Judged::arn(std::string_view service, const std::string& rest) const {
  const std::string region = service == "iam" ? "" : incoming_.region;
  return "arn:" + std::string(partition_of(incoming_.region)) + ":" + std::string(service) + ":" + region + ":" +
         world_.options.account + ":" + rest;
}

std::string Judged::group_name() const {
  const std::string name = text("logGroupName");
  if (!name.empty()) return name;
  std::string identifier = text("logGroupIdentifier");
  const std::size_t at = identifier.find(":log-group:");
  if (at != std::string::npos) identifier = identifier.substr(at + std::string_view(":log-group:").size());
  return identifier.substr(0, identifier.find(':'));
}

std::string Judged::group_arn(const std::string& rest) const { return arn("logs", "log-group:" + rest); }

// A role that does not exist has no path yet, so IAM judges its name alone.
std::string Judged::role_arn(bool is_new) const {
  if (is_new) return arn("iam", "role" + (form("Path").empty() ? "/" : form("Path")) + form("RoleName"));
  return role_ == nullptr ? arn("iam", "role/" + form("RoleName")) : role_->arn;
}

std::string Judged::passed_role() const {
  for (const char* name : {"ExtendedS3DestinationConfiguration", "ExtendedS3DestinationUpdate"}) {
    if (const Json* destination = get_object(body_, name)) return get_string(*destination, "RoleARN").value_or("");
  }
  return "";
}

std::string Judged::parameter_arn() const {
  const std::string name = text("Name");
  return arn("ssm", "parameter" + std::string(starts_with(name, "/") ? "" : "/") + name);
}

const ObjectVersion* Judged::object() const {
  if (s3_.bucket == nullptr) return nullptr;
  const std::optional<std::string> id = s3_.param("versionId");
  return id ? find_version(*s3_.bucket, s3_.key, *id) : current_object(*s3_.bucket, s3_.key);
}

std::string header_of(const ObjectVersion& object, std::string_view name) {
  for (const http::Header& header : object.headers) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return "";
}

// The ARN of the KMS key of a new or of the present object; empty: none, or AWS's own, which everybody may use.
std::string Judged::key_of(bool new_object) const {
  constexpr const char* kAlgorithm = "x-amz-server-side-encryption";
  constexpr const char* kKeyId = "x-amz-server-side-encryption-aws-kms-key-id";
  if (s3_.bucket == nullptr) return "";
  std::string algorithm = s3_.bucket->encryption.algorithm;
  std::string key = s3_.bucket->encryption.kms_key_id;
  const ObjectVersion* stored = new_object ? nullptr : object();
  const std::string said = new_object          ? s3_.header(kAlgorithm).value_or("")
                           : stored != nullptr ? header_of(*stored, kAlgorithm)
                                               : "";
  if (!said.empty()) {
    algorithm = said;
    key = new_object ? s3_.header(kKeyId).value_or("") : header_of(*stored, kKeyId);
  }
  if (!starts_with(algorithm, "aws:kms") || key.empty()) return "";
  return starts_with(key, "arn:") ? key : arn("kms", starts_with(key, "alias/") ? key : "key/" + key);
}

bool Judged::applies(If when) const {
  switch (when) {
    case If::kAlways:
      return true;
    case If::kTags:
      return !tags_.empty();
    case If::kRole:
      return !passed_role().empty();
    case If::kVersion:
      return s3_.param("versionId").has_value();
    case If::kNoVersion:
      return !s3_.param("versionId");
    case If::kMatch:
      return s3_.header("if-match").has_value();
    case If::kAbsent:
      return s3_.bucket != nullptr && object() == nullptr;
    case If::kEncrypts:
      return !key_of(true).empty();
    case If::kDecrypts:
      return object() != nullptr && !key_of(false).empty();
  }
  return true;
}

void set_resource(Requirement& requirement, const std::string& arn) { requirement.resource = requirement.shown = arn; }

// S3 quotes the ARNs in its denials.
void set_s3_resource(Requirement& requirement, const std::string& arn) {
  requirement.resource = arn;
  requirement.shown = "\"" + arn + "\"";
}

// arn:PARTITION:SERVICE:REGION:ACCOUNT:...
std::string account_in(const std::string& arn) {
  const std::vector<std::string> parts = split(arn, ':');
  return parts.size() > 4 ? parts[4] : "";
}

void add_caller(Requirement& requirement, const CloudState& world, const Incoming& incoming) {
  requirement.context["aws:principalarn"] = incoming.caller_arn;
  requirement.context["aws:principalaccount"] = world.options.account;
  requirement.context["aws:username"] = incoming.caller_arn.substr(incoming.caller_arn.rfind('/') + 1);
  requirement.context["aws:requestedregion"] = incoming.region;
}

void Judged::add_common(Requirement& requirement) const {
  add_caller(requirement, world_, incoming_);
  std::vector<std::string> keys = keys_;
  for (const auto& [key, value] : tags_) {
    requirement.context["aws:requesttag/" + to_lower(key)] = value;
    keys.push_back(key);
  }
  if (!keys.empty()) requirement.lists["aws:tagkeys"] = keys;
  std::string owner = world_.options.account;
  if (starts_with(requirement.action, "s3:")) owner = owner_of_bucket(world_, s3_.bucket_name);
  if (starts_with(requirement.action, "kms:")) owner = account_in(requirement.resource);
  if (!owner.empty()) requirement.context["aws:resourceaccount"] = owner;
}

void Judged::add_resource_tags(const Row& row, Requirement& requirement) const {
  const auto add = [&](const std::string& key, const std::string& value) {
    requirement.context["aws:resourcetag/" + to_lower(key)] = value;
  };
  if (row.on == On::kStream) {
    const auto stream = world_.firehose->streams.find({incoming_.region, text("DeliveryStreamName")});
    if (stream == world_.firehose->streams.end()) return;
    if (world_.now < stream->second.created_at + world_.options.tag_delay) return;
    for (const auto& [key, value] : stream->second.tags) add(key, value);
  } else if (row.on == On::kRole && role_ != nullptr) {
    for (const auto& [key, value] : role_->tags) add(key, value);
  } else if (row.on == On::kGroup || row.on == On::kLogStream) {
    const auto group = world_.logs->groups.find({incoming_.region, group_name()});
    if (group == world_.logs->groups.end()) return;
    for (const auto& [key, value] : group->second.tags) add(key, value);
  }
}

Requirement Judged::requirement(const Row& row) const {
  Requirement made{.action = row.action, .resource = "*"};
  switch (row.on) {
    case On::kNothing:
      break;
    case On::kAllGroups:
      set_resource(made, group_arn(":log-stream:"));
      break;
    case On::kStream:
      set_resource(made, arn("firehose", "deliverystream/" + text("DeliveryStreamName")));
      break;
    case On::kGroup:
      set_resource(made, group_arn(group_name() + ":log-stream:"));
      break;
    case On::kGroupArn:
      set_resource(made, text("resourceArn"));
      break;
    case On::kLogStream:
      set_resource(made, group_arn(group_name() + ":log-stream:" + text("logStreamName")));
      break;
    case On::kRole:
      made.resource = role_arn(false);
      made.shown = "role " + form("RoleName");
      break;
    case On::kNewRole:
      set_resource(made, role_arn(true));
      break;
    case On::kPassedRole:
      set_resource(made, passed_role());
      made.context["iam:passedtoservice"] = "firehose.amazonaws.com";
      break;
    case On::kBucket:
      set_s3_resource(made, "arn:" + std::string(partition_of(incoming_.region)) + ":s3:::" + s3_.bucket_name);
      if (const auto prefix = s3_.param("prefix")) made.context["s3:prefix"] = *prefix;
      break;
    case On::kObject:
      set_s3_resource(
          made, "arn:" + std::string(partition_of(incoming_.region)) + ":s3:::" + s3_.bucket_name + "/" + s3_.key);
      break;
    case On::kKey:
      set_resource(made, key_of(row.when == If::kEncrypts));
      made.context["kms:viaservice"] =
          "s3." + incoming_.region + ".amazonaws.com" + (partition_of(incoming_.region) == "aws-cn" ? ".cn" : "");
      break;
    case On::kParameter:
      set_resource(made, parameter_arn());
      break;
  }
  // Of a change to a role's permissions: the boundary that the role has, or gets by this request.
  if (service_ == "iam") {
    const bool gives = row.on == On::kNewRole || row.operation == "PutRolePermissionsBoundary";
    const std::string boundary = gives ? form("PermissionsBoundary") : role_ != nullptr ? role_->boundary_arn : "";
    if (!boundary.empty()) made.context["iam:permissionsboundary"] = boundary;
  }
  add_common(made);
  add_resource_tags(row, made);
  return made;
}

bool is_judged_elsewhere(std::string_view service, std::string_view operation) {
  for (const auto& [its_service, its_operation] : kJudgedElsewhere) {
    if (its_service == service && its_operation == operation) return true;
  }
  return false;
}

}  // namespace

std::vector<Requirement> requirements_of(CloudState& world, const Incoming& incoming, const Route& route) {
  if (is_judged_elsewhere(route.service, route.operation)) return {};
  std::vector<Requirement> all;
  if (!has_requirement(route.service, route.operation)) {
    all.push_back({.action = route.service + ":" + route.operation, .resource = "*"});
    add_caller(all.back(), world, incoming);
    return all;
  }
  const Judged judged(world, incoming, route);
  for (const Row& row : kRows) {
    if (row.service != route.service || row.operation != route.operation || !judged.applies(row.when)) continue;
    all.push_back(judged.requirement(row));
  }
  return all;
}

Requirement object_requirement(const CloudState& world, const Incoming& incoming, const std::string& action,
                               const std::string& resource_arn) {
  Requirement made{.action = action};
  set_s3_resource(made, resource_arn);
  add_caller(made, world, incoming);
  const std::string name = resource_arn.substr(resource_arn.rfind(':') + 1);
  const std::string owner = owner_of_bucket(world, name.substr(0, name.find('/')));
  if (!owner.empty()) made.context["aws:resourceaccount"] = owner;
  return made;
}

bool has_requirement(std::string_view service, std::string_view operation) {
  for (const Row& row : kRows) {
    if (row.service == service && row.operation == operation) return true;
  }
  return is_judged_elsewhere(service, operation);
}

}  // namespace fhctl::sandbox
