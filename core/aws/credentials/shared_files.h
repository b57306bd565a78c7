// The shared files providers: the static keys that a profile has in the shared credentials file or the shared config
// file. They are two providers because the AWS CLI asks other sources of the profile between them.
#pragma once

#include <memory>

#include "core/aws/credentials/provider.h"

namespace fhctl::aws {

// Keys whose aws_access_key_id is in the shared credentials file.
std::unique_ptr<CredentialProvider> make_shared_credentials_provider();

// Keys in either file. A profile with only half of a key pair is an error.
std::unique_ptr<CredentialProvider> make_shared_config_provider();

}  // namespace fhctl::aws
