// An existing role, which fhctl only reads: whether Firehose can assume it and deliver with it.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/base/loop.h"
#include "core/resources/change.h"
#include "core/resources/ownership.h"

namespace fhctl::pipeline {

struct RoleState;  // role.h

// The policies of a role, as far as they may be read.
struct RolePolicies {
  std::vector<std::string> documents;  // of the inline policies
  std::vector<std::string> attached;   // ARNs; what these policies say is not read
  std::set<std::string> denied;        // actions that were denied while reading: "iam:ListRolePolicies"
};

struct RolePoliciesReading {
  bool wanted = false;
  RolePolicies policies{};
  Result<void> documents_read{ok()};  // an error that is not a denial
  Result<void> attached_read{ok()};
};

// Spawns the calls in `group`; `reading` must outlive it.
void read_role_policies(aws::Client& client, Group& group, const std::string& role, RolePoliciesReading& reading);

// Adds why the role cannot be used: it does not exist, belongs to another account, or its trust policy certainly keeps
// Firehose out. What cannot be judged, and permissions that seem to be missing, are warnings, because policies that are
// not read, such as the bucket's, may allow them.
void compare_existing_role(Changes& changes, const std::optional<RoleState>& current, const ResourceGoal& goal);

}  // namespace fhctl::pipeline
