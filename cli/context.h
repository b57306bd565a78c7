// What a command works with. Everything that costs time is made when it is first asked for: `fhctl --help` reads no
// file and opens no connection.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/globals.h"
#include "cli/views/reporter.h"
#include "cli/world.h"
#include "core/aws/client.h"
#include "core/aws/settings.h"
#include "core/pipeline/converge.h"

namespace fhctl::cli {

// fhctl.toml as it was read, and what it says beside the spec.
struct SpecFile {
  std::string path;
  pipeline::SpecLayer layer;
  pipeline::Connection connection;
};

class Context;

// A connection to AWS; everything lives as long as the body that Context::online() runs.
class Session {
 public:
  Session(Context& context_, const aws::Settings& settings_, Network& network_, aws::Client& client_, Control& control_)
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
  Control& control;
  Loop& loop;

  // Who we are, asked once. `pipeline` is for the identity line.
  Result<pipeline::Identity> identify(const std::string& pipeline);
  pipeline::Run run();

 private:
  std::optional<pipeline::Identity> identity_;
};

class Context {
 public:
  // `words`: what the user typed after the command's name and before it, for "run this again".
  Context(World& world, const Globals& globals, std::string command, const std::vector<std::string>& words = {});

  World& world() const { return world_; }
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
  Result<aws::Credentials> credentials();
  // kUsage: no region anywhere, or one that fhctl does not know while it would talk to AWS itself.
  Result<void> check_region(const aws::Settings& settings) const;

  // Makes the client and runs `body` in a fiber.
  Result<int> online(const std::function<Result<int>(Session&)>& body);
  // Runs `body` in a fiber, without credentials or a client.
  Result<int> offline(const std::function<Result<int>(Control&)>& body);
  // Says once that the run is being stopped, if somebody asked for it.
  void tell_stopping();
  // A client for these settings, with --debug's trace and the count of calls in flight.
  std::unique_ptr<aws::Client> make_client(Network& network, Control& control, aws::Credentials credentials,
                                           aws::ClientOptions options);
  Result<aws::ClientOptions> client_options(const aws::Settings& settings) const;

 private:
  // Runs `body` in a fiber, with a watch beside it that redraws and notices a request to stop.
  Result<int> in_loop(const std::function<Result<int>(Network&, Control&)>& body);
  void watch(Loop& loop);

  World& world_;
  const Globals& globals_;
  std::string command_;
  std::vector<std::string> words_;
  Reporter reporter_;
  std::optional<std::optional<SpecFile>> spec_file_;
  std::optional<aws::ProfileSet> profiles_;
  std::optional<aws::Settings> settings_;
  int calls_in_flight_ = 0;
};

}  // namespace fhctl::cli
