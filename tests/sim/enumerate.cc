#include "tests/sim/enumerate.h"

#include <algorithm>
#include <memory>

#include <fmt/format.h>

#include "sandbox/firehose_state.h"
#include "sandbox/iam_state.h"
#include "sandbox/logs_state.h"
#include "sandbox/metrics.h"
#include "sandbox/s3_state.h"
#include "sandbox/ssm_state.h"
#include "tests/sim/referee.h"
#include "tests/sim/sim_world.h"

namespace fhctl::test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;

// A world to go back to.
struct Image {
  sandbox::FirehoseState firehose;
  sandbox::S3State s3;
  sandbox::IamState iam;
  sandbox::LogsState logs;
  sandbox::MetricsState metrics;
  sandbox::SsmState ssm;
  std::map<std::string, std::string> files;
  Duration elapsed{};
  Referee referee;
};

struct Scene {
  std::string name;
  int before = 0;  // streams that are there; 0: nothing is
  ConvergeOptions act;
  int after = 0;  // streams then; -1: as many as before
  bool destroys = false;
};

ConvergeOptions verb(Intent::Verb verb) {
  ConvergeOptions options;
  options.intent.verb = verb;
  return options;
}

ConvergeOptions up_to(int count) {
  ConvergeOptions options = verb(Intent::Verb::kUp);
  options.sources.above.push_back({"--count", {{"count", std::to_string(count)}}, {}});
  return options;
}

ConvergeOptions scale_to(int count, bool drains) {
  ConvergeOptions options = verb(Intent::Verb::kScale);
  options.intent.count = count;
  options.intent.no_drain = !drains;
  return options;
}

ConvergeOptions destroy(bool keeps) {
  ConvergeOptions options = verb(Intent::Verb::kDestroy);
  options.intent.keep_bucket = keeps;
  options.intent.no_drain = keeps;
  options.intent.empty_bucket = !keeps;
  return options;
}

std::vector<Scene> scenes(int n) {
  ConvergeOptions look = up_to(n);
  look.plan_only = true;
  return {{"up", 0, up_to(n), n, false},
          {"grow", n, scale_to(n + 2, false), n + 2, false},
          {"shrink", n + 2, scale_to(n, false), n, false},
          {"drain", n + 2, scale_to(n, true), n, false},
          {"destroy", n, destroy(false), 0, true},
          {"destroy-keep", n, destroy(true), 0, true},
          {"look", n, look, n, false}};
}

sandbox::Options world_options() {
  sandbox::Options options = SimWorld::quick_options();
  options.metric_lag = std::chrono::seconds(30);
  return options;
}

