// Roles as text and back, for --state.
#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/iam/iam.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/state/saved_time.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace {

Json policy_json(const SpreadingPolicy& policy) {
  return {{"document", policy.document}, {"changed_ms", ms_of(policy.changed)}, {"before", policy.before}};
}

SpreadingPolicy policy_of(const Json& json) {
  return {json.at("document").get<std::string>(), time_of(json.at("changed_ms")), json.at("before").get<std::string>()};
}

Json role_json(const Role& role) {
  Json policies = Json::object();
  for (const auto& [name, policy] : role.inline_policies) policies[name] = policy_json(policy);
  return {{"name", role.name},
          {"path", role.path},
          {"id", role.id},
          {"arn", role.arn},
          {"created_ms", ms_of(role.created)},
          {"description", role.description},
          {"max_session_seconds", role.max_session_seconds},
          {"boundary_arn", role.boundary_arn},
          {"trust", policy_json(role.trust)},
          {"tags", role.tags},
          {"inline_policies", policies},
          {"attached_arns", role.attached_arns},
          {"message", role.message}};
}

Role role_of(const Json& json) {
  Role role;
  role.name = json.at("name").get<std::string>();
  role.path = json.at("path").get<std::string>();
  role.id = json.at("id").get<std::string>();
  role.arn = json.at("arn").get<std::string>();
  role.created = time_of(json.at("created_ms"));
  role.description = json.at("description").get<std::string>();
  role.max_session_seconds = json.at("max_session_seconds").get<int>();
  role.boundary_arn = json.at("boundary_arn").get<std::string>();
  role.trust = policy_of(json.at("trust"));
  role.tags = json.at("tags").get<std::vector<std::pair<std::string, std::string>>>();
  for (const auto& [name, policy] : json.at("inline_policies").items()) role.inline_policies[name] = policy_of(policy);
  role.attached_arns = json.at("attached_arns").get<std::vector<std::string>>();
  role.message = json.at("message").get<int>();
  return role;
}

}  // namespace

std::string save_iam(const CloudState& world) {
  Json out = Json::array();
  for (const auto& [name, role] : world.iam->roles) out.push_back(role_json(role));
  return dump(out);
}

bool load_iam(CloudState& world, std::string_view text) {
  const Result<Json> json = parse_json(text, "saved roles");
  if (!json || !json->is_array()) return false;
  IamState state;
  try {
    for (const Json& entry : *json) {
      const Role role = role_of(entry);
      state.roles[to_lower(role.name)] = role;
    }
  } catch (const Json::exception&) {
    return false;
  }
  *world.iam = std::move(state);
  return true;
}

}  // namespace fhctl::sandbox
