#include "core/services/iam.h"

#include <set>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/services/protocols/aws_query.h"
#include "core/services/protocols/response_errors.h"

namespace fhctl::iam {
namespace {

constexpr QueryService kIam{aws::Service::kIam, "2010-05-08"};

Result<Role> read_role(std::string_view operation, const pugi::xml_node& result);
std::string decode_policy(const std::string& document);
Result<QueryAnswer> call(aws::Client& client, const std::string& operation, const QueryParameters& parameters,
                         aws::CallResources resources);
Result<void> call_for_nothing(aws::Client& client, const std::string& operation, const QueryParameters& parameters,
                              aws::CallResources resources);
// Changes a role that exists.
Result<void> change_role(aws::Client& client, const std::string& operation, const std::string& role,
                         const QueryParameters& parameters);
// False: the role or the policy did not exist.
Result<bool> call_to_delete(aws::Client& client, const std::string& operation, const QueryParameters& parameters,
                            aws::CallResources resources);
std::string policy_resource(std::string_view role, std::string_view policy);

// A list of a role's: its operation, the element that holds the members, and the member's element that names it (empty:
// the member is the name itself).
struct RoleList {
  std::string operation;
  std::string_view list;
  std::string_view name;
};
Result<std::vector<std::string>> list_for_role(aws::Client& client, const RoleList& what, const std::string& role);

}  // namespace

Result<Role> create_role(aws::Client& client, const CreateRoleInput& input) {
  QueryParameters parameters{
      {"RoleName", input.name}, {"Path", input.path}, {"AssumeRolePolicyDocument", input.trust_policy}};
  if (!input.description.empty()) parameters.emplace_back("Description", input.description);
  if (!input.permissions_boundary.empty()) parameters.emplace_back("PermissionsBoundary", input.permissions_boundary);
  append_tags(parameters, input.tags);
  ASSIGN_OR_RETURN(QueryAnswer answer,
                   query_call(client, kIam, "CreateRole", parameters, aws::Idempotency::kNotIdempotent,
                              {.creates = role_resource(input.name)}));
  return read_role("CreateRole", answer.result);
}

Result<std::optional<Role>> get_role(aws::Client& client, const std::string& name) {
  Result<QueryAnswer> answer = call(client, "GetRole", {{"RoleName", name}}, {.needs = role_resource(name)});
  if (!answer) {
    if (is_fault(answer.error(), "NoSuchEntity")) return std::optional<Role>();
    return answer.error();
  }
  ASSIGN_OR_RETURN(Role role, read_role("GetRole", answer->result));
  // IAM may still show a role that this run has deleted.
  if (client.recent_changes().deleted(role_resource(name), client.loop().now())) return std::optional<Role>();
  return std::optional<Role>(std::move(role));
}

Result<void> update_assume_role_policy(aws::Client& client, const std::string& role, const std::string& trust_policy) {
  return change_role(client, "UpdateAssumeRolePolicy", role, {{"PolicyDocument", trust_policy}});
}

Result<void> put_role_policy(aws::Client& client, const std::string& role, const std::string& policy,
                             const std::string& document) {
  return call_for_nothing(client, "PutRolePolicy",
                          {{"RoleName", role}, {"PolicyName", policy}, {"PolicyDocument", document}},
                          {.needs = role_resource(role), .creates = policy_resource(role, policy)});
}

Result<std::optional<std::string>> get_role_policy(aws::Client& client, const std::string& role,
                                                   const std::string& policy) {
  Result<QueryAnswer> answer = call(client, "GetRolePolicy", {{"RoleName", role}, {"PolicyName", policy}},
                                    {.needs = policy_resource(role, policy)});
  if (!answer) {
    if (is_fault(answer.error(), "NoSuchEntity")) return std::optional<std::string>();
    return answer.error();
  }
  std::optional<std::string> document = child_text(answer->result, "PolicyDocument");
  if (!document) return missing_member("GetRolePolicy", "PolicyDocument");
  return std::optional<std::string>(decode_policy(*document));
}

Result<bool> delete_role_policy(aws::Client& client, const std::string& role, const std::string& policy) {
  return call_to_delete(client, "DeleteRolePolicy", {{"RoleName", role}, {"PolicyName", policy}},
                        {.needs = policy_resource(role, policy),
                         .changes = role_resource(role),
                         .deletes = policy_resource(role, policy)});
}

Result<bool> delete_role(aws::Client& client, const std::string& name) {
  return call_to_delete(client, "DeleteRole", {{"RoleName", name}},
                        {.needs = role_resource(name), .deletes = role_resource(name)});
}

Result<void> tag_role(aws::Client& client, const std::string& role, const Tags& tags) {
  if (tags.empty()) return ok();
  QueryParameters parameters;
  append_tags(parameters, tags);
  return change_role(client, "TagRole", role, parameters);
}

Result<void> untag_role(aws::Client& client, const std::string& role, const std::vector<std::string>& keys) {
  if (keys.empty()) return ok();
  QueryParameters parameters;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    parameters.emplace_back(fmt::format("TagKeys.member.{}", i + 1), keys[i]);
  }
  return change_role(client, "UntagRole", role, parameters);
}

