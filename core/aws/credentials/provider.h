// The interface of a credential provider: one source of credentials, such as the environment or the shared files.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/aws/credentials.h"
#include "core/aws/settings.h"
#include "core/aws/shared_config.h"
#include "core/base/cancellation.h"
#include "core/base/platform.h"
#include "core/base/result.h"
#include "core/transport/transport.h"

namespace fhctl::aws {

// What providers read and call. All of it lives at least as long as the call that it is passed to. The loop is
// control.loop().
struct ProviderContext {
  const Environment& environment;
  FileSystem& files;
  const SharedConfig& config;  // the shared files, read for this call
  const Settings& settings;    // the profile, the region and custom endpoints
  http::Transport& transport;
  Entropy& entropy;
  Cancellation& control;
};

class CredentialProvider {
 public:
  virtual ~CredentialProvider() = default;

  // Returns a short name for messages: "environment", "shared credentials file".
  virtual std::string_view name() const = 0;

  // May wait. Returns nullopt when this source is not configured, so that the chain asks the next provider; an error
  // when it is configured but gives no credentials, which ends the chain: the next source may be another identity.
  // Two calls may run at the same time.
  virtual Result<std::optional<Credentials>> resolve(const ProviderContext& context) = 0;

  // Returns the places that resolve() reads, for the error when no provider has credentials. Empty if there is no place
  // that the user could fill in.
  virtual std::vector<std::string> places(const ProviderContext& /*context*/) const { return {std::string(name())}; }
};

}  // namespace fhctl::aws
