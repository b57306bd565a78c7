// Roles of the simulated IAM: lifecycle, trust policy, boundary and tags.
#include <algorithm>

#include "core/base/text.h"
#include "sandbox/iam/operations.h"
#include "sandbox/iam/policy.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox::iam {
namespace {

constexpr std::size_t kRolesMax = 1000;
constexpr std::size_t kTrustSizeMax = 2048;
constexpr int kSessionSeconds = 3600;   // the default and the least MaxSessionDuration
constexpr std::uint64_t kMessages = 3;  // messages that Firehose returns while a role has not propagated (firehose.cc)

bool is_path(std::string_view path) {
  for (const char c : path) {
    if (c < 0x21 || c > 0x7E) return false;
  }
  return path.size() <= 512 && starts_with(path, "/") && ends_with(path, "/") && !contains(path, "//");
}

std::optional<http::Response> check_trust(const std::string& document) {
  if (document.empty() || !is_iam_text(document)) {
    return iam_invalid(
        "Value at 'assumeRolePolicyDocument' failed to satisfy constraint: Member must satisfy regular "
        "expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+");
  }
  if (const std::optional<std::string> problem = policy_problem(document, PolicyKind::kTrust)) {
    return iam_error(400, "MalformedPolicyDocument", *problem);
  }
  if (policy_size(document) > kTrustSizeMax) {
    return iam_error(409, "LimitExceeded", "Cannot exceed quota for ACLSizePerRole: " + std::to_string(kTrustSizeMax));
  }
  return std::nullopt;
}

// Reads the parameters of CreateRole that describe the role itself.
std::optional<http::Response> read_role(const IamCall& call, Role& role) {
  role.name = call.param("RoleName");
  role.path = call.has("Path") ? call.param("Path") : "/";
  role.description = call.param("Description");
  role.boundary_arn = call.param("PermissionsBoundary");
  if (!is_path(role.path)) {
    return iam_error(400, "ValidationError",
                     "The specified value for path is invalid. It must begin and end with / and contain only "
                     "alphanumeric characters and/or / characters.");
  }
  if (count_characters(role.description) > 1000 || !is_iam_text(role.description)) {
    return iam_invalid("Value at 'description' failed to satisfy constraint");
  }
  const std::optional<std::int64_t> session =
      call.has("MaxSessionDuration") ? parse_integer(call.param("MaxSessionDuration")) : kSessionSeconds;
  if (!session || *session < kSessionSeconds || *session > 43200) {
    return iam_invalid(
        "Value at 'maxSessionDuration' failed to satisfy constraint: Member must be between 3600 and "
        "43200");
  }
  role.max_session_seconds = static_cast<int>(*session);
  if (call.has("PermissionsBoundary")) {
    if (std::optional<http::Response> refusal = check_policy_arn(call, role.boundary_arn)) return refusal;
  }
  http::Response refusal;
  const std::optional<IamTags> tags = read_iam_tags(call, refusal);
  if (!tags) return refusal;
  role.tags = *tags;
  return check_trust(call.param("AssumeRolePolicyDocument"));
}

enum class Detail { kCreated, kListed, kFull };

void write_role(pugi::xml_node node, const Role& role, Detail detail) {
  add_text(node, "Path", role.path);
  add_text(node, "RoleName", role.name);
  add_text(node, "RoleId", role.id);
  add_text(node, "Arn", role.arn);
  add_text(node, "CreateDate", format_iso8601(role.created));
  add_text(node, "AssumeRolePolicyDocument", percent_encode(role.trust.document));
  if (!role.description.empty()) add_text(node, "Description", role.description);
  // CreateRole does not repeat the default.
  if (detail != Detail::kCreated || role.max_session_seconds != kSessionSeconds) {
    add_text(node, "MaxSessionDuration", std::to_string(role.max_session_seconds));
  }
  if (detail == Detail::kListed) return;
  if (!role.boundary_arn.empty()) {
    const pugi::xml_node boundary = add_element(node, "PermissionsBoundary");
    add_text(boundary, "PermissionsBoundaryType", "PermissionsBoundaryPolicy");
    add_text(boundary, "PermissionsBoundaryArn", role.boundary_arn);
  }
  if (!role.tags.empty()) {
    const pugi::xml_node tags = add_element(node, "Tags");
    for (const auto& [key, value] : role.tags) {
      const pugi::xml_node member = add_element(tags, "member");
      add_text(member, "Key", key);
      add_text(member, "Value", value);
    }
  }
  if (detail == Detail::kFull) add_element(node, "RoleLastUsed");
}

IamTags::iterator find_tag(IamTags& tags, const std::string& key) {
  return std::find_if(tags.begin(), tags.end(), [&](const auto& tag) { return equal_ignoring_case(tag.first, key); });
}

}  // namespace