Result<void> put_permissions_boundary(aws::Client& client, const std::string& role, const std::string& boundary_arn) {
  return change_role(client, "PutRolePermissionsBoundary", role, {{"PermissionsBoundary", boundary_arn}});
}

Result<std::vector<std::string>> list_role_policies(aws::Client& client, const std::string& role) {
  return list_for_role(client, {"ListRolePolicies", "PolicyNames", ""}, role);
}

Result<std::vector<std::string>> list_attached_policies(aws::Client& client, const std::string& role) {
  return list_for_role(client, {"ListAttachedRolePolicies", "AttachedPolicies", "PolicyArn"}, role);
}

Result<std::vector<std::string>> list_instance_profiles(aws::Client& client, const std::string& role) {
  return list_for_role(client, {"ListInstanceProfilesForRole", "InstanceProfiles", "InstanceProfileName"}, role);
}

std::string role_resource(std::string_view role) { return fmt::format("role {}", role); }

namespace {

Result<Role> read_role(std::string_view operation, const pugi::xml_node& result) {
  pugi::xml_node element = child_element(result, "Role");
  for (std::string_view member : {"RoleName", "Arn", "RoleId", "Path"}) {
    if (!child_element(element, member)) return missing_member(operation, member);
  }
  Role role{.name = *child_text(element, "RoleName"),
            .arn = *child_text(element, "Arn"),
            .id = *child_text(element, "RoleId"),
            .path = *child_text(element, "Path"),
            .trust_policy = decode_policy(child_text(element, "AssumeRolePolicyDocument").value_or("")),
            .permissions_boundary =
                child_text(child_element(element, "PermissionsBoundary"), "PermissionsBoundaryArn").value_or(""),
            .tags = {}};
  for (const pugi::xml_node& tag : child_elements(child_element(element, "Tags"), "member")) {
    std::optional<std::string> key = child_text(tag, "Key");
    if (!key) return missing_member(operation, "Key");
    role.tags[*key] = child_text(tag, "Value").value_or("");
  }
  return role;
}

// IAM percent-encodes policies in its responses. Some servers send them unencoded, and then "%41" stands for itself.
std::string decode_policy(const std::string& document) {
  bool plain = starts_with(trim(document), "{");
  return plain ? document : percent_decode(document);
}

Result<QueryAnswer> call(aws::Client& client, const std::string& operation, const QueryParameters& parameters,
                         aws::CallResources resources) {
  return query_call(client, kIam, operation, parameters, aws::Idempotency::kIdempotent, std::move(resources));
}

Result<void> call_for_nothing(aws::Client& client, const std::string& operation, const QueryParameters& parameters,
                              aws::CallResources resources) {
  ASSIGN_OR_RETURN(QueryAnswer answer, call(client, operation, parameters, std::move(resources)));
  return ok();
}

Result<void> change_role(aws::Client& client, const std::string& operation, const std::string& role,
                         const QueryParameters& parameters) {
  QueryParameters all{{"RoleName", role}};
  all.insert(all.end(), parameters.begin(), parameters.end());
  return call_for_nothing(client, operation, all, {.needs = role_resource(role), .changes = role_resource(role)});
}

std::string policy_resource(std::string_view role, std::string_view policy) {
  return fmt::format("role policy {}/{}", role, policy);
}

Result<bool> call_to_delete(aws::Client& client, const std::string& operation, const QueryParameters& parameters,
                            aws::CallResources resources) {
  Result<void> deleted = call_for_nothing(client, operation, parameters, std::move(resources));
  if (deleted) return true;
  if (is_fault(deleted.error(), "NoSuchEntity")) return false;
  return deleted.error();
}

Result<std::vector<std::string>> list_for_role(aws::Client& client, const RoleList& what, const std::string& role) {
  std::vector<std::string> names;
  std::set<std::string> markers;
  std::string marker;
  while (true) {
    QueryParameters parameters{{"RoleName", role}};
    if (!marker.empty()) parameters.emplace_back("Marker", marker);
    Result<QueryAnswer> answer = call(client, what.operation, parameters, {.needs = role_resource(role)});
    if (!answer) {
      if (is_fault(answer.error(), "NoSuchEntity")) return std::vector<std::string>{};
      return answer.error();
    }
    pugi::xml_node list = child_element(answer->result, what.list);
    if (!list) return missing_member(what.operation, what.list);
    for (const pugi::xml_node& member : child_elements(list, "member")) {
      std::optional<std::string> name = what.name.empty() ? text_of(member) : child_text(member, what.name);
      if (!name) return missing_member(what.operation, what.name);
      names.push_back(*name);
    }
    if (child_text(answer->result, "IsTruncated") != "true") return names;
    marker = child_text(answer->result, "Marker").value_or("");
    if (marker.empty() || !markers.insert(marker).second) return stuck_pages(what.operation);
  }
}

}  // namespace
}  // namespace fhctl::iam
