#include "sandbox/access/access.h"

#include "core/base/text.h"
#include "sandbox/access/requirements.h"
#include "sandbox/iam/policy.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/wire/error_reply.h"

namespace fhctl::sandbox {
namespace {

struct Kind {
  std::string_view name;
  std::string_view article;
  std::string_view title;
  bool must_allow;
};

constexpr Kind kKinds[] = {
    {"scp", "a", "service control policy", true},      {"rcp", "a", "resource control policy", true},
    {"resource", "a", "resource-based policy", false}, {"identity", "an", "identity-based policy", true},
    {"boundary", "a", "permissions boundary", true},   {"session", "a", "session policy", true},
    {"endpoint", "a", "VPC endpoint policy", true},
};

// Why the caller may not do this, as the end of AWS's sentence; nullopt: it may.
std::optional<std::string> reason_against(const CloudState& world, const Requirement& requirement) {
  const PolicyQuestion question{requirement.action, requirement.resource, "", requirement.context, requirement.lists};
  std::string missing;
  for (const Kind& kind : kKinds) {
    const auto policy = world.options.caller_policies.find(std::string(kind.name));
    if (policy == world.options.caller_policies.end()) continue;
    const PolicyVerdict verdict = ask_policy(policy->second, question);
    if (verdict == PolicyVerdict::kDeny) {
      return " with an explicit deny in " + std::string(kind.article) + " " + std::string(kind.title);
    }
    if (verdict == PolicyVerdict::kAllow || !kind.must_allow || !missing.empty()) continue;
    missing = " because no " + std::string(kind.title) + " allows the " + requirement.action + " action";
  }
  return missing.empty() ? std::nullopt : std::optional<std::string>(missing);
}

std::optional<std::string> denial_of(const CloudState& world, const Incoming& incoming,
                                     const Requirement& requirement) {
  const std::optional<std::string> reason = reason_against(world, requirement);
  if (!reason) return std::nullopt;
  const std::string on = requirement.shown.empty() ? "" : " on resource: " + requirement.shown;
  return "User: " + incoming.caller_arn + " is not authorized to perform: " + requirement.action + on + *reason;
}

http::Response denied(const CloudState& world, const Incoming& incoming, const Route& route,
                      const std::string& message) {
  http::Response response = refuse(route.service, Refusal::kDenied, message);
  if (route.service != "s3") return response;
  const auto bucket = world.s3->buckets.find(route.resource.substr(0, route.resource.find('/')));
  response.headers.set("x-amz-bucket-region",
                       bucket == world.s3->buckets.end() ? incoming.region : bucket->second.region);
  if (incoming.raw.method == "HEAD") response.body.clear();
  return response;
}

// S3 redirects to the bucket's region before it judges anything.
bool is_elsewhere(const CloudState& world, const Incoming& incoming, const Route& route) {
  if (route.service != "s3" || route.operation == "CreateBucket") return false;
  const auto bucket = world.s3->buckets.find(route.resource.substr(0, route.resource.find('/')));
  return bucket != world.s3->buckets.end() && bucket->second.region != incoming.region;
}

}  // namespace

std::optional<http::Response> refuse_caller(CloudState& world, const Incoming& incoming, const Route& route) {
  if (world.options.caller_policies.empty() || is_elsewhere(world, incoming, route)) return std::nullopt;
  for (const Requirement& requirement : requirements_of(world, incoming, route)) {
    std::optional<std::string> message = denial_of(world, incoming, requirement);
    if (!message) continue;
    // CloudWatch Logs words this one denial differently.
    if (route.operation == "CreateLogGroup" && requirement.action == "logs:TagResource") {
      message = "User with accountId: " + world.options.account +
                " is not authorized to perform CreateLogGroup with Tags. An additional permission "
                "\"logs:TagResource\" is required.";
    }
    return denied(world, incoming, route, *message);
  }
  return std::nullopt;
}

std::function<std::optional<std::string>(const std::string&, const std::string&)> judge_of(const CloudState& world,
                                                                                           const Incoming& incoming) {
  if (world.options.caller_policies.empty()) return {};
  return [&world, &incoming](const std::string& action, const std::string& resource_arn) {
    return denial_of(world, incoming, object_requirement(world, incoming, action, resource_arn));
  };
}

std::optional<std::string> caller_policy_problem(std::string_view kind, std::string_view document) {
  for (const Kind& known : kKinds) {
    if (known.name == kind) return policy_problem(document, PolicyKind::kIdentity);
  }
  return "There is no kind of policy \"" + std::string(kind) + "\".";
}

}  // namespace fhctl::sandbox
