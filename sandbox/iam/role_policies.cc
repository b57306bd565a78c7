// Policies of roles: those inside a role, and those attached to it.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/iam/operations.h"
#include "sandbox/iam/policy.h"

namespace fhctl::sandbox::iam {
namespace {

constexpr std::size_t kInlineSizeMax = 10240;  // of all inline policies of a role together, white space not counted
constexpr std::size_t kAttachedMax = 10;

http::Response no_such_policy(const IamCall& call) {
  return iam_error(404, "NoSuchEntity", "The role policy with name " + call.param("PolicyName") + " cannot be found.");
}

std::size_t inline_size_without(const Role& role, const std::string& policy_name) {
  std::size_t size = 0;
  for (const auto& [name, policy] : role.inline_policies) {
    if (name != policy_name) size += policy_size(policy.document);
  }
  return size;
}

std::vector<std::string>::iterator find_attached(const IamCall& call) {
  std::vector<std::string>& arns = call.role->attached_arns;
  return std::find(arns.begin(), arns.end(), call.param("PolicyArn"));
}

}  // namespace

std::optional<http::Response> check_policy_arn(const IamCall& call, const std::string& arn) {
  if (!starts_with(arn, "arn:")) return iam_error(400, "ValidationError", "Invalid ARN:  Could not be parsed!");
  if (arn.size() < 20 || arn.size() > 2048) {
    return iam_error(400, "ValidationError", "ARN " + arn + " is not valid.");
  }
  const std::string partition = "arn:" + std::string(partition_of(call.incoming.region)) + ":iam::";
  for (const std::string& owner : {std::string("aws"), call.world.options.account}) {
    if (starts_with(arn, partition + owner + ":policy/")) return std::nullopt;
  }
  return iam_error(404, "NoSuchEntity", "Policy " + arn + " does not exist or is not attachable.");
}

const std::string& document_in_force(const CloudState& world, const SpreadingPolicy& policy) {
  return world.now >= policy.changed + world.options.iam_delay ? policy.document : policy.before;
}

void replace_document(const CloudState& world, SpreadingPolicy& policy, const std::string& document) {
  policy.before = policy.document.empty() ? "" : document_in_force(world, policy);
  policy.document = document;
  policy.changed = world.now;
}

http::Response put_role_policy(IamCall& call) {
  const std::string& document = call.param("PolicyDocument");
  const std::string& name = call.param("PolicyName");
  if (document.empty() || !is_iam_text(document)) {
    return iam_invalid(
        "Value at 'policyDocument' failed to satisfy constraint: Member must satisfy regular expression "
        "pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+");
  }
  if (const std::optional<std::string> problem = policy_problem(document, PolicyKind::kIdentity)) {
    return iam_error(400, "MalformedPolicyDocument", *problem);
  }
  if (inline_size_without(*call.role, name) + policy_size(document) > kInlineSizeMax) {
    return iam_error(409, "LimitExceeded", "Maximum policy size of 10240 bytes exceeded for role " + call.role->name);
  }
  replace_document(call.world, call.role->inline_policies[name], document);
  return IamAnswer(call).finish();
}

http::Response get_role_policy(IamCall& call) {
  const auto found = call.role->inline_policies.find(call.param("PolicyName"));
  if (found == call.role->inline_policies.end()) return no_such_policy(call);
  IamAnswer answer(call);
  add_text(answer.result(), "RoleName", call.role->name);
  add_text(answer.result(), "PolicyName", found->first);
  add_text(answer.result(), "PolicyDocument", percent_encode(found->second.document));
  return answer.finish();
}

http::Response delete_role_policy(IamCall& call) {
  if (call.role->inline_policies.erase(call.param("PolicyName")) == 0) return no_such_policy(call);
  return IamAnswer(call).finish();
}

http::Response list_role_policies(IamCall& call) {
  std::vector<std::string> names;
  for (const auto& [name, policy] : call.role->inline_policies) names.push_back(name);
  IamAnswer answer(call);
  http::Response refusal;
  const auto page = read_page(call, names, answer.result(), refusal);
  if (!page) return refusal;
  const pugi::xml_node list = add_element(answer.result(), "PolicyNames");
  for (const std::string& name : *page) add_text(list, "member", name);
  return answer.finish();
}

http::Response attach_role_policy(IamCall& call) {
  if (std::optional<http::Response> refusal = check_policy_arn(call, call.param("PolicyArn"))) return *refusal;
  if (find_attached(call) != call.role->attached_arns.end()) return IamAnswer(call).finish();
  if (call.role->attached_arns.size() >= kAttachedMax) {
    return iam_error(409, "LimitExceeded", "Cannot exceed quota for PoliciesPerRole: " + std::to_string(kAttachedMax));
  }
  call.role->attached_arns.push_back(call.param("PolicyArn"));
  return IamAnswer(call).finish();
}

http::Response detach_role_policy(IamCall& call) {
  const auto found = find_attached(call);
  if (found == call.role->attached_arns.end()) {
    return iam_error(404, "NoSuchEntity", "Policy " + call.param("PolicyArn") + " was not found.");
  }
  call.role->attached_arns.erase(found);
  return IamAnswer(call).finish();
}

http::Response list_attached_policies(IamCall& call) {
  std::vector<std::string> arns = call.role->attached_arns;
  const std::string prefix = call.has("PathPrefix") ? call.param("PathPrefix") : "/";
  arns.erase(std::remove_if(arns.begin(), arns.end(),
                            [&](const std::string& arn) { return !contains(arn, ":policy" + prefix); }),
             arns.end());
  std::sort(arns.begin(), arns.end());
  IamAnswer answer(call);
  http::Response refusal;
  const auto page = read_page(call, arns, answer.result(), refusal);
  if (!page) return refusal;
  const pugi::xml_node list = add_element(answer.result(), "AttachedPolicies");
  for (const std::string& arn : *page) {
    const pugi::xml_node member = add_element(list, "member");
    add_text(member, "PolicyName", arn.substr(arn.rfind('/') + 1));
    add_text(member, "PolicyArn", arn);
  }
  return answer.finish();
}

// The sandbox has no instance profiles, so no role has any.
http::Response list_instance_profiles(IamCall& call) {
  IamAnswer answer(call);
  http::Response refusal;
  if (!read_page(call, {}, answer.result(), refusal)) return refusal;
  add_element(answer.result(), "InstanceProfiles");
  return answer.finish();
}

}  // namespace fhctl::sandbox::iam
