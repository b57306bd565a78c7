// The credential chain: asks the providers in order and takes the first credentials.
#pragma once

#include <memory>
#include <vector>

#include "core/aws/credentials/provider.h"

namespace fhctl::aws {

class CredentialChain {
 public:
  explicit CredentialChain(std::vector<std::unique_ptr<CredentialProvider>> providers);

  // The default chain: the sources of the AWS CLI in its order. The table in chain.cc is the only list of providers.
  static CredentialChain make_default();

  // May wait; call it from a fiber. Returns the credentials of the first provider that has some. Errors are those of
  // the provider that ended the chain, or kCredentials: no provider has credentials (the message lists the places that
  // were read), or a key contains characters that keys never have.
  Result<Credentials> resolve(const ProviderContext& context);

 private:
  std::vector<std::unique_ptr<CredentialProvider>> providers_;
};

}  // namespace fhctl::aws
