// AWS IAM, query protocol, 2010-05-08. Every function waits. Policies are JSON text; answers are already decoded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/aws/client.h"
#include "core/base/tags.h"

namespace fhctl::iam {

struct CreateRoleInput {
  std::string name;
  std::string path = "/";
  std::string trust_policy;
  std::string description;
  std::string permissions_boundary;  // ARN; empty: none
  Tags tags;
};

struct Role {
  std::string name;
  std::string arn;
  std::string id;  // AROA...: changes when a role is deleted and created again
  std::string path;
  std::string trust_policy;
  std::string permissions_boundary;
  Tags tags;
};

// Idempotency::kNotIdempotent. kAlreadyExists when the name is taken (names compare without case).
Result<Role> create_role(aws::Client& client, const CreateRoleInput& input);
Result<std::optional<Role>> get_role(aws::Client& client, const std::string& name);
Result<void> update_assume_role_policy(aws::Client& client, const std::string& role, const std::string& trust_policy);
Result<void> put_role_policy(aws::Client& client, const std::string& role, const std::string& policy,
                             const std::string& document);
Result<std::optional<std::string>> get_role_policy(aws::Client& client, const std::string& role,
                                                   const std::string& policy);
Result<bool> delete_role_policy(aws::Client& client, const std::string& role, const std::string& policy);
Result<bool> delete_role(aws::Client& client, const std::string& name);  // false: it did not exist
Result<void> tag_role(aws::Client& client, const std::string& role, const Tags& tags);
Result<void> untag_role(aws::Client& client, const std::string& role, const std::vector<std::string>& keys);
Result<void> put_permissions_boundary(aws::Client& client, const std::string& role, const std::string& boundary_arn);
// What would block DeleteRole. All pages; empty for an absent role.
Result<std::vector<std::string>> list_role_policies(aws::Client& client, const std::string& role);
Result<std::vector<std::string>> list_attached_policies(aws::Client& client, const std::string& role);  // ARNs
Result<std::vector<std::string>> list_instance_profiles(aws::Client& client, const std::string& role);

// The role's name as a resource of a call (core/aws/consistency.h): "role NAME".
std::string role_resource(std::string_view role);

}  // namespace fhctl::iam
