// The operations of the simulated IAM, one function each. Before it calls one, the dispatcher has refused unknown and
// missing parameters, checked the names, and found the role.
#pragma once

#include "sandbox/iam/call.h"

namespace fhctl::sandbox::iam {

// roles.cc
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

// role_policies.cc
http::Response put_role_policy(IamCall& call);
http::Response get_role_policy(IamCall& call);
http::Response delete_role_policy(IamCall& call);
http::Response list_role_policies(IamCall& call);
http::Response attach_role_policy(IamCall& call);
http::Response detach_role_policy(IamCall& call);
http::Response list_attached_policies(IamCall& call);
http::Response list_instance_profiles(IamCall& call);

// Refuses every ARN except those of policies of this account or of AWS.
std::optional<http::Response> check_policy_arn(const IamCall& call, const std::string& arn);
// Returns the document that other services see now; empty if they see none yet.
const std::string& document_in_force(const CloudState& world, const SpreadingPolicy& policy);
// Replaces the current document, starting now.
void replace_document(const CloudState& world, SpreadingPolicy& policy, const std::string& document);

}  // namespace fhctl::sandbox::iam
