// What a command works with. Everything expensive is created when it is first requested: `fhctl --help` reads no file
// and opens no connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/globals.h"
#include "cli/platform.h"
#include "cli/views/reporter.h"
#include "core/aws/client.h"
#include "core/aws/credentials/chain.h"
#include "core/aws/settings.h"
#include "core/converge/converge.h"
#include "core/spec/spec_file.h"

namespace fhctl::cli {

// fhctl.toml as it was read, and its settings outside the spec.
struct SpecFile {
  std::string path;
  pipeline::SpecLayer layer;
  pipeline::Connection connection;
};

class Context;

// A connection to AWS; everything lives as long as the body that Context::online() runs.
class Session {
 public:
  Session(Context& context_, const aws::Settings& settings_, Network& network_, aws::Client& client_,
          Cancellation& control_)
      : context(context_),
        settings(settings_),
        network(network_),
        client(client_),
        control(control_),
        loop(network_.loop()) {}

  Context& context;
  const aws::Settings& settings;
  Network& network;
  aws::Client& client;
  Cancellation& control;
  Loop& loop;

  // The caller's identity, read once. `pipeline` is for the identity line.
  Result<pipeline::Identity> identify(const std::string& pipeline);
  pipeline::Run run();

 private:
  std::optional<pipeline::Identity> identity_;
};

class Context {
 public:
  // `words`: the command line before and after the command's name, for "run this again".
  Context(Platform& platform, const Globals& globals, std::string command, const std::vector<std::string>& words = {});

  Platform& platform() const { return world_; }
  const Globals& globals() const { return globals_; }
  const std::string& command() const { return command_; }
  Reporter& reporter() { return reporter_; }
  // The same command as it could be typed into a shell.
  std::string command_line() const;
  // The same command with "--confirm NAME" instead of --yes, for `fhctl destroy`.
  std::string command_line_to_confirm(const std::string& name) const;

  // fhctl.toml, or the file of --config; nullopt when there is none. Read once.
  Result<std::optional<SpecFile>> spec_file();
  // Flags, environment, fhctl.toml, then the profile. Read once.
  Result<aws::Settings> settings();
  // The credentials of the default chain, resolved once. May wait; outside a fiber it runs a loop for that.
  Result<aws::Credentials> credentials();
  // kUsage: no region is set, or fhctl does not know it while the endpoints are AWS's.
  Result<void> check_region(const aws::Settings& settings) const;

  // Creates the client and runs `body` in a fiber.
  Result<int> online(const std::function<Result<int>(Session&)>& body);
  // Runs `body` in a fiber, without credentials or a client.
  Result<int> offline(const std::function<Result<int>(Cancellation&)>& body);
  // Reports once that the run is being stopped, if the user asked for it.
  void tell_stopping();
  // A client for these settings, with --debug's trace and the count of calls in flight.
  std::unique_ptr<aws::Client> make_client(Network& network, Cancellation& control, aws::Credentials credentials,
                                           aws::ClientOptions options);
  Result<aws::ClientOptions> client_options(const aws::Settings& settings) const;

 private:
  // Resolves the credentials with the default chain. Waits.
  Result<aws::Credentials> resolve_credentials(Network& network, Cancellation& control);
  // Reads the settings and the shared files and resolves the credentials again, because they may have been replaced.
  Result<aws::Credentials> refresh_credentials(Network& network, Cancellation& control);
  // Runs `body` in a fiber, next to another one that redraws and checks for a stop request.
  Result<int> in_loop(const std::function<Result<int>(Network&, Cancellation&)>& body);
  void watch(Loop& loop);

  Platform& world_;
  const Globals& globals_;
  std::string command_;
  std::vector<std::string> words_;
  Reporter reporter_;
  std::optional<std::optional<SpecFile>> spec_file_;
  std::shared_ptr<const aws::SharedConfig> shared_config_;  // as read for settings_
  std::optional<aws::Settings> settings_;
  std::optional<aws::CredentialChain> credential_chain_;
  std::optional<aws::Credentials> credentials_;
  Network* network_ = nullptr;       // while in_loop() runs
  Cancellation* control_ = nullptr;  // while in_loop() runs
  int calls_in_flight_ = 0;
};

}  // namespace fhctl::cli
