// IAM as Firehose sees it: only changes that have propagated.
#include "core/base/text.h"
#include "sandbox/iam/iam.h"
#include "sandbox/iam/operations.h"
#include "sandbox/iam/policy.h"

namespace fhctl::sandbox {
namespace {

const Role* find_role(const CloudState& world, std::string_view arn) {
  const std::size_t slash = arn.rfind('/');
  if (slash == std::string_view::npos) return nullptr;
  const auto found = world.iam->roles.find(to_lower(arn.substr(slash + 1)));
  return found == world.iam->roles.end() || found->second.arn != arn ? nullptr : &found->second;
}

bool has_spread(const CloudState& world, const Role& role) {
  return world.now >= role.created + world.options.iam_delay;
}

// The error messages that AWS has been seen to return while a role has not propagated to Firehose.
std::string spreading_message(const CloudState& world, const Role& role) {
  switch (world.options.iam_message != 0 ? world.options.iam_message : role.message) {
    case 2:
      return "Service firehose.amazonaws.com is not authorized to perform: sts:AssumeRole on resource: " + role.arn;
    case 3:
      return "The security token included in the request is invalid. Ensure that the provided IAM role associated with "
             "firehose is not deleted.";
    default:
      return "Firehose is unable to assume role " + role.arn + ". Please check the role provided.";
  }
}

}  // namespace

std::optional<std::string> refuse_role(CloudState& world, std::string_view role_arn) {
  const std::string unable =
      "Firehose is unable to assume role " + std::string(role_arn) + ". Please check the role provided.";
  const Role* role = find_role(world, role_arn);
  if (role == nullptr) return unable;
  if (!has_spread(world, *role)) return spreading_message(world, *role);
  // Both condition keys against a confused deputy contain the account; the requesting stream is not passed here.
  const std::string& account = world.options.account;
  const PolicyQuestion question{
      "sts:AssumeRole", "", "firehose.amazonaws.com", {{"sts:externalid", account}, {"aws:sourceaccount", account}}};
  const PolicyVerdict verdict = ask_policy(iam::document_in_force(world, role->trust), question);
  if (verdict != PolicyVerdict::kAllow) return unable;
  return std::nullopt;
}

bool role_may(CloudState& world, std::string_view role_arn, std::string_view action, std::string_view resource_arn,
              const std::map<std::string, std::string>& context) {
  const Role* role = find_role(world, role_arn);
  if (role == nullptr || !has_spread(world, *role)) return false;
  PolicyQuestion question{std::string(action), std::string(resource_arn), "", context};
  question.context["aws:securetransport"] = "true";
  question.context["aws:principalaccount"] = world.options.account;
  bool allowed = false;
  for (const auto& [name, policy] : role->inline_policies) {
    const PolicyVerdict verdict = ask_policy(iam::document_in_force(world, policy), question);
    if (verdict == PolicyVerdict::kDeny) return false;
    allowed = allowed || verdict == PolicyVerdict::kAllow;
  }
  return allowed;
}

}  // namespace fhctl::sandbox
