// The sources of the default chain that this version cannot read. Each has its place in the chain, and is an error when
// it is configured: the keys of a later source would be those of another identity. A new provider replaces its rows in
// unsupported.cc.
#pragma once

#include <memory>

#include "core/aws/credentials/provider.h"

namespace fhctl::aws {

// A web identity named by the environment; nothing when the profile was named by a flag.
std::unique_ptr<CredentialProvider> make_unsupported_web_identity();
// What the AWS CLI prefers to the static keys of a profile: role, web identity, SSO.
std::unique_ptr<CredentialProvider> make_unsupported_role();
// What the AWS CLI prefers to static keys in the shared config file: `aws login`, a process, an SSO session.
std::unique_ptr<CredentialProvider> make_unsupported_process();
// Container credentials named by the environment.
std::unique_ptr<CredentialProvider> make_unsupported_container();

}  // namespace fhctl::aws
