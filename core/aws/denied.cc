#include "core/aws/denied.h"

#include <algorithm>
#include <iterator>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::aws {
namespace {

// How AWS names the kinds in its messages.
struct KindRow {
  std::string_view phrase;
  DeniedBy by;
};
constexpr KindRow kKinds[] = {
    {"identity-based policy", DeniedBy::kIdentityPolicy},
    {"resource-based policy", DeniedBy::kResourcePolicy},
    {"permissions boundary", DeniedBy::kPermissionsBoundary},
    {"service control policy", DeniedBy::kServiceControlPolicy},
    {"resource control policy", DeniedBy::kResourceControlPolicy},
    {"session policy", DeniedBy::kSessionPolicy},
    {"VPC endpoint policy", DeniedBy::kEndpointPolicy},
    {"role trust policy", DeniedBy::kResourcePolicy},
};

// Operations of S3 whose action has another name.
struct ActionRow {
  std::string_view operation;
  std::string_view action;
};
constexpr ActionRow kS3Actions[] = {
    {"HeadBucket", "ListBucket"},
    {"ListObjects", "ListBucket"},
    {"ListObjectsV2", "ListBucket"},
    {"ListObjectVersions", "ListBucketVersions"},
    {"ListMultipartUploads", "ListBucketMultipartUploads"},
    {"ListBuckets", "ListAllMyBuckets"},
    {"HeadObject", "GetObject"},
    {"DeleteObjects", "DeleteObject"},
    {"GetPublicAccessBlock", "GetBucketPublicAccessBlock"},
    {"PutPublicAccessBlock", "PutBucketPublicAccessBlock"},
    {"GetBucketEncryption", "GetEncryptionConfiguration"},
    {"PutBucketEncryption", "PutEncryptionConfiguration"},
    {"GetBucketLifecycleConfiguration", "GetLifecycleConfiguration"},
    {"PutBucketLifecycleConfiguration", "PutLifecycleConfiguration"},
    {"DeleteBucketLifecycle", "PutLifecycleConfiguration"},
    {"GetObjectLockConfiguration", "GetBucketObjectLockConfiguration"},
};

// Actions that are not judged by a resource.
constexpr std::string_view kWithoutResource[] = {"firehose:ListDeliveryStreams", "logs:DescribeLogGroups",
                                                 "cloudwatch:GetMetricData", "s3:ListAllMyBuckets",
                                                 "sts:GetCallerIdentity"};

bool has_resource(std::string_view action) {
  return std::find(std::begin(kWithoutResource), std::end(kWithoutResource), action) == std::end(kWithoutResource);
}

std::string_view action_prefix(Service service) {
  return service == Service::kCloudWatch ? "cloudwatch" : signing_name(service);
}

bool is_action(std::string_view word) {
  const std::size_t colon = word.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < word.size() &&
         word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:-") ==
             std::string_view::npos;
}

// The text after `mark` and before `end`, or to the end of the message; empty if the mark is missing.
std::string_view between(std::string_view message, std::string_view mark, std::string_view end) {
  const std::size_t at = message.find(mark);
  if (at == std::string_view::npos) return {};
  message.remove_prefix(at + mark.size());
  return message.substr(0, message.find(end));
}

// The ARN after "on resource: ". S3 puts it in quotes; IAM writes "role NAME" instead, which is no ARN.
std::string resource_in(std::string_view message) {
  std::string_view text = between(message, "on resource: ", "\n");
  for (const std::string_view end : {" because no ", " with an explicit deny"}) text = text.substr(0, text.find(end));
  text = trim(text);
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') text = text.substr(1, text.size() - 2);
  const bool was_cut = ends_with(text, "...");
  return starts_with(text, "arn:") && !was_cut ? std::string(text) : std::string();
}

std::string what(const Denial& denial) {
  return denial.resource.empty() || denial.resource == "*" ? denial.action
                                                           : fmt::format("{} on {}", denial.action, denial.resource);
}

std::string_view policy_to_print(std::string_view action) {
  return starts_with(action, "firehose:PutRecord") ? "producer" : "operator";
}

std::string identity_hint(const Denial& denial) {
  if (denial.is_explicit) {
    return fmt::format(
        "A statement with the effect Deny in a policy of this identity refuses {}. Another Allow does "
        "not help: that statement has to change.",
        what(denial));
  }
  std::string hint = fmt::format(
      "Add this statement to a policy of this identity: {}. Is the policy of this version "
      "attached? `fhctl doctor --print-policy {}` prints it.",
      allow_statement(denial), policy_to_print(denial.action));
  if (starts_with(denial.action, "firehose:") && has_resource(denial.action)) {
    hint +=
        " It allows this only for streams with the pipeline's tag fhctl:pipeline, and IAM may see the tag of a new "
        "stream late.";
  }
  return hint;
}

// A policy that somebody else is responsible for.
std::string other_policy_hint(const Denial& denial, std::string_view policy, std::string_view owner) {
  return fmt::format("{} {}, not a policy of this identity. {}: it has to allow {}.", policy,
                     denial.is_explicit ? "denies it" : "does not allow it", owner, what(denial));
}

std::string text_member(const Json& body, const char* name) { return get_string(body, name).value_or(""); }

// The decoded value of a field of a form.
std::string form_member(std::string_view form, std::string_view name) {
  for (const std::string& part : split(form, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos || part.substr(0, equals) != name) continue;
    return percent_decode(replace_all(part.substr(equals + 1), "+", " "));
  }
  return "";
}

std::string s3_resource(const Call& call, std::string_view partition) {
  if (call.bucket.empty()) return "";
  const std::string key = percent_decode(call.request.path);
  const std::string name = key.empty() || key == "/" ? call.bucket : call.bucket + key;
  return fmt::format("arn:{}:s3:::{}", partition, name);
}

}  // namespace

