#include "tests/sim/scenarios/fault_enumeration.h"

#include <algorithm>
#include <memory>
#include <optional>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/forks.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/invariants/invariant_checker.h"

namespace fhctl::test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;

struct Scene {
  std::string name;
  int before = 0;  // number of streams before; 0: no pipeline
  ConvergeOptions act;
  int after = 0;  // number of streams afterwards
  bool destroys = false;
};

ConvergeOptions verb(Intent::Verb verb) {
  ConvergeOptions options;
  options.intent.verb = verb;
  return options;
}

// Shortens the waits without skipping a phase: reads during a wait are alike, and each of them gets a fault.
ConvergeOptions hurried(ConvergeOptions options) {
  options.sources.above.push_back(
      {"hurried", {{"drain.quiet", "10s"}, {"drain.lag", "5s"}, {"drain.flush_margin", "10s"}}, {}});
  return options;
}

ConvergeOptions up_to(int count) {
  ConvergeOptions options = verb(Intent::Verb::kUp);
  options.sources.above.push_back({"--count", {{"count", std::to_string(count)}}, {}});
  options.sources.above.push_back({"hurried", {{"manifest.poll", "10s"}, {"manifest.record_ttl", "10s"}}, {}});
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

// From and to `n` streams; a resize creates or deletes `more`.
std::vector<Scene> scenes(int n, int more) {
  ConvergeOptions look = up_to(n);
  look.plan_only = true;
  return {{"up", 0, up_to(n), n, false},
          {"grow", n, scale_to(n + more, false), n + more, false},
          {"shrink", n + more, scale_to(n, false), n, false},
          {"drain", n + more, hurried(scale_to(n, true)), n, false},
          {"destroy", n, destroy(false), 0, true},
          {"destroy-keep", n, hurried(destroy(true)), 0, true},
          {"look", n, look, n, false}};
}

sandbox::Options world_options() {
  sandbox::Options options = Simulation::quick_options();
  options.metric_lag = std::chrono::seconds(5);
  options.stream_create = options.stream_delete = std::chrono::milliseconds(500);
  return options;
}

// Whether a run succeeds in spite of the fault.
bool survivable(FaultKind kind) {
  constexpr FaultKind kKinds[] = {FaultKind::kLostBefore, FaultKind::kLostAfter,  FaultKind::kTwice,
                                  FaultKind::kSlow,       FaultKind::kThrottle,   FaultKind::kHtml,
                                  FaultKind::kInternal,   FaultKind::kUnavailable};
  return std::find(std::begin(kKinds), std::end(kKinds), kind) != std::end(kKinds);
}

// The report of a copy.
std::string format_result(const EnumerateResult& result) {
  return dump(Json{{"runs", result.runs},
                   {"requests", result.requests},
                   {"virtual_s", result.virtual_s},
                   {"faults", result.faults},
                   {"broken", result.broken}});
}

class Enumeration {
 public:
  Enumeration(const EnumerateOptions& options, Scene scene)
      : options_(options),
        scene_(std::move(scene)),
        faults_left_(options.pairs ? 2 : 1),
        forks_(std::make_unique<Forks>(options.jobs)) {
    world_.past.emplace();
    if (scene_.before > 0) (void)world_.run(up_to(scene_.before));
    world_.pass(std::chrono::minutes(10));
    world_.cloud.advance(world_.driver.wall_now());
    // Existing resources were created by fhctl, for this pipeline.
    const RunFacts facts{.pipeline = world_.name, .region = world_.region};
    for (const ThingKey& key : OwnershipLog::alive(world_.cloud.world()))
      invariant_checker_.ownership_log.created(key, {true, facts.whole_name(), 0, std::nullopt});
    world_.watcher = &invariant_checker_;
    world_.entropy = SeededEntropy(7);
    began_at_ = world_.driver.elapsed();
    if (options_.seeded_bug != nullptr) world_.seeded_bug = std::make_shared<MistakeAct>(options_.seeded_bug->make());
  }

  EnumerateResult tell() {
    Disturbance disturbance;
    disturbance.fault = [this](int number, const http::Request&, const sandbox::Route& route) {
      return fault_at(number, route);
    };
    const RunResult run = world_.run(scene_.act, disturbance);
    const bool counts = struck_.empty() || !options_.pairs || struck_.size() == 2;
    if (struck_.empty()) result_.requests_undisturbed = run.requests;
    if (!struck_.empty() && counts) ++result_.runs;
    if (counts) check(run);
    forks_->wait();
    result_.requests += invariant_checker_.requests - requests_before_;
    result_.virtual_s += seconds_of(world_.driver.elapsed() - began_at_);
    if (!struck_.empty()) Forks::end(format_result(result_));
    return std::move(result_);
  }

 private:
  // Forks the copies that continue with a fault here. Returns the fault in a copy; no fault in this process.
  Fault fault_at(int number, const sandbox::Route& route) {
    if (faults_left_ == 0 || (number - 1) % options_.stride != 0) return {};
    for (const FaultKind kind : fault_kinds()) {
      if (full()) break;
      if (!applies(kind, route) || (options_.pairs && shown_by_another(kind, route))) continue;
      if (kind == FaultKind::kDiskFull) full_at_ = {number, disk_writes()};
      if (!drawn(number, kind)) continue;
      const std::string what = fmt::format("{}{} at request {} ({})", struck_.empty() ? "" : what_ + ", ",
                                           fault_name(kind), number, route.operation);
      const auto on_end = [this, what](const std::string& report, const std::string& death) {
        add(what, report, death);
      };
      if (forks_->split(on_end)) return become_copy(number, kind, what);
    }
    return {};
  }

  // Of pairs: whether the pair behaves exactly like another pair or a single fault.
  bool shown_by_another(FaultKind kind, const sandbox::Route& route) {
    if (kind == FaultKind::kStale) {
      return !world_.past->changed(route.service, world_.driver.wall_now(), usual_time(kind));
    }
    if (kind == FaultKind::kPowerLoss) return !renamed_last();  // same as kDieBefore
    if (kind != FaultKind::kDiskFull) return false;
    if (!struck_.empty() && struck_.front().second == kind) return true;
    return full_at_ && full_at_->second == disk_writes();  // nothing was written since, so the result would be the same
  }

  std::ptrdiff_t disk_writes() const {
    return std::count_if(world_.files.log.begin(), world_.files.log.end(), writes_to_disk);
  }

  static bool writes_to_disk(const std::string& step) {
    return starts_with(step, "write_new ") || starts_with(step, "rename ") || starts_with(step, "sync_directory ");
  }

  // Whether the last rename was not followed by a sync of its folder.
  bool renamed_last() const {
    const auto& log = world_.files.log;
    const auto last = std::find_if(log.rbegin(), log.rend(), [](const std::string& step) {
      return starts_with(step, "rename ") || starts_with(step, "sync_directory ");
    });
    return last != log.rend() && starts_with(*last, "rename ");
  }

  Fault become_copy(int number, FaultKind kind, const std::string& what) {
    if (full_at_ && full_at_->first == number) full_at_.reset();  // two faults do not apply to the same request
    result_ = {};
    requests_before_ = invariant_checker_.requests;
    began_at_ = world_.driver.elapsed();
    --faults_left_;
    struck_.emplace_back(number, kind);
    what_ = what;
    survivable_ = survivable_ && survivable(kind);
    ++result_.faults[std::string(fault_name(kind))];
    forks_ = std::make_unique<Forks>(1);  // the parallel copies have other first faults
    return {kind, usual_time(kind)};
  }

  void add(const std::string& what, const std::string& report, const std::string& death) {
    const Json copy = Json::parse(report, nullptr, false);
    if (!death.empty() || !copy.is_object()) {
      return broken(what + ": the simulation itself came to an end: " + (death.empty() ? "no report" : death));
    }
    result_.runs += copy["runs"].get<int>();
    result_.requests += copy["requests"].get<std::int64_t>();
    result_.virtual_s += copy["virtual_s"].get<double>();
    for (const auto& [name, times] : copy["faults"].items()) result_.faults[name] += times.get<int>();
    for (const Json& one : copy["broken"]) broken(one.get<std::string>());
    if (struck_.empty() && options_.on_progress) options_.on_progress(result_);
  }

  // Of pairs a share is drawn by a hash of the pair, so that it does not depend on other pairs.
  bool drawn(int number, FaultKind kind) const {
    if (struck_.empty() || options_.share == 1) return true;
    const auto [first_number, first_kind] = struck_.front();
    std::uint64_t seed = 0;
    for (const int part : {first_number, static_cast<int>(first_kind), number, static_cast<int>(kind)}) {
      seed = seed * 1009 + static_cast<std::uint64_t>(part);
    }
    SeededEntropy entropy(seed);
    return random_below(entropy, static_cast<std::uint64_t>(options_.share)) ==
           static_cast<std::uint64_t>(options_.part);
  }

  // The first run may have succeeded, failed or died. Two more runs must bring the cloud to the expected state. If the
  // first run reported success, they have nothing left to do, except to remove a lock that it could not release.
  void check(const RunResult& first) {
    faults_left_ = 0;
    world_.cloud.advance(world_.driver.wall_now());
    std::string trouble;
    if (survivable_ && !first.succeeded())
      return broken(what_ + ": the run itself should have gone on: " + first.error());
    if (first.succeeded() && scene_.name != "look") trouble = wrong();
    if (!trouble.empty()) return broken(what_ + ": it succeeded, and " + trouble);
    const bool done = first.succeeded() && !lock_is_left();
    for (int i = 0; i < 2 && !done; ++i) {
      world_.pass(std::chrono::minutes(3));
      const RunResult again = world_.run(scene_.act);
      trouble = again.succeeded() ? wrong() : again.error();
      if (trouble.empty()) break;
    }
    if (!trouble.empty()) return broken(what_ + ": not mended by two more runs: " + trouble);
    world_.pass(std::chrono::minutes(5));
    const RunResult idle = world_.run(scene_.act);
    trouble = idle.succeeded() ? wrong() : idle.error();
    if (!trouble.empty()) return broken(what_ + ": not right any more when it ran once again: " + trouble);
    if (!idle.changing.empty())
      broken(what_ + ": a run with nothing to do changed something: " + idle.changing.front());
    if (!invariant_checker_.broken.empty()) broken(what_ + ": " + invariant_checker_.broken.front());
  }

  std::string wrong() {
    world_.cloud.advance(world_.driver.wall_now());
    if (!scene_.destroys) {
      return invariant_checker_.not_there(world_.cloud.world(), "logs", "us-west-2",
                                          static_cast<std::size_t>(scene_.after));
    }
    const std::string left =
        invariant_checker_.left_over(world_.cloud.world(), "logs", "us-west-2", scene_.act.intent.keep_bucket);
    return left.empty() ? "" : "left " + left;
  }

  bool lock_is_left() {
    for (const auto& [name, bucket] : world_.cloud.world().s3->buckets) {
      const auto found = bucket.objects.find("_fhctl/logs/us-west-2/lock");
      if (found != bucket.objects.end() && !found->second.front().is_delete_marker) return true;
    }
    return false;
  }

  bool full() const { return result_.broken.size() >= options_.broken_max; }
  void broken(std::string what) {
    if (!full()) result_.broken.push_back(std::move(what));
  }

  const EnumerateOptions& options_;
  Scene scene_;
  Simulation world_{world_options()};
  InvariantChecker invariant_checker_;
  EnumerateResult result_;
  int faults_left_;
  std::unique_ptr<Forks> forks_;
  // In a copy.
  std::vector<std::pair<int, FaultKind>> struck_;          // fault, and the request that it applies to
  std::optional<std::pair<int, std::ptrdiff_t>> full_at_;  // the last full disk: its request, and the writes before
  std::string what_ = "undisturbed";
  bool survivable_ = true;
  std::int64_t requests_before_ = 0;
  Duration began_at_{};
};

}  // namespace

std::vector<std::string> scenario_names() {
  std::vector<std::string> names;
  for (const Scene& scene : scenes(1, 1)) names.push_back(scene.name);
  return names;
}

EnumerateResult enumerate(const EnumerateOptions& options) {
  for (const Scene& scene : scenes(options.streams, options.pairs ? 1 : 2)) {
    if (scene.name == options.scenario) return std::make_unique<Enumeration>(options, scene)->tell();
  }
  EnumerateResult result;
  result.broken.push_back("there is no scenario " + options.scenario);
  return result;
}

}  // namespace fhctl::test