// What a run gets over by itself.
bool survivable(FaultKind kind) {
  constexpr FaultKind kKinds[] = {FaultKind::kLostBefore, FaultKind::kLostAfter,  FaultKind::kTwice,
                                  FaultKind::kSlow,       FaultKind::kThrottle,   FaultKind::kHtml,
                                  FaultKind::kInternal,   FaultKind::kUnavailable};
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

class Enumeration {
 public:
  Enumeration(const EnumerateOptions& options, Scene scene) : options_(options), scene_(std::move(scene)) {
    world_.past.emplace();
    if (scene_.before > 0) (void)world_.run(up_to(scene_.before));
    world_.pass(std::chrono::minutes(10));
    world_.cloud.advance(world_.driver.wall_now());
    referee_ = Referee();
    // What stands there was made by fhctl, for this pipeline.
    const RunFacts facts{.pipeline = world_.name, .region = world_.region};
    for (const ThingKey& key : Ledger::alive(world_.cloud.world()))
      referee_.ledger.created(key, {true, facts.whole_name(), 0, std::nullopt});
    world_.watcher = &referee_;
    keep();
  }

  EnumerateResult tell() {
    std::vector<sandbox::Route> routes;
    go_back();
    Disturbance calm;
    calm.fault = [&](int, const http::Request&, const sandbox::Route& route) {
      routes.push_back(route);
      return Fault{};
    };
    const RunResult undisturbed = world_.run(scene_.act, calm);
    check("undisturbed", undisturbed);
    result_.requests_undisturbed = undisturbed.requests;
    for (int k = 1; k <= undisturbed.requests && !full(); k += options_.stride) {
      for (const FaultKind kind : fault_kinds()) {
        const sandbox::Route& route = routes[static_cast<std::size_t>(k - 1)];
        if (!applies(kind, route)) continue;
        if (options_.pairs) {
          second(k, kind, undisturbed.requests);
        } else {
          disturb({{k, kind}}, fmt::format("{} at request {} ({})", fault_name(kind), k, route.operation));
        }
      }
    }
    return std::move(result_);
  }

 private:
  using Plan = std::map<int, FaultKind>;

  void second(int k, FaultKind kind, int requests) {
    for (int later = k + 1; later <= requests + 10 && !full(); later += options_.stride) {
      for (const FaultKind other : fault_kinds()) {
        if (pairs_++ % options_.share != 0) continue;
        disturb({{k, kind}, {later, other}},
                fmt::format("{} at request {}, {} at {}", fault_name(kind), k, fault_name(other), later));
      }
    }
  }

  void disturb(const Plan& plan, const std::string& what) {
    go_back();
    survivable_ = std::all_of(plan.begin(), plan.end(), [](const auto& one) { return survivable(one.second); });
    Disturbance disturbance;
    bool struck = false;
    disturbance.fault = [&](int number, const http::Request&, const sandbox::Route& route) -> Fault {
      const auto found = plan.find(number);
      if (found == plan.end() || !applies(found->second, route)) return {};
      struck = true;
      ++result_.faults[std::string(fault_name(found->second))];
      return {found->second, usual_time(found->second)};
    };
    const RunResult first = world_.run(scene_.act, disturbance);
    if (!struck) return;
    ++result_.runs;
    check(what, first);
    result_.requests += referee_.requests;
    result_.virtual_s += seconds_of(world_.driver.elapsed() - image_.elapsed);
  }

  // The first run may have ended well, badly or not at all. Two more make everything good.
  void check(const std::string& what, const RunResult& first) {
    world_.cloud.advance(world_.driver.wall_now());
    std::string trouble;
    if (survivable_ && !first.succeeded())
      return broken(what + ": the run itself should have gone on: " + first.error());
    if (first.succeeded() && scene_.name != "look") trouble = wrong();
    if (!trouble.empty()) return broken(what + ": it succeeded, and " + trouble);
    for (int i = 0; i < 2; ++i) {
      world_.pass(std::chrono::minutes(3));
      const RunResult again = world_.run(scene_.act);
      trouble = again.succeeded() ? wrong() : again.error();
      if (trouble.empty()) break;
    }
    if (!trouble.empty()) return broken(what + ": not mended by two more runs: " + trouble);
    world_.pass(std::chrono::minutes(5));
    const RunResult idle = world_.run(scene_.act);
    if (!idle.changing.empty()) broken(what + ": a run with nothing to do changed something: " + idle.changing.front());
    if (!referee_.broken.empty()) broken(what + ": " + referee_.broken.front());
  }

  std::string wrong() {
    world_.cloud.advance(world_.driver.wall_now());
    if (!scene_.destroys) {
      return referee_.not_there(world_.cloud.world(), "logs", "us-west-2", static_cast<std::size_t>(scene_.after));
    }
    const std::string left =
        referee_.left_over(world_.cloud.world(), "logs", "us-west-2", scene_.act.intent.keep_bucket);
    return left.empty() ? "" : "left " + left;
  }

  void keep() {
    sandbox::World& world = world_.cloud.world();
    image_ = {*world.firehose, *world.s3,  *world.iam,         *world.logs,
              *world.metrics,  *world.ssm, world_.files.files, world_.driver.elapsed(),
              referee_};
  }

  void go_back() {
    sandbox::World& world = world_.cloud.world();
    *world.firehose = image_.firehose;
    *world.s3 = image_.s3;
    *world.iam = image_.iam;
    *world.logs = image_.logs;
    *world.metrics = image_.metrics;
    *world.ssm = image_.ssm;
    world_.files.files = image_.files;
    world_.driver = VirtualDriver();
    world_.driver.advance(image_.elapsed);
    world_.signals = FakeSignals();
    world_.past->forget();
    world_.entropy = SeededEntropy(7);
    referee_ = image_.referee;
    if (options_.mistake != nullptr) world_.mistake = std::make_shared<MistakeAct>(options_.mistake->make());
  }

  bool full() const { return result_.broken.size() >= options_.broken_max; }
  void broken(std::string what) {
    if (!full()) result_.broken.push_back(std::move(what));
  }

  const EnumerateOptions& options_;
  Scene scene_;
  SimWorld world_{world_options()};
  Referee referee_;
  Image image_;
  EnumerateResult result_;
  std::int64_t pairs_ = 0;
  bool survivable_ = true;
};

}  // namespace

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scene& scene : scenes(1)) names.push_back(scene.name);
  return names;
}

EnumerateResult enumerate(const EnumerateOptions& options) {
  for (const Scene& scene : scenes(options.streams)) {
    if (scene.name == options.scenario) return std::make_unique<Enumeration>(options, scene)->tell();
  }
  EnumerateResult result;
  result.broken.push_back("there is no scenario " + options.scenario);
  return result;
}

}  // namespace fhctl::test
