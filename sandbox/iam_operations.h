// The operations of the simulated IAM, one function each. The dispatcher has refused unknown and missing parameters,
// checked the names, and found the role, before it calls one.
#pragma once

#include "sandbox/iam_call.h"

namespace fhctl::sandbox::iam {

// iam_roles.cc
http::Response create_role(IamCall& call);
http::Response get_role(IamCall& call);
http::Response list_roles(IamCall& call);
http::Response delete_role(IamCall& call);
http::Response update_trust(IamCall& call);
http::Response put_boundary(IamCall& call);
http::Response delete_boundary(IamCall& call);
http::Response tag_role(IamCall& call);
http::Response untag_role(IamCall& call);
http::Response list_role_tags(IamCall& call);

// iam_role_policies.cc
http::Response put_role_policy(IamCall& call);
http::Response get_role_policy(IamCall& call);
http::Response delete_role_policy(IamCall& call);
http::Response list_role_policies(IamCall& call);
http::Response attach_role_policy(IamCall& call);
http::Response detach_role_policy(IamCall& call);
http::Response list_attached_policies(IamCall& call);
http::Response list_instance_profiles(IamCall& call);

// Of a policy that is the account's own or AWS's; others do not exist for this account.
std::optional<http::Response> check_policy_arn(const IamCall& call, const std::string& arn);
// What other services see of a policy now; empty: nothing yet.
const std::string& document_in_force(const World& world, const SpreadingPolicy& policy);
// Puts a new document in place of the present one, from now on.
void replace_document(const World& world, SpreadingPolicy& policy, const std::string& document);

}  // namespace fhctl::sandbox::iam
