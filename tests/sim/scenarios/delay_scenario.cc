#include "tests/sim/scenarios/delay_scenario.h"

#include <functional>
#include <memory>
#include <span>

#include <fmt/format.h>

#include "tests/sim/harness/seeded_bug.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/invariants/invariant_checker.h"
#include "tests/sim/scenarios/random_conditions.h"

namespace fhctl::test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kTimeLimit = minutes(30);  // the default of --timeout

sandbox::Options draw_options(Chooser& chooser) {
  sandbox::Options options = Simulation::quick_options();
  options.consistency = draw_delays(chooser);
  options.iam_delay = seconds(chooser.choose(Lane::kWorld, "iam", 61));
  options.stream_create = seconds(2 + chooser.choose(Lane::kWorld, "create", 60));
  options.stream_delete = seconds(2 + chooser.choose(Lane::kWorld, "delete", 60));
  return options;
}

class Delays {
 public:
  Delays(Chooser& chooser, const PlaySettings& settings)
      : chooser_(chooser),
        settings_(settings),
        options_(draw_options(chooser)),
        world_(options_, chooser.choice_trace().seed) {
    world_.watcher = &invariant_checker_;
    world_.time_limit = kTimeLimit;
    // Either every request sees the oldest state that it may see, or each a drawn one.
    const bool steady = chooser.choose(Lane::kWorld, "steady", 2) == 1;
    if (!steady) world_.cloud.world().lag = drawn_lag(chooser);
    if (settings.seeded_bug != nullptr) {
      world_.seeded_bug = std::make_shared<MistakeAct>(settings.seeded_bug->make());
      world_.one_pid_namespace = settings.seeded_bug->one_pid_namespace;
    }
    result_.drawn = fmt::format("{}, iam-delay {:.0f}s, {}", text_of(options_.consistency),
                                seconds_of(options_.iam_delay), steady ? "steady" : "drawn by request");
    if (!settings.tells) return;
    invariant_checker_.on_break = [this](const std::string& what) { tell_line("BROKEN " + what); };
    invariant_checker_.on_change = [this](const AppliedRequest& applied) {
      tell_line(fmt::format("    {} {}", applied.route.operation, applied.route.resource));
    };
  }

  ScenarioResult tell() {
    const auto pick = [&](const char* what, std::uint64_t n) {
      return static_cast<int>(chooser_.choose(Lane::kWork, what, n));
    };
    const auto up = [&](const char* when) { return [this, count = 1 + pick(when, 3)] { return comes_up(count); }; };
    const std::function<bool()> commands[] = {
        up("first"), [&] { return scales(1 + pick("to", 4), pick("no drain", 2) == 1); },
        up("then"),  [&] { return goes(pick("keep", 3) == 2); },
        up("again"), [&] { return goes(false); },
    };
    bool goes_on = true;
    for (const auto& command : commands) {
      if (goes_on) goes_on = command();
      pause();
    }
    for (std::string& broken : invariant_checker_.broken) result_.broken.push_back(std::move(broken));
    result_.requests = invariant_checker_.requests;
    for (const auto& [what, times] : invariant_checker_.answered) result_.reached["answered " + what] += times;
    result_.trace = invariant_checker_.trace;
    result_.virtual_s = seconds_of(world_.driver.elapsed());
    result_.choice_trace = chooser_.choice_trace();
    return std::move(result_);
  }

 private:
  void pause() {
    constexpr int kApart[] = {61, 90, 1200};  // longer than every delay
    constexpr int kClose[] = {0, 3, 30, 90};
    const std::span<const int> pauses = settings_.close_runs ? std::span<const int>(kClose) : kApart;
    world_.pass(seconds(pauses[chooser_.choose(Lane::kWork, "pause", pauses.size())]));
  }

  bool comes_up(int count) {
    const std::string text = fmt::format("up --count {}", count);
    ConvergeOptions options;
    options.intent.verb = Intent::Verb::kUp;
    options.intent.allow_shrink = true;
    options.sources.above.push_back({"--count", {{"count", std::to_string(count)}}, {}});
    return succeeds(text, options) && is_there(text, count);
  }

  bool scales(int count, bool no_drain) {
    const std::string text = fmt::format("scale {}{}", count, no_drain ? " --no-drain" : "");
    ConvergeOptions options;
    options.intent.verb = Intent::Verb::kScale;
    options.intent.count = count;
    options.intent.no_drain = no_drain;
    return succeeds(text, options) && is_there(text, count);
  }

  bool goes(bool keeps_bucket) {
    const std::string text = keeps_bucket ? "destroy --keep-bucket" : "destroy --empty-bucket";
    ConvergeOptions options;
    options.intent.verb = Intent::Verb::kDestroy;
    options.intent.keep_bucket = keeps_bucket;
    options.intent.empty_bucket = !keeps_bucket;
    if (!succeeds(text, options)) return false;
    world_.cloud.advance(world_.driver.wall_now());
    const std::string left = invariant_checker_.left_over(cloud(), "logs", world_.region, keeps_bucket);
    return left.empty() || fail(fmt::format("exit: {} succeeded and left {}", text, left));
  }

  bool succeeds(const std::string& text, ConvergeOptions options) {
    tell_line("$ fhctl " + text);
    ++result_.runs;
    const RunResult run = world_.run(std::move(options));
    tell_line(fmt::format("  {} after {} requests and {:.0f} s", run.succeeded() ? "done" : run.error(), run.requests,
                          seconds_of(run.took)));
    ++result_.reached[run.succeeded() ? "succeeded" : "failed"];
    invariant_checker_.judge_undisturbed(text, run.failure(), run.took, kTimeLimit);
    return run.succeeded();
  }

  bool is_there(const std::string& text, int count) {
    world_.cloud.advance(world_.driver.wall_now());
    const std::string wrong =
        invariant_checker_.not_there(cloud(), "logs", world_.region, static_cast<std::size_t>(count));
    return wrong.empty() || fail(fmt::format("exit: {} succeeded and {}", text, wrong));
  }

  const sandbox::CloudState& cloud() { return world_.cloud.world(); }
  bool fail(std::string what) {
    tell_line("BROKEN " + what);
    result_.broken.push_back(std::move(what));
    return false;
  }
  void tell_line(const std::string& line) {
    if (!settings_.tells) return;
    result_.events.push_back(format_iso8601(world_.driver.wall_now()).substr(11, 8) + " " + line);
  }

  Chooser& chooser_;
  const PlaySettings& settings_;
  sandbox::Options options_;
  InvariantChecker invariant_checker_;
  Simulation world_;
  ScenarioResult result_;
};

}  // namespace

ScenarioResult run_delay_scenario(Chooser& chooser, const PlaySettings& settings) {
  return Delays(chooser, settings).tell();
}

}  // namespace fhctl::test