http::Response create_role(IamCall& call) {
  Role role;
  if (std::optional<http::Response> refusal = read_role(call, role)) return *refusal;
  auto& roles = call.world.iam->roles;
  if (roles.count(to_lower(role.name)) != 0) {
    return iam_error(409, "EntityAlreadyExists", "Role with name " + role.name + " already exists.");
  }
  if (roles.size() >= kRolesMax) {
    return iam_error(409, "LimitExceeded", "Cannot exceed quota for RolesPerAccount: " + std::to_string(kRolesMax));
  }
  role.id = "AROA" + to_upper(random_hex(call.world.entropy, 17));
  role.arn = "arn:" + std::string(partition_of(call.incoming.region)) + ":iam::" + call.world.options.account +
             ":role" + role.path + role.name;
  role.created = call.world.now;
  role.message = 1 + static_cast<int>(random_below(call.world.entropy, kMessages));
  replace_document(call.world, role.trust, call.param("AssumeRolePolicyDocument"));
  IamAnswer answer(call);
  write_role(add_element(answer.result(), "Role"), role, Detail::kCreated);
  roles.emplace(to_lower(role.name), role);
  return answer.finish();
}

http::Response get_role(IamCall& call) {
  IamAnswer answer(call);
  write_role(add_element(answer.result(), "Role"), *call.role, Detail::kFull);
  return answer.finish();
}

http::Response list_roles(IamCall& call) {
  std::vector<std::string> names;
  for (const auto& [name, role] : call.world.iam->roles) {
    if (starts_with(role.path, call.param("PathPrefix"))) names.push_back(name);
  }
  IamAnswer answer(call);
  http::Response refusal;
  const auto page = read_page(call, names, answer.result(), refusal);
  if (!page) return refusal;
  const pugi::xml_node list = add_element(answer.result(), "Roles");
  for (const std::string& name : *page) {
    write_role(add_element(list, "member"), call.world.iam->roles.at(name), Detail::kListed);
  }
  return answer.finish();
}

http::Response delete_role(IamCall& call) {
  if (!call.role->inline_policies.empty()) {
    return iam_error(409, "DeleteConflict", "Cannot delete entity, must delete policies first.");
  }
  if (!call.role->attached_arns.empty()) {
    return iam_error(409, "DeleteConflict", "Cannot delete entity, must detach all policies first.");
  }
  call.world.iam->roles.erase(to_lower(call.role->name));
  return IamAnswer(call).finish();
}

http::Response update_trust(IamCall& call) {
  if (std::optional<http::Response> refusal = check_trust(call.param("PolicyDocument"))) return *refusal;
  replace_document(call.world, call.role->trust, call.param("PolicyDocument"));
  return IamAnswer(call).finish();
}

http::Response put_boundary(IamCall& call) {
  const std::string& arn = call.param("PermissionsBoundary");
  if (std::optional<http::Response> refusal = check_policy_arn(call, arn)) return *refusal;
  call.role->boundary_arn = arn;
  return IamAnswer(call).finish();
}

http::Response delete_boundary(IamCall& call) {
  if (call.role->boundary_arn.empty()) {
    return iam_error(404, "NoSuchEntity", "Role does not have a permissions boundary.");
  }
  call.role->boundary_arn.clear();
  return IamAnswer(call).finish();
}

http::Response tag_role(IamCall& call) {
  http::Response refusal;
  const std::optional<IamTags> given = read_iam_tags(call, refusal);
  if (!given) return refusal;
  if (given->empty()) return iam_invalid("Value null at 'tags' failed to satisfy constraint: Member must not be null");
  IamTags tags = call.role->tags;
  for (const auto& [key, value] : *given) {
    const auto found = find_tag(tags, key);
    if (found != tags.end()) tags.erase(found);
    tags.emplace_back(key, value);
  }
  if (tags.size() > kTagsMax) {
    return iam_error(409, "LimitExceeded", "The number of tags has reached the maximum limit.");
  }
  call.role->tags = tags;
  return IamAnswer(call).finish();
}

http::Response untag_role(IamCall& call) {
  http::Response refusal;
  const auto keys = read_iam_tag_keys(call, refusal);
  if (!keys) return refusal;
  for (const std::string& key : *keys) {
    const auto found = find_tag(call.role->tags, key);
    if (found != call.role->tags.end()) call.role->tags.erase(found);
  }
  return IamAnswer(call).finish();
}

http::Response list_role_tags(IamCall& call) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : call.role->tags) keys.push_back(key);
  std::sort(keys.begin(), keys.end());
  IamAnswer answer(call);
  http::Response refusal;
  const auto page = read_page(call, keys, answer.result(), refusal);
  if (!page) return refusal;
  const pugi::xml_node list = add_element(answer.result(), "Tags");
  for (const std::string& key : *page) {
    const pugi::xml_node member = add_element(list, "member");
    add_text(member, "Key", key);
    add_text(member, "Value", find_tag(call.role->tags, key)->second);
  }
  return answer.finish();
}

}  // namespace fhctl::sandbox::iam
