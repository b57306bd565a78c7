// The environment provider: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN.
#pragma once

#include <memory>

#include "core/aws/credentials/provider.h"

namespace fhctl::aws {

// Has nothing when the profile was named by a flag: the AWS CLI then uses that profile's credentials, whatever the
// environment holds.
std::unique_ptr<CredentialProvider> make_environment_provider();

}  // namespace fhctl::aws
