// The simulated IAM: parses the form, finds the operation, and does the checks that all operations share.
#include "sandbox/iam/iam.h"

#include "core/base/text.h"
#include "sandbox/iam/operations.h"

namespace fhctl::sandbox {
namespace {

struct Operation {
  const char* action;
  const char* required;
  const char* optional;  // "Tags.member.*": a list, whose reader checks the members
  bool needs_role;
  http::Response (*run)(IamCall&);
};

constexpr const char* kPage = "Marker MaxItems";

constexpr Operation kOperations[] = {
    {"CreateRole", "RoleName AssumeRolePolicyDocument",
     "Path Description MaxSessionDuration PermissionsBoundary Tags.member.*", false, iam::create_role},
    {"GetRole", "RoleName", "", true, iam::get_role},
    {"ListRoles", "", "PathPrefix Marker MaxItems", false, iam::list_roles},
    {"DeleteRole", "RoleName", "", true, iam::delete_role},
    {"UpdateAssumeRolePolicy", "RoleName PolicyDocument", "", true, iam::update_trust},
    {"PutRolePermissionsBoundary", "RoleName PermissionsBoundary", "", true, iam::put_boundary},
    {"DeleteRolePermissionsBoundary", "RoleName", "", true, iam::delete_boundary},
    {"TagRole", "RoleName Tags", "Tags.member.*", true, iam::tag_role},
    {"UntagRole", "RoleName TagKeys", "TagKeys.member.*", true, iam::untag_role},
    {"ListRoleTags", "RoleName", kPage, true, iam::list_role_tags},
    {"PutRolePolicy", "RoleName PolicyName PolicyDocument", "", true, iam::put_role_policy},
    {"GetRolePolicy", "RoleName PolicyName", "", true, iam::get_role_policy},
    {"DeleteRolePolicy", "RoleName PolicyName", "", true, iam::delete_role_policy},
    {"ListRolePolicies", "RoleName", kPage, true, iam::list_role_policies},
    {"AttachRolePolicy", "RoleName PolicyArn", "", true, iam::attach_role_policy},
    {"DetachRolePolicy", "RoleName PolicyArn", "", true, iam::detach_role_policy},
    {"ListAttachedRolePolicies", "RoleName", "PathPrefix Marker MaxItems", true, iam::list_attached_policies},
    {"ListInstanceProfilesForRole", "RoleName", kPage, true, iam::list_instance_profiles},
};

// Parses an HTML form: '+' is a space, and every byte may be escaped. Nullopt and an error response if a name occurs
// twice.
std::optional<std::map<std::string, std::string>> read_form(const std::string& body, http::Response& refusal) {
  std::map<std::string, std::string> form;
  for (const std::string& part : split(body, '&')) {
    const std::size_t equals = part.find('=');
    if (equals == std::string::npos) {
      refusal = iam_error(400, "MalformedQueryString", "Keys may not contain <empty>");
      return std::nullopt;
    }
    const std::string name = percent_decode(replace_all(part.substr(0, equals), "+", " "));
    const std::string value = percent_decode(replace_all(part.substr(equals + 1), "+", " "));
    if (!form.emplace(name, value).second) {
      refusal = iam_error(400, "InvalidParameterCombination", "Duplicate parameter: " + name);
      return std::nullopt;
    }
  }
  return form;
}

const Operation* find_operation(const std::string& action) {
  for (const Operation& operation : kOperations) {
    if (operation.action == action) return &operation;
  }
  return nullptr;
}

bool is_known(const Operation& operation, const std::string& name) {
  return is_listed(operation.required, name) || is_listed(operation.optional, name);
}

std::optional<http::Response> check_params(const IamCall& call, const Operation& operation) {
  for (const auto& [name, value] : call.params) {
    if (!is_known(operation, name)) {
      return iam_error(400, "InvalidParameterValue", "Unknown parameter " + name + " for " + operation.action);
    }
  }
  for (const std::string& name : split(operation.required, ' ')) {
    const bool is_list = is_listed(operation.optional, name + ".member.1");
    if (name.empty() || call.has(name) || is_list) continue;
    return iam_invalid("Value null at '" + name + "' failed to satisfy constraint: Member must not be null");
  }
  if (call.has("RoleName") && !is_iam_name(call.param("RoleName"), 64)) {
    return iam_error(400, "ValidationError",
                     "The specified value for roleName is invalid. It must contain only alphanumeric characters "
                     "and/or the following: +=,.@_- and have at most 64 of them");
  }
  if (call.has("PolicyName") && !is_iam_name(call.param("PolicyName"), 128)) {
    return iam_error(400, "ValidationError",
                     "The specified value for policyName is invalid. It must contain only alphanumeric characters "
                     "and/or the following: +=,.@_- and have at most 128 of them");
  }
  return std::nullopt;
}

std::optional<http::Response> check_frame(const http::Request& request) {
  const std::string type = to_lower(request.headers.find("content-type").value_or(""));
  if (request.method != "POST" || request.path != "/" || !request.query.empty()) {
    return iam_error(405, "UnsupportedOperation", "IAM takes POST requests to '/' only");
  }
  if (!starts_with(type, "application/x-www-form-urlencoded")) {
    return iam_error(415, "UnsupportedMediaType", "Content-Type must be application/x-www-form-urlencoded");
  }
  return std::nullopt;
}

bool only_reads(const std::string& action) { return starts_with(action, "Get") || starts_with(action, "List"); }

// Finds the role, if the operation needs one, and calls the operation.
http::Response run(IamCall& call, const Operation& operation) {
  if (operation.needs_role) {
    const auto found = call.world.iam->roles.find(to_lower(call.param("RoleName")));
    if (found == call.world.iam->roles.end()) {
      return iam_error(404, "NoSuchEntity", "The role with name " + call.param("RoleName") + " cannot be found.");
    }
    call.role = &found->second;
  }
  return operation.run(call);
}

}  // namespace

http::Response handle_iam(CloudState& world, const Incoming& incoming) {
  if (std::optional<http::Response> refusal = check_frame(incoming.raw)) return *refusal;
  http::Response refusal;
  auto form = read_form(incoming.raw.body, refusal);
  if (!form) return refusal;
  IamCall call{world, incoming, (*form)["Action"], *form, nullptr};
  call.params.erase("Action");
  call.params.erase("Version");
  const Operation* operation = find_operation(call.action);
  if (operation == nullptr || (*form)["Version"] != "2010-05-08") {
    return iam_error(400, "InvalidAction",
                     "Could not find operation " + call.action + " for version " + (*form)["Version"]);
  }
  if (std::optional<http::Response> wrong = check_params(call, *operation)) return *wrong;
  std::optional<std::string> role;
  if (call.has("RoleName")) role = to_lower(call.param("RoleName"));
  const Access access = only_reads(call.action) ? Access::kRead : Access::kChange;
  return carry_out(world, world.iam->roles, world.iam->history, world.options.consistency.iam, access, role,
                   [&] { return run(call, *operation); });
}

}  // namespace fhctl::sandbox
