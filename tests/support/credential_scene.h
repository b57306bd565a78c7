// Resolves credentials as a run does: in a fiber, with virtual time and a scripted transport.
#pragma once

#include <optional>
#include <utility>

#include "core/aws/credentials/chain.h"
#include "core/base/random.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::test {

struct CredentialScene {
  VirtualDriver driver;
  Loop loop{driver};
  FakeSignals signals;
  Cancellation control{loop, signals};
  SeededEntropy entropy{1};
  MapEnvironment environment;
  MemoryFiles files;
  aws::SharedConfig config;
  aws::Settings settings{.profile = "default"};
  ScriptedTransport::Script script = [](const http::Request&) -> Result<http::Response> {
    return make_error(ErrorKind::kNetwork, "this test has no network");
  };
  ScriptedTransport transport{loop, [this](const http::Request& request) { return script(request); }};

  Result<aws::Credentials> resolve(aws::CredentialChain& chain) {
    std::optional<Result<aws::Credentials>> found;
    loop.run([&] { found = chain.resolve({environment, files, config, settings, transport, entropy, control}); });
    return *std::move(found);
  }

  Result<aws::Credentials> resolve_default() {
    aws::CredentialChain chain = aws::CredentialChain::make_default();
    return resolve(chain);
  }
};

}  // namespace fhctl::test
