// The IAM role that Firehose delivers with, and its inline policy: how they are read, compared, created and updated.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/loop.h"
#include "core/resources/change.h"
#include "core/resources/existing_role.h"
#include "core/resources/ownership.h"
#include "core/services/iam.h"

namespace fhctl::pipeline {

struct RoleState {
  iam::Role role;
  std::optional<std::string> policy;  // nullopt: the role has no policy of that name
  // Only of an existing role. If GetRole was denied, `role` has its name, and its ARN if the spec gives that.
  std::optional<Error> denied{};
  std::optional<RolePolicies> policies{};  // nullopt: not read
};

struct RoleReading {
  Result<std::optional<iam::Role>> role{std::optional<iam::Role>{}};
  Result<std::optional<std::string>> policy{std::optional<std::string>{}};
  RolePoliciesReading policies{};  // of an existing role
};

// Spawns the calls in `group`; `reading` must outlive it. `with_policies`: also reads what an existing role may do.
void read_role(aws::Client& client, Group& group, const Spec& spec, bool with_policies, RoleReading& reading);
// nullopt: there is no such role. Errors are those of the calls, except that an existing role need not be readable.
Result<std::optional<RoleState>> role_state(const RoleReading& reading, const Spec& spec);

// Adds what must change so that role and policy are as the goal says, or why the role may not be used.
void compare_role(Changes& changes, const std::optional<RoleState>& current, const ResourceGoal& goal);

// Creates the role. kPrecondition when another process created it concurrently. Waits.
Result<void> create_role(aws::Client& client, const ResourceGoal& goal);
// Updates what `step` names, and the tags. Waits.
Result<void> update_role(aws::Client& client, const RoleState& current, const Step& step, const ResourceGoal& goal);
// Creates or replaces the inline policy. Waits.
Result<void> put_role_policy(aws::Client& client, const ResourceGoal& goal);
// The tags as they are now; nullopt: there is no such role. Waits.
Result<std::optional<Tags>> current_role_tags(aws::Client& client, const std::string& name);
// Delete what may be absent already. The policy goes first: IAM deletes no role that has one. Wait.
Result<void> delete_role_policy(aws::Client& client, const Spec& spec);
Result<void> delete_role(aws::Client& client, const Spec& spec);

// What would block the deletion of the role; only read for a destroy.
struct RoleObstacles {
  std::vector<std::string> foreign_policies;   // names of inline policies that fhctl did not create
  std::vector<std::string> attached_policies;  // ARNs
  std::vector<std::string> instance_profiles;
};
// Spawns the calls in `group`; the first error of each goes to `outcome`. All references must outlive the group.
void read_role_obstacles(aws::Client& client, Group& group, const Spec& spec, RoleObstacles& obstacles,
                         Result<void>& outcome);
// Adds the deletion of role and policy and what forbids it. `obstacles`: nullptr if they were not read.
void compare_role_deletion(Changes& changes, const RoleState& current, const Spec& spec,
                           const RoleObstacles* obstacles);

}  // namespace fhctl::pipeline