bool is_policy_denial(std::string_view code) {
  constexpr std::string_view kOthers[] = {"AllAccessDisabled", "AccountProblem", "OptInRequired",
                                          "SubscriptionRequiredException", "RegionDisabledException"};
  return std::find(std::begin(kOthers), std::end(kOthers), code) == std::end(kOthers);
}

std::string action_of(Service service, std::string_view operation) {
  std::string_view action = operation;
  if (service == Service::kS3) {
    for (const ActionRow& row : kS3Actions) {
      if (row.operation == operation) action = row.action;
    }
  }
  return fmt::format("{}:{}", action_prefix(service), action);
}

Denial read_denial(Service service, std::string_view operation, std::string_view message) {
  Denial denial;
  for (const KindRow& row : kKinds) {
    if (contains(message, row.phrase)) denial.by = row.by;
  }
  denial.is_explicit = contains(message, "explicit deny");
  const std::string_view performed = trim(between(message, "not authorized to perform: ", " "));
  // CloudWatch Logs: An additional permission "logs:TagResource" is required.
  const std::string_view additional = between(message, "additional permission \"", "\"");
  if (is_action(additional)) {
    denial.action = additional;
    denial.by = DeniedBy::kIdentityPolicy;
  } else {
    denial.action = is_action(performed) ? std::string(performed) : action_of(service, operation);
  }
  denial.resource = has_resource(denial.action) ? resource_in(message) : "*";
  return denial;
}

std::string resource_of(const Call& call, std::string_view region, std::string_view account) {
  if (!has_resource(action_of(call.service, call.operation))) return "*";
  const std::string_view partition = partition_of(region).id;
  if (call.service == Service::kS3) return s3_resource(call, partition);
  if (account.empty()) return "";
  const auto arn = [&](std::string_view service, std::string_view place, const std::string& rest) {
    return fmt::format("arn:{}:{}:{}:{}:{}", partition, service, place, account, rest);
  };
  if (call.service == Service::kIam) {
    const std::string role = form_member(call.request.body, "RoleName");
    const std::string path = form_member(call.request.body, "Path");
    return role.empty() ? "" : arn("iam", "", "role" + (path.empty() ? "/" : path) + role);
  }
  const Result<Json> body = parse_json(call.request.body, "the request");
  if (!body || !body->is_object()) return "";
  if (const std::string given = text_member(*body, "resourceArn"); !given.empty()) return given;
  if (const std::string stream = text_member(*body, "DeliveryStreamName"); !stream.empty()) {
    return arn("firehose", region, "deliverystream/" + stream);
  }
  if (const std::string group = text_member(*body, "logGroupName"); !group.empty()) {
    return arn("logs", region, "log-group:" + group + ":*");
  }
  const std::string parameter = text_member(*body, "Name");
  return call.service == Service::kSsm && !parameter.empty() ? arn("ssm", region, "parameter" + parameter) : "";
}

std::string allow_statement(const Denial& denial) {
  std::string resource = denial.resource.empty() ? "*" : denial.resource;
  // CloudWatch Logs names the group with an empty stream; policies are written for the group and all that is in it.
  if (ends_with(resource, ":log-stream:")) resource.replace(resource.rfind("log-stream:"), std::string::npos, "*");
  return dump(OrderedJson{{"Effect", "Allow"}, {"Action", denial.action}, {"Resource", resource}});
}

std::string denial_hint(const Denial& denial) {
  switch (denial.by) {
    case DeniedBy::kIdentityPolicy:
      return identity_hint(denial);
    case DeniedBy::kResourcePolicy:
      return other_policy_hint(denial, "The policy of the resource (of the bucket, of the KMS key)",
                               "Its owner can change it");
    case DeniedBy::kPermissionsBoundary:
      return other_policy_hint(denial, "The permissions boundary of this identity",
                               "Who manages the identity can change it");
    case DeniedBy::kServiceControlPolicy:
      return other_policy_hint(denial, "A service control policy of the AWS organization",
                               "Only the organization's administrators can change it");
    case DeniedBy::kResourceControlPolicy:
      return other_policy_hint(denial, "A resource control policy of the AWS organization",
                               "Only the organization's administrators can change it");
    case DeniedBy::kSessionPolicy:
      return other_policy_hint(denial, "The session policy that these credentials were issued with",
                               "Get credentials with a wider one");
    case DeniedBy::kEndpointPolicy:
      return other_policy_hint(denial, "The policy of the VPC endpoint that this request went through",
                               "The owner of the VPC can change it");
    case DeniedBy::kUnknown:
      break;
  }
  return fmt::format(
      "It needs {}; AWS does not say which policy refused it. If it is a policy of this identity, add: "
      "{}. `fhctl doctor --print-policy {}` prints all that is needed. Bucket policies, permissions "
      "boundaries and policies of the organization may refuse it too.",
      what(denial), allow_statement(denial), policy_to_print(denial.action));
}

void explain_denial(Error& error, const Call& call, std::string_view message, std::string_view region,
                    std::string_view account) {
  if (!is_policy_denial(error.aws_code)) return;
  Denial denial = read_denial(call.service, call.operation, message);
  if (!denial.resource.empty()) return;
  // Of another action, such as that of tags in a create, only the service is known to be the same.
  const bool same_service = starts_with(denial.action, std::string(action_prefix(call.service)) + ":");
  if (same_service) denial.resource = resource_of(call, region, account);
  error.hint = denial_hint(denial);
}

}  // namespace fhctl::aws
