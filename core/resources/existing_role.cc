#include "core/resources/existing_role.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/aws/endpoints.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/resources/role.h"
#include "core/services/iam.h"
#include "core/services/logs.h"
#include "core/services/s3.h"
#include "core/spec/names.h"
#include "core/spec/policies.h"
#include "core/spec/policy_evaluation.h"

namespace fhctl::pipeline {
namespace {

constexpr const char* kFirehose = "firehose.amazonaws.com";

// Records a denial of the action, and returns every other error.
template <class T>
Result<void> unless_denied(const Result<T>& result, const char* action, std::set<std::string>& denied) {
  if (result) return ok();
  if (result.error().kind != ErrorKind::kDenied) return result.error();
  denied.insert(action);
  return ok();
}

Result<void> read_documents(aws::Client& client, const std::string& role, RolePolicies& into) {
  const Result<std::vector<std::string>> names = iam::list_role_policies(client, role);
  RETURN_IF_ERROR(unless_denied(names, "iam:ListRolePolicies", into.denied));
  if (!names) return ok();
  for (const std::string& name : *names) {
    const Result<std::optional<std::string>> document = iam::get_role_policy(client, role, name);
    RETURN_IF_ERROR(unless_denied(document, "iam:GetRolePolicy", into.denied));
    if (document && *document) into.documents.push_back(**document);
  }
  return ok();
}

Result<void> read_attached(aws::Client& client, const std::string& role, RolePolicies& into) {
  const Result<std::vector<std::string>> arns = iam::list_attached_policies(client, role);
  RETURN_IF_ERROR(unless_denied(arns, "iam:ListAttachedRolePolicies", into.denied));
  if (arns) into.attached = *arns;
  return ok();
}

// Why a role with this ARN cannot be given to Firehose by this account, or nothing.
std::optional<Error> refuse_arn(const std::string& arn, const Identity& identity) {
  if (arn.empty()) return std::nullopt;
  const std::vector<std::string> parts = split(arn, ':');
  const std::string& partition = parts.at(1);
  const std::string& account = parts.at(4);
  if (account == identity.account && partition == identity.partition) return std::nullopt;
  const std::string where = account == identity.account ? "partition " + partition : "account " + account;
  return make_error(ErrorKind::kPrecondition,
                    fmt::format("role {} belongs to {}, but this pipeline is in account {} ({}): Firehose takes only "
                                "roles of its own account, because iam:PassRole does not work across accounts",
                                arn, where, identity.account, identity.partition),
                    "name a role of this account, or leave --existing-role out and fhctl makes one");
}

// What the condition keys of requests by this pipeline's streams are. The streams' numbers are examples: a condition
// that holds for some of them only is not known to hold.
AccessRequest assume_request(const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  AccessRequest request;
  request.action = "sts:AssumeRole";
  request.service = kFirehose;
  std::vector<std::string> streams;
  for (const int number : {1, 2, 10}) {
    streams.push_back(fmt::format("arn:{}:firehose:{}:{}:deliverystream/{}", identity.partition, identity.region,
                                  identity.account, stream_name(goal.spec.name, number)));
  }
  request.context = {{"sts:externalid", {identity.account}},
                     {"aws:sourceaccount", {identity.account}},
                     {"aws:principalisawsservice", {"true"}},
                     {"aws:sourcearn", std::move(streams)}};
  return request;
}

// The trust policy that the role needs, in one line.
std::string needed_trust(const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  const std::string text = trust_policy(goal.spec, {identity.partition, identity.region, identity.account});
  return dump(OrderedJson::parse(text, nullptr, false));
}

std::string list_of(const std::set<std::string>& words) { return join({words.begin(), words.end()}, ", "); }

std::string trust_problem(const std::string& trust_policy, Verdict verdict) {
  if (verdict == Verdict::kDenied) return "a statement of its trust policy denies it";
  const std::set<std::string> services = trusted_services(trust_policy);
  if (services.contains(kFirehose)) return "its trust policy does so only under conditions that are not met";
  return services.empty() ? "its trust policy names no service" : "its trust policy names " + list_of(services);
}

void check_trust(Changes& changes, const iam::Role& role, const ResourceGoal& goal) {
  const Evaluation found = evaluate({role.trust_policy}, assume_request(goal));
  switch (found.verdict) {
    case Verdict::kAllowed:
      return;
    case Verdict::kDenied:
    case Verdict::kNotAllowed:
      add_blocker(changes,
                  fmt::format("role {} cannot deliver: {} may not assume it, because {}", role.name, kFirehose,
                              trust_problem(role.trust_policy, found.verdict)),
                  "add what this trust policy has to the role's: " + needed_trust(goal));
      return;
    case Verdict::kUnknown:
      break;
  }
  changes.notes.push_back(
      {true,
       fmt::format("whether {} may assume role {} is not certain: its trust policy has {}, which fhctl cannot judge.",
                   kFirehose, role.name, list_of(found.unknown)),
       "if no stream can be created, compare it with " + needed_trust(goal)});
}

// One permission that delivery needs.
struct Need {
  const char* action;
  std::string resource;
  bool continues = false;  // the resource is only how the resources begin
};

std::vector<Need> delivery_needs(const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const Identity& identity = goal.identity;
  const std::string bucket = s3::bucket_arn(identity.partition, spec.bucket_name());
  std::vector<Need> needs;
  for (const std::string& prefix : {spec.prefix, spec.error_prefix}) {
    // From the first expression on only Firehose knows the key.
    const std::string objects = bucket + "/" + prefix.substr(0, prefix.find("!{"));
    needs.push_back({"s3:PutObject", objects, true});
    needs.push_back({"s3:AbortMultipartUpload", objects, true});
  }
  needs.push_back({"s3:GetBucketLocation", bucket});
  needs.push_back({"s3:ListBucket", bucket});
  if (spec.error_logging) {
    const std::string group = logs::group_arn(identity.partition, identity.region, identity.account, spec.log_group);
    needs.push_back({"logs:PutLogEvents", fmt::format("{}:log-stream:{}", group, spec.log_stream)});
  }
  if (!spec.kms_key.empty()) {
    needs.push_back({"kms:GenerateDataKey", spec.kms_key});
    needs.push_back({"kms:Decrypt", spec.kms_key});
  }
  return needs;
}

// Actions that the documents do not allow, and those that they deny, which no other policy can change.
struct Lacking {
  std::vector<std::string> not_allowed;
  std::vector<std::string> denied;
};

Lacking lacking_permissions(const RoleState& role, const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  Lacking lacking;
  const auto add = [](std::vector<std::string>& actions, const char* action) {
    if (std::find(actions.begin(), actions.end(), action) == actions.end()) actions.emplace_back(action);
  };
  for (const Need& need : delivery_needs(goal)) {
    AccessRequest request;
    request.action = need.action;
    request.resource = need.resource;
    request.resource_continues = need.continues;
    request.context = {
        {"aws:securetransport", {"true"}},
        {"aws:principalaccount", {identity.account}},
        {"aws:principalarn", {role.role.arn}},
        {"aws:requestedregion", {identity.region}},
        {"kms:viaservice", {fmt::format("s3.{}.{}", identity.region, aws::partition_of(identity.region).dns_suffix)}}};
    const Verdict verdict = evaluate(role.policies->documents, request).verdict;
    if (verdict == Verdict::kNotAllowed) add(lacking.not_allowed, need.action);
    if (verdict == Verdict::kDenied) add(lacking.denied, need.action);
  }
  return lacking;
}

void check_permissions(Changes& changes, const RoleState& role, const ResourceGoal& goal) {
  const std::string& name = role.role.name;
  const std::string hint =
      fmt::format("`fhctl doctor {} --print-policy delivery` prints a policy that is enough", goal.spec.name);
  const Lacking lacking = lacking_permissions(role, goal);
  if (!lacking.denied.empty()) {
    changes.notes.push_back(
        {true, fmt::format("role {} denies what delivery needs: {}.", name, join(lacking.denied, ", ")), hint});
  }
  if (lacking.not_allowed.empty()) return;
  const RolePolicies& policies = *role.policies;
  const std::string actions = join(lacking.not_allowed, ", ");
  if (!policies.denied.empty()) {
    changes.notes.push_back({true,
                             fmt::format("whether role {} allows what delivery needs was not checked (denied: {}).",
                                         name, list_of(policies.denied)),
                             hint});
  } else if (!policies.attached.empty()) {
    add_note(changes,
             fmt::format("whether role {} allows {} was not checked: fhctl does not read the policies that are "
                         "attached to it ({}).",
                         name, actions, join(policies.attached, ", ")));
  } else {
    changes.notes.push_back(
        {true,
         fmt::format("role {} does not allow what delivery needs: {}. Delivery fails unless another "
                     "policy allows it, such as that of the bucket or the key.",
                     name, actions),
         hint});
  }
}

// GetRole was denied. An ARN is enough to use the role, a name is not: its path is not known.
void add_unreadable(Changes& changes, const RoleState& role, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  if (spec.existing_role_arn().empty()) {
    Error error = *role.denied;
    error.message = fmt::format("the ARN of role {} is not known, because iam:GetRole was denied", role.role.name);
    error.hint = fmt::format("give the ARN, with its path: `--existing-role arn:{}:iam::{}:role/{}`",
                             goal.identity.partition, goal.identity.account, role.role.name);
    changes.blockers.push_back(std::move(error));
    return;
  }
  std::set<std::string> denied = {"iam:GetRole"};
  if (role.policies) denied.insert(role.policies->denied.begin(), role.policies->denied.end());
  changes.notes.push_back({true,
                           fmt::format("role {} is used without a check that Firehose may assume it and deliver with "
                                       "it (denied: {}).",
                                       role.role.name, list_of(denied)),
                           ""});
}

}  // namespace

void read_role_policies(aws::Client& client, Group& group, const std::string& role, RolePoliciesReading& reading) {
  reading.wanted = true;
  group.spawn([&client, &reading, role] { reading.documents_read = read_documents(client, role, reading.policies); });
  group.spawn([&client, &reading, role] { reading.attached_read = read_attached(client, role, reading.policies); });
}

void compare_existing_role(Changes& changes, const std::optional<RoleState>& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const std::string arn = spec.existing_role_arn();
  if (std::optional<Error> refused = refuse_arn(arn, goal.identity)) {
    changes.blockers.push_back(std::move(*refused));
    return;
  }
  if (!current) {
    add_blocker(changes, fmt::format("role {} does not exist", spec.existing_role),
                "--existing-role names a role that is there already; leave it out and fhctl makes one");
    return;
  }
  if (current->denied) return add_unreadable(changes, *current, goal);
  if (!arn.empty() && arn != current->role.arn) {
    add_blocker(changes, fmt::format("role {} does not exist; the role of that name is {}", arn, current->role.arn),
                fmt::format("`--existing-role {}`", current->role.arn));
    return;
  }
  check_trust(changes, current->role, goal);
  if (current->policies) check_permissions(changes, *current, goal);
}

}  // namespace fhctl::pipeline
