#include "core/resources/role.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/resources/creation.h"
#include "core/spec/policies.h"

namespace fhctl::pipeline {
namespace {

PolicyScope scope_of(const ResourceGoal& goal) {
  const Identity& identity = goal.identity;
  return {identity.partition, identity.region, identity.account, goal.bucket_key};
}

void compare_boundary(Changes& changes, Step& step, const iam::Role& current, const Spec& spec) {
  if (current.permissions_boundary == spec.permissions_boundary) return;
  if (spec.permissions_boundary.empty()) {
    add_note(changes, fmt::format("role {} has the permissions boundary {}, which the spec does not name; it is kept.",
                                  spec.role, current.permissions_boundary));
    return;
  }
  step.changes.push_back({"permissions boundary",
                          current.permissions_boundary.empty() ? "none" : current.permissions_boundary,
                          spec.permissions_boundary});
}

}  // namespace

void read_role(aws::Client& client, Group& group, const Spec& spec, bool with_policies, RoleReading& reading) {
  group.spawn([&client, &reading, name = spec.role_name()] { reading.role = iam::get_role(client, name); });
  if (spec.external_role()) {
    if (with_policies) read_role_policies(client, group, spec.role_name(), reading.policies);
    return;
  }
  group.spawn([&client, &reading, name = spec.role_name(), policy = spec.role_policy] {
    reading.policy = iam::get_role_policy(client, name, policy);
  });
}

Result<std::optional<RoleState>> role_state(const RoleReading& reading, const Spec& spec) {
  const std::string context = "reading role " + spec.role_name();
  const bool denied = spec.external_role() && !reading.role && reading.role.error().kind == ErrorKind::kDenied;
  if (!reading.role && !denied) return with_context(reading.role.error(), context);
  if (!reading.policy) return with_context(reading.policy.error(), context);
  if (!reading.policies.documents_read) return with_context(reading.policies.documents_read.error(), context);
  if (!reading.policies.attached_read) return with_context(reading.policies.attached_read.error(), context);
  if (!denied && !*reading.role) return std::optional<RoleState>();
  RoleState state;
  if (denied) {
    state.denied = reading.role.error();
    state.role.name = spec.role_name();
    state.role.arn = spec.existing_role_arn();
  } else {
    state.role = **reading.role;
  }
  state.policy = *reading.policy;
  if (reading.policies.wanted) state.policies = reading.policies.policies;
  return std::optional<RoleState>(std::move(state));
}

void compare_role(Changes& changes, const std::optional<RoleState>& current, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const PolicyScope scope = scope_of(goal);
  if (spec.external_role()) return compare_existing_role(changes, current, goal);
  Step policy{{Kind::kRolePolicy, spec.role + "/" + spec.role_policy, 0}, Action::kCreate, "", {}, {}, false};
  policy.detail = spec.error_logging ? "S3 write, logs:PutLogEvents" : "S3 write";
  Step role{{Kind::kRole, spec.role, 0}, Action::kUpdate, "", {}, {}, false};
  if (!current) {
    role.action = Action::kCreate;
    role.detail = "assumed by firehose.amazonaws.com";
    role.drift = policy.drift = goal.recorded;
    if (goal.recorded) {
      role.reasons.push_back("missing: without it delivery fails, Firehose keeps data for up to 24 hours");
      policy.reasons.push_back("went with its role");
    }
    changes.steps.push_back(std::move(role));
    changes.steps.push_back(std::move(policy));
    return;
  }
  if (goal.ownership.owner_of(current->role.tags) != Owner::kOurs) {
    changes.blockers.push_back(foreign_resource("role", spec.role, current->role.tags, goal,
                                                "give another --role, or `--existing-role` to use it as it is"));
    return;
  }
  if (const std::string wanted = trust_policy(spec, scope); !same_policy(current->role.trust_policy, wanted)) {
    role.changes.push_back({"trust policy", current->role.trust_policy, wanted});
  }
  compare_boundary(changes, role, current->role, spec);
  compare_tags(role, current->role.tags, goal);
  add_step(changes, std::move(role));
  if (!current->policy) {
    policy.drift = goal.recorded;
    if (policy.drift) policy.reasons.push_back("missing");
    changes.steps.push_back(std::move(policy));
  } else if (const std::string wanted = delivery_policy(spec, scope); !same_policy(*current->policy, wanted)) {
    policy.action = Action::kUpdate;
    policy.changes.push_back({"policy", *current->policy, wanted});
    add_step(changes, std::move(policy));
  }
}

Result<void> create_role(aws::Client& client, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  iam::CreateRoleInput input;
  input.name = spec.role;
  input.path = spec.role_path;
  input.trust_policy = trust_policy(spec, scope_of(goal));
  input.description = "Delivery role of the fhctl pipeline " + spec.name;
  input.permissions_boundary = spec.permissions_boundary;
  input.tags = goal.tags;
  return create_until_shown(
      client, {aws::Service::kIam, "role", spec.role}, goal.tags,
      [&]() -> Result<void> {
        const Result<iam::Role> created = iam::create_role(client, input);
        return created ? ok() : Result<void>(created.error());
      },
      [&] { return current_role_tags(client, spec.role); });
}

Result<void> update_role(aws::Client& client, const RoleState& current, const Step& step, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  const auto changes = [&](std::string_view field) {
    return std::any_of(step.changes.begin(), step.changes.end(),
                       [&](const FieldChange& change) { return change.field == field; });
  };
  if (changes("trust policy")) {
    RETURN_IF_ERROR(iam::update_assume_role_policy(client, spec.role, trust_policy(spec, scope_of(goal))));
  }
  if (changes("permissions boundary")) {
    RETURN_IF_ERROR(iam::put_permissions_boundary(client, spec.role, spec.permissions_boundary));
  }
  const TagChange change = tag_change(current.role.tags, goal);
  if (!change.set.empty()) RETURN_IF_ERROR(iam::tag_role(client, spec.role, change.set));
  return change.remove.empty() ? ok() : iam::untag_role(client, spec.role, change.remove);
}

Result<void> put_role_policy(aws::Client& client, const ResourceGoal& goal) {
  const Spec& spec = goal.spec;
  return iam::put_role_policy(client, spec.role, spec.role_policy, delivery_policy(spec, scope_of(goal)));
}

Result<std::optional<Tags>> current_role_tags(aws::Client& client, const std::string& name) {
  ASSIGN_OR_RETURN(const std::optional<iam::Role> role, iam::get_role(client, name));
  return role ? std::optional<Tags>(role->tags) : std::nullopt;
}

Result<void> delete_role_policy(aws::Client& client, const Spec& spec) {
  const Result<bool> deleted = iam::delete_role_policy(client, spec.role, spec.role_policy);
  return deleted ? ok() : Result<void>(deleted.error());
}

Result<void> delete_role(aws::Client& client, const Spec& spec) {
  const Result<bool> deleted = iam::delete_role(client, spec.role);
  return deleted ? ok() : Result<void>(deleted.error());
}

void read_role_obstacles(aws::Client& client, Group& group, const Spec& spec, RoleObstacles& obstacles,
                         Result<void>& outcome) {
  const std::string role = spec.role_name();
  group.spawn([&client, &obstacles, &outcome, role, own = spec.role_policy] {
    const auto policies = iam::list_role_policies(client, role);
    if (!policies) {
      outcome = policies.error();
      return;
    }
    for (const std::string& policy : *policies) {
      if (policy != own) obstacles.foreign_policies.push_back(policy);
    }
  });
  const auto read = [&](auto list, std::vector<std::string>& into) {
    group.spawn([&client, &outcome, &into, role, list] {
      const Result<std::vector<std::string>> names = list(client, role);
      if (names) {
        into = *names;
      } else {
        outcome = names.error();
      }
    });
  };
  read(iam::list_attached_policies, obstacles.attached_policies);
  read(iam::list_instance_profiles, obstacles.instance_profiles);
}

void compare_role_deletion(Changes& changes, const RoleState& current, const Spec& spec,
                           const RoleObstacles* obstacles) {
  if (obstacles) {
    if (!obstacles->foreign_policies.empty()) {
      add_blocker(changes,
                  fmt::format("role {} has inline policies that fhctl did not make: {}", spec.role,
                              join(obstacles->foreign_policies, ", ")),
                  "remove them first; fhctl deletes only what it made");
    }
    if (!obstacles->attached_policies.empty()) {
      add_blocker(changes,
                  fmt::format("role {} has attached policies: {}", spec.role, join(obstacles->attached_policies, ", ")),
                  "detach them first");
    }
    if (!obstacles->instance_profiles.empty()) {
      add_blocker(
          changes,
          fmt::format("role {} is in instance profiles: {}", spec.role, join(obstacles->instance_profiles, ", ")),
          "remove it from them first");
    }
  }
  if (current.policy) add_deletion(changes, Kind::kRolePolicy, spec.role + "/" + spec.role_policy);
  add_deletion(changes, Kind::kRole, spec.role);
}

}  // namespace fhctl::pipeline
