#include "tests/sim/harness/simulation.h"

#include <algorithm>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/sim_process.h"

namespace fhctl::test {

// Collects what a run reports.
class Recorder final : public pipeline::Observer {
 public:
  explicit Recorder(std::vector<pipeline::Event>& events) : events_(events) {}
  void on(const pipeline::Event& event) override { events_.push_back(event); }

 private:
  std::vector<pipeline::Event>& events_;
};

namespace {

// Removes ids and times, which differ from run to run.
Json without_accidents(Json json) {
  for (const char* key : {"id", "created_at", "intent", "generation", "epoch", "published_at", "publisher"})
    json.erase(key);
  if (json.contains("streams")) {
    for (Json& stream : json["streams"]) {
      stream.erase("since_generation");
      if (!stream.contains("drain")) continue;
      stream["drain"].erase("started_at");
      stream["drain"].erase("stop_by");
    }
  }
  return json;
}

// Removes members that equal the server's default.
Json without_defaults(Json destination) {
  const Json no_processing = {{"Enabled", false}, {"Processors", Json::array()}};
  const auto drop = [&](const char* name, const Json& value) {
    if (destination.contains(name) && destination[name] == value) destination.erase(name);
  };
  drop("CustomTimeZone", "UTC");
  drop("FileExtension", "");
  drop("ProcessingConfiguration", no_processing);
  return destination;
}

Json tags_of(const std::map<std::string, std::string>& tags) {
  Json json = tags;
  if (json.contains("fhctl:id")) json["fhctl:id"] = "*";
  return json;
}

}  // namespace

std::optional<Error> RunResult::failure() const {
  if (!outcome || succeeded()) return std::nullopt;
  return *outcome ? *(**outcome).error : outcome->error();
}

std::string RunResult::error() const {
  if (killed) return "killed";
  if (!outcome) return "no outcome";
  if (!*outcome) return describe(outcome->error());
  const pipeline::Outcome& done = **outcome;
  std::string text = done.error ? describe(*done.error) : "";
  for (const auto& [resource, error] : done.failures) text += "; " + resource.name + ": " + describe(error);
  return text;
}

sandbox::Options Simulation::quick_options() {
  sandbox::Options options;
  options.stream_create = std::chrono::seconds(3);
  options.stream_delete = std::chrono::seconds(4);
  options.iam_delay = std::chrono::seconds(5);
  return options;
}

Simulation::Simulation(sandbox::Options options, std::uint64_t seed)
    : cloud(options), entropy(seed), options_(options) {}

pipeline::ConvergeOptions Simulation::options_for(pipeline::Intent::Verb verb) const {
  pipeline::ConvergeOptions options;
  options.intent.verb = verb;
  return options;
}

RunResult Simulation::up(int count, const Disturbance& disturbance) {
  pipeline::ConvergeOptions options = options_for(pipeline::Intent::Verb::kUp);
  options.sources.above.push_back({"--count", {{"count", std::to_string(count)}}, {}});
  return run(options, disturbance);
}

RunResult Simulation::scale(int count, const Disturbance& disturbance) {
  pipeline::ConvergeOptions options = options_for(pipeline::Intent::Verb::kScale);
  options.intent.count = count;
  options.intent.no_drain = true;
  return run(options, disturbance);
}

RunResult Simulation::destroy(const Disturbance& disturbance) {
  pipeline::ConvergeOptions options = options_for(pipeline::Intent::Verb::kDestroy);
  options.intent.empty_bucket = true;
  return run(options, disturbance);
}

void Simulation::complete(pipeline::ConvergeOptions& options) const {
  options.sources.name = name;
  options.sources.above.push_back({"flags", flags, {}});
  const auto answer = [this](const pipeline::Plan&, const pipeline::Observed&,
                             const pipeline::Desired&) -> Result<void> {
    if (confirm_yes) return ok();
    return Error{.kind = ErrorKind::kConfirmation, .message = "nobody said yes"};
  };
  if (!options.confirm) options.confirm = answer;
  if (!options.confirm_again) options.confirm_again = answer;
}

// One process of fhctl.
struct Simulation::Process {
  Process(Simulation& world, Loop& loop, const pipeline::ConvergeOptions& options_, const Disturbance& disturbance_)
      : options(options_),
        disturbance(disturbance_),
        body(world, loop),
        signals(body),
        host(body),
        files(body),
        recorder(body.result.events),
        control(loop, signals, world.driver.now() + world.time_limit),
        transport(body, disturbance),
        client(loop, transport, world.entropy, control, credentials_of(world), client_options(world)),
        run{client, files, world.entropy, host, control, recorder, "0.0.0", random_hex(world.entropy, 8), "", "sim"} {
    world.complete(options);
    body.facts = world.facts_of(options);
    body.facts.run_id = run.run_id;
  }

  static aws::Credentials credentials_of(const Simulation& world) {
    aws::Credentials credentials;
    credentials.access_key_id = world.options_.access_key_id;
    credentials.secret_access_key = world.options_.secret_access_key;
    credentials.source = "simulation";
    return credentials;
  }

  aws::ClientOptions client_options(const Simulation& world) {
    aws::ClientOptions given = options_of(world);
    given.trace = [this](const aws::Trace& trace) {
      if (trace.kind == aws::Trace::Kind::kWaiting) recorder.on(pipeline::waiting_event(trace));
    };
    return given;
  }

