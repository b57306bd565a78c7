#include "cli/context.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/trace.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/report/version.h"
#include "core/run/run.h"
#include "core/services/sts.h"
#include "core/spec/limits.h"
#include "core/spec/names.h"
#include "core/spec/spec_file.h"

namespace fhctl::cli {
namespace {

constexpr const char* kSpecFile = "fhctl.toml";
constexpr std::size_t kSpecBytesMax = 1u << 20;
constexpr Duration kTimeout = std::chrono::minutes(30);
constexpr Duration kTick = std::chrono::milliseconds(50);  // the views draw no faster than they like

// Among regions that are equally near, the one where streams take more: "us-west-9" is rather us-west-2 than us-west-1.
std::optional<std::string> nearest_region(std::string_view region) {
  std::optional<std::string> best;
  for (const std::string& known : aws::known_regions()) {
    const std::size_t distance = edit_distance(region, known);
    if (distance > 2) continue;
    const std::size_t best_distance = best ? edit_distance(region, *best) : 3;
    const bool larger = best && pipeline::stream_limits(known).bytes_per_s > pipeline::stream_limits(*best).bytes_per_s;
    if (distance < best_distance || (distance == best_distance && larger)) best = known;
  }
  return best;
}

std::string shell_line(const std::string& command, const std::vector<std::string>& words) {
  std::string line = "fhctl " + command;
  for (const std::string& word : words) {
    const bool plain = !word.empty() && word.find_first_of(" '\"\\$`!*?(){}[]<>|&;#~\n\t") == std::string::npos;
    line += " " + (plain ? word : "'" + replace_all(word, "'", "'\\''") + "'");
  }
  return escape_for_terminal(line);
}

bool set(const Environment& environment, std::string_view name) { return !environment.get(name).value_or("").empty(); }

}  // namespace

Result<pipeline::Identity> Session::identify(const std::string& pipeline) {
  if (identity_) return *identity_;
  ASSIGN_OR_RETURN(pipeline::Identity identity, pipeline::identify(client));
  identity_ = identity;
  context.reporter().on(pipeline::Identified{identity.account, identity.region, pipeline, identity.caller_arn,
                                             client.credentials().source});
  return identity;
}

pipeline::Run Session::run() {
  Platform& platform = context.platform();
  return pipeline::Run{client,
                       platform.files,
                       platform.entropy,
                       platform.host,
                       control,
                       context.reporter(),
                       std::string(kVersion),
                       context.reporter().run_id(),
                       ci_job_url(platform.environment),
                       context.command()};
}

Context::Context(Platform& platform, const Globals& globals, std::string command, const std::vector<std::string>& words)
    : world_(platform),
      globals_(globals),
      command_(std::move(command)),
      words_(words),
      reporter_(platform, globals, random_hex(platform.entropy, 8)) {}

std::string Context::command_line() const { return shell_line(command_, words_); }

std::string Context::command_line_to_confirm(const std::string& name) const {
  std::vector<std::string> words = words_;
  const auto flags_end = std::find(words.begin(), words.end(), "--");
  const auto yes = std::remove_if(words.begin(), flags_end, [](const std::string& word) {
    return word == "--yes" || word == "-y" || word == "--auto-approve";
  });
  const auto rest = words.erase(yes, flags_end);
  const std::vector<std::string> added = {"--confirm", name};
  words.insert(rest, added.begin(), added.end());
  return shell_line(command_, words);
}

Result<std::optional<SpecFile>> Context::spec_file() {
  if (spec_file_) return *spec_file_;
  const std::string path = globals_.config.value_or(kSpecFile);
  Result<std::optional<std::string>> text = world_.files.read(path, kSpecBytesMax);
  if (!text) return with_context(text.error(), "reading the spec");
  if (!*text) {
    if (globals_.config) return usage_error(fmt::format("there is no file {}", path), "`fhctl init` writes one");
    spec_file_ = std::optional<SpecFile>();
    return *spec_file_;
  }
  SpecFile file;
  file.path = path;
  ASSIGN_OR_RETURN(pipeline::SpecLayer layer, pipeline::parse_spec_file(**text, path, file.connection));
  file.layer = layer;
  spec_file_ = file;
  return *spec_file_;
}

Result<aws::Settings> Context::settings() {
  if (settings_) return *settings_;
  const Environment& environment = world_.environment;
  ASSIGN_OR_RETURN(std::optional<SpecFile> file, spec_file());
  const pipeline::Connection connection = file ? file->connection : pipeline::Connection{};
  aws::SettingsFlags flags;
  flags.profile = globals_.profile.value_or("");
  flags.region = globals_.region.value_or(environment.get("FHCTL_REGION").value_or(""));
  flags.endpoint_url = globals_.endpoint_url.value_or("");
  flags.ca_bundle = globals_.ca_bundle.value_or("");
  flags.use_fips = globals_.use_fips;
  const bool profile_of_file = flags.profile.empty() && !set(environment, "AWS_PROFILE") && !connection.profile.empty();
  if (profile_of_file) flags.profile = connection.profile;
  const bool region_of_file = flags.region.empty() && !set(environment, "AWS_REGION") &&
                              !set(environment, "AWS_DEFAULT_REGION") && !connection.region.empty();
  if (region_of_file) flags.region = connection.region;

  ASSIGN_OR_RETURN(aws::SharedConfig config, aws::load_shared_config(environment, world_.files));
  ASSIGN_OR_RETURN(aws::Settings settings, aws::resolve_settings(environment, config, flags));
  // The file is shared by a team: it chooses a profile, but keys in a user's environment take precedence.
  if (profile_of_file) settings.profile_named_by_flag = false;
  if (region_of_file) settings.region_source = file->path;
  shared_config_ = std::make_shared<const aws::SharedConfig>(std::move(config));
  settings_ = settings;
  return *settings_;
}

Result<aws::Credentials> Context::credentials() {
  if (credentials_) return *credentials_;
  if (network_ != nullptr) return resolve_credentials(*network_, *control_);
  RETURN_IF_ERROR(settings());  // the network needs the CA bundle
  Result<int> resolved = in_loop([this](Network& network, Cancellation& control) -> Result<int> {
    RETURN_IF_ERROR(resolve_credentials(network, control));
    return 0;
  });
  if (!resolved) return resolved.error();
  return *credentials_;
}

Result<aws::Credentials> Context::resolve_credentials(Network& network, Cancellation& control) {
  ASSIGN_OR_RETURN(const aws::Settings settings, this->settings());
  // A refresh of another call may replace the member while this one waits.
  const std::shared_ptr<const aws::SharedConfig> config = shared_config_;
  if (!credential_chain_) credential_chain_ = aws::CredentialChain::make_default();
  ASSIGN_OR_RETURN(aws::Credentials found,
                   credential_chain_->resolve({world_.environment, world_.files, *config, settings, network.transport(),
                                               world_.entropy, control}));
  credentials_ = found;
  return found;
}

Result<aws::Credentials> Context::refresh_credentials(Network& network, Cancellation& control) {
  settings_.reset();
  credentials_.reset();
  return resolve_credentials(network, control);
}

Result<void> Context::check_region(const aws::Settings& settings) const {
  if (settings.region.empty()) {
    return usage_error("no region", "use `--region us-west-2`, `AWS_REGION`, or a profile with a region");
  }
  // S3 Control is not counted: fhctl calls it only where S3 is AWS's, or at the same endpoint.
  const bool talks_to_aws =
      std::any_of(std::begin(aws::kServices), std::end(aws::kServices), [&](aws::Service service) {
        return service != aws::Service::kS3Control && !settings.endpoint_urls.contains(service);
      });
  const std::vector<std::string>& known = aws::known_regions();
  const bool is_known = std::find(known.begin(), known.end(), settings.region) != known.end();
  if (!talks_to_aws || globals_.force_region || is_known) return ok();
  const std::optional<std::string> near = nearest_region(settings.region);
  return usage_error(fmt::format("there is no region \"{}\" that fhctl knows (from {})",
                                 escape_for_terminal(settings.region), settings.region_source),
                     (near ? fmt::format("did you mean {}? ", *near) : std::string()) +
                         "--force-region takes a region that is newer than this fhctl");
}

Result<aws::ClientOptions> Context::client_options(const aws::Settings& settings) const {
  aws::ClientOptions options;
  options.region = settings.region;
  options.attempts_max = settings.max_attempts;
  for (const aws::Service service : aws::kServices) {
    aws::EndpointRequest request;
    request.service = service;
    request.region = settings.region;
    request.use_fips = settings.use_fips;
    request.use_dualstack = settings.use_dualstack;
    const auto custom = settings.endpoint_urls.find(service);
    if (custom != settings.endpoint_urls.end()) request.custom_url = custom->second;
    ASSIGN_OR_RETURN(aws::Endpoint endpoint, aws::resolve_endpoint(request));
    options.endpoints[service] = endpoint;
  }
  return options;
}

std::unique_ptr<aws::Client> Context::make_client(Network& network, Cancellation& control, aws::Credentials credentials,
                                                  aws::ClientOptions options) {
  const TraceOptions trace_options{globals_.debug_bodies};
  options.trace = [this, trace_options](const aws::Trace& trace) {
    if (trace.kind == aws::Trace::Kind::kSent) ++calls_in_flight_;
    if (trace.kind == aws::Trace::Kind::kAnswered || trace.kind == aws::Trace::Kind::kNoAnswer) --calls_in_flight_;
    if (trace.kind == aws::Trace::Kind::kWaiting) reporter_.on(pipeline::waiting_event(trace));
    if (trace.kind == aws::Trace::Kind::kRetrying && trace.error != nullptr) {
      if (trace.calls_per_second > 0) {
        reporter_.on(pipeline::Throttled{std::string(trace.operation), trace.calls_per_second});
      } else {
        reporter_.on(pipeline::Retrying{std::string(trace.operation), trace.attempt, trace.delay, *trace.error});
      }
    }
    if (globals_.debug) world_.streams.err(trace_text(trace, trace_options));
  };
  options.account_of = [this, &network, &control, options](const aws::Credentials& fresh) -> Result<std::string> {
    aws::Client client(network.loop(), network.transport(), world_.entropy, control, fresh, options);
    ASSIGN_OR_RETURN(const sts::CallerIdentity caller, sts::get_caller_identity(client));
    return caller.account;
  };
  options.refresh_credentials = [this, &network, &control] { return refresh_credentials(network, control); };
  return std::make_unique<aws::Client>(network.loop(), network.transport(), world_.entropy, control,
                                       std::move(credentials), std::move(options));
}

void Context::tell_stopping() {
  if (world_.signals.stop_count() > 0) reporter_.on(pipeline::Stopping{std::max(0, calls_in_flight_)});
}

// Redraws, and reports at once when the user asked to stop.
void Context::watch(Loop& loop) {
  loop.spawn([this, &loop] {
    while (true) {
      loop.sleep_for(kTick);
      tell_stopping();
      reporter_.tick();
    }
  });
}

Result<int> Context::in_loop(const std::function<Result<int>(Network&, Cancellation&)>& body) {
  const std::string ca_bundle = settings_ ? settings_->ca_bundle : globals_.ca_bundle.value_or("");
  const std::unique_ptr<Network> network = world_.open_network(ca_bundle);
  Loop& loop = network->loop();
  Cancellation control(loop, world_.signals, loop.now() + globals_.timeout.value_or(kTimeout));
  std::optional<Result<int>> result;
  network_ = network.get();
  control_ = &control;
  loop.run([&] {
    watch(loop);
    result = body(*network, control);
  });
  network_ = nullptr;
  control_ = nullptr;
  return *result;
}

Result<int> Context::online(const std::function<Result<int>(Session&)>& body) {
  ASSIGN_OR_RETURN(aws::Settings settings, this->settings());
  RETURN_IF_ERROR(check_region(settings));
  return in_loop([&](Network& network, Cancellation& control) -> Result<int> {
    ASSIGN_OR_RETURN(const aws::Credentials credentials, this->credentials());
    ASSIGN_OR_RETURN(aws::ClientOptions options, client_options(settings));
    const bool keys_of_profile = !starts_with(credentials.source, "environment");
    reporter_.set_profile(keys_of_profile ? settings.profile : "");
    const std::unique_ptr<aws::Client> client = make_client(network, control, credentials, options);
    Session session(*this, settings, network, *client, control);
    return body(session);
  });
}

Result<int> Context::offline(const std::function<Result<int>(Cancellation&)>& body) {
  return in_loop([&](Network&, Cancellation& control) { return body(control); });
}

}  // namespace fhctl::cli