  static aws::ClientOptions options_of(const Simulation& world) {
    aws::ClientOptions options;
    options.region = world.region;
    for (const aws::Service service : aws::kServices) {
      options.endpoints[service] =
          *aws::resolve_endpoint({service, world.region, false, false, "http://127.0.0.1:4580"});
    }
    return options;
  }

  // Waits until the run has ended or the process is dead.
  void live(Loop& loop, Instant begun) {
    loop.spawn([this] {
      body.result.outcome = pipeline::converge(run, options);
      body.ended.set();
    });
    (void)body.ended.wait();
    if (body.world.watcher != nullptr) body.world.watcher->run_ended(body.facts);
    body.result.took = loop.now() - begun;
    if (body.stopped_at) body.result.stopping = loop.now() - *body.stopped_at;
  }

  pipeline::ConvergeOptions options;
  Disturbance disturbance;
  Body body;
  BodySignals signals;
  BodyHost host;
  BodyFiles files;
  Recorder recorder;
  Cancellation control;
  BodyTransport transport;
  aws::Client client;
  pipeline::Run run;
};

RunFacts Simulation::facts_of(const pipeline::ConvergeOptions& options) const {
  using Verb = pipeline::Intent::Verb;
  RunFacts facts;
  facts.process = host.process;
  switch (options.intent.verb) {
    case Verb::kUp:
      facts.verb = "up";
      break;
    case Verb::kScale:
      facts.verb = "scale";
      break;
    case Verb::kDestroy:
      facts.verb = "destroy";
      break;
    case Verb::kUndrain:
      facts.verb = "undrain";
      break;
  }
  if (options.plan_only) facts.verb = "plan";
  facts.pipeline = name;
  facts.region = region;
  facts.data_may_go = options.intent.empty_bucket;
  facts.no_drain = options.intent.no_drain;
  return facts;
}

void Simulation::begin_process() {
  ++host.process;
  ProcessTable& table = processes_of[container];
  table.alive[++table.last] = driver.elapsed() / std::chrono::milliseconds(10);
}

RunResult Simulation::run(pipeline::ConvergeOptions options, const Disturbance& disturbance) {
  processes_of[container].alive.clear();  // each run is another process; earlier ones are dead
  begin_process();
  Loop loop(driver);
  Process process(*this, loop, options, disturbance);
  loop.run([&] { process.live(loop, driver.now()); });
  return std::move(process.body.result);
}

Result<pipeline::Waited> Simulation::wait(pipeline::WaitFor what, const Disturbance& disturbance) {
  Loop loop(driver);
  Process process(*this, loop, {}, disturbance);
  std::optional<Result<pipeline::Waited>> waited;
  loop.run([&] { waited = pipeline::wait_for(process.run, process.options.sources, what); });
  return std::move(*waited);
}

RunResult Simulation::run_beside(Loop& loop, pipeline::ConvergeOptions options, const Disturbance& disturbance,
                                 const std::string& in_region) {
  begin_process();
  const std::string usual = region;
  if (!in_region.empty()) region = in_region;
  processes_.push_back(std::make_shared<Process>(*this, loop, options, disturbance));
  region = usual;  // a process reads it only when it starts
  const std::shared_ptr<Process> process = processes_.back();
  process->live(loop, driver.now());
  return process->body.result;
}

std::string Simulation::snapshot() {
  cloud.advance(driver.wall_now());
  sandbox::CloudState& world = cloud.world();
  Json json;
  for (const auto& [key, stream] : world.firehose->streams) {
    Json& entry = json["streams"][key.first + "/" + key.second];
    entry["status"] = static_cast<int>(stream.status);
    entry["destination"] = without_defaults(stream.destination);
    entry["tags"] = tags_of(stream.tags);
  }
  for (const auto& [bucket_name, bucket] : world.s3->buckets) {
    Json& entry = json["buckets"][bucket_name];
    entry["tags"] = tags_of(bucket.tags);
    entry["lifecycle"] = bucket.lifecycle;
    entry["blocked"] = bucket.public_access_block && bucket.public_access_block->block_acls;
    entry["encryption"] = bucket.encryption.algorithm;
    for (const auto& [key, versions] : bucket.objects) {
      const Result<Json> body = parse_json(versions.front().body, key);
      entry["objects"][key] = body ? without_accidents(*body) : Json(versions.front().body);
    }
    entry["uploads"] = bucket.uploads.size();
  }
  for (const auto& [role_name, role] : world.iam->roles) {
    Json& entry = json["roles"][role_name];
    entry["path"] = role.path;
    entry["trust"] = role.trust.document;
    entry["tags"] = tags_of({role.tags.begin(), role.tags.end()});
    for (const auto& [policy_name, policy] : role.inline_policies) entry["policies"][policy_name] = policy.document;
  }
  for (const auto& [key, group] : world.logs->groups) {
    Json& entry = json["log_groups"][key.first + "/" + key.second];
    entry["retention"] = group.retention_days.value_or(0);
    entry["tags"] = tags_of(group.tags);
    for (const auto& [stream_name, stream] : group.streams) entry["log_streams"].push_back(stream_name);
  }
  for (const auto& [path, text] : files.files) {
    const Result<Json> body = parse_json(text, path);
    json["files"][path] = body ? without_accidents(*body) : Json(text);
  }
  return dump(json, 1);
}

}  // namespace fhctl::test
