#include "tests/sim/scenarios/random_scenario.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "tests/sim/harness/seeded_bug.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/harness/traffic.h"
#include "tests/sim/invariants/invariant_checker.h"
#include "tests/sim/scenarios/delay_scenario.h"
#include "tests/sim/scenarios/external_actor.h"
#include "tests/sim/scenarios/random_conditions.h"

namespace fhctl::test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;
using std::chrono::minutes;
using std::chrono::seconds;

// The time limit of one request, the time limit for releasing the lock, and two seconds.
constexpr Duration kStopsWithin = seconds(60 + 10 + 2);
constexpr const char* kRegion = "us-west-2";
constexpr const char* kOtherRegion = "eu-west-1";

// A command that a user enters.
struct Order {
  ConvergeOptions options;
  std::string text;
  int count = -1;  // number of streams afterwards; -1: not part of the command
};

Order up_order(int count, bool shrinks) {
  Order order;
  order.options.intent.verb = Intent::Verb::kUp;
  order.options.intent.allow_shrink = shrinks;
  order.options.intent.no_drain = shrinks;
  order.options.sources.above.push_back({"--count", {{"count", std::to_string(count)}}, {}});
  order.count = count;
  order.text = fmt::format("up --count {}{}", count, shrinks ? " --allow-shrink --no-drain" : "");
  return order;
}

Order scale_order(int count, bool drains) {
  Order order;
  order.options.intent.verb = Intent::Verb::kScale;
  order.options.intent.count = count;
  order.options.intent.no_drain = !drains;
  order.count = count;
  order.text = fmt::format("scale {}{}", count, drains ? "" : " --no-drain");
  return order;
}

Order destroy_order(bool keeps) {
  Order order;
  order.options.intent.verb = Intent::Verb::kDestroy;
  order.options.intent.keep_bucket = keeps;
  order.options.intent.no_drain = keeps;
  order.options.intent.empty_bucket = !keeps;
  order.text = keeps ? "destroy --keep-bucket --no-drain" : "destroy --empty-bucket";
  return order;
}

// While records arrive the bucket is kept, and streams are drained if `drains`.
Order gently(Order order, bool drains) {
  pipeline::Intent& intent = order.options.intent;
  intent.no_drain = !drains;
  if (intent.empty_bucket) intent.keep_bucket = true;
  intent.empty_bucket = false;
  if (drains) order.text = replace_all(order.text, " --no-drain", "");
  order.text = replace_all(order.text, "--empty-bucket", "--keep-bucket");
  return order;
}

Order draw_order(Chooser& chooser) {
  const auto pick = [&](const char* what, std::uint64_t n) {
    return static_cast<int>(chooser.choose(Lane::kWork, what, n));
  };
  const int kind = pick("verb", 10);
  const int count = 1 + pick("count", 4);
  if (kind < 3) return up_order(count, pick("shrink", 2) == 1);
  if (kind < 6) return scale_order(count, pick("drain", 4) == 3);
  if (kind == 6) return destroy_order(false);
  if (kind == 7) return destroy_order(true);
  if (kind == 8) {
    Order order;
    order.options.intent.verb = Intent::Verb::kUndrain;
    order.text = "undrain";
    return order;
  }
  Order order = up_order(count, false);
  order.options.plan_only = true;
  order.text = "plan";
  order.count = -1;
  return order;
}

class Play {
 public:
  Play(Chooser& chooser, const PlaySettings& settings)
      : chooser_(chooser),
        settings_(settings),
        drawn_(draw(chooser, settings.traffic)),
        world_(drawn_.options, chooser.choice_trace().seed),
        stranger_(world_, invariant_checker_, chooser) {
    world_.watcher = &invariant_checker_;
    if (settings.tells) {
      invariant_checker_.on_break = [this](const std::string& what) { tell_line("BROKEN " + what); };
      invariant_checker_.on_change = [this](const AppliedRequest& applied) {
        tell_line(fmt::format("    {}: {} {}", applied.run.process, applied.route.operation, applied.route.resource));
      };
    }
    if (settings.seeded_bug != nullptr) {
      world_.seeded_bug = std::make_shared<MistakeAct>(settings.seeded_bug->make());
      world_.one_pid_namespace = settings.seeded_bug->one_pid_namespace;
    }
    world_.time_limit = std::chrono::hours(1);
    if (drawn_.reads_lag) world_.past.emplace();
    world_.cloud.world().lag = drawn_lag(chooser);
    result_.drawn = drawn_.text;
    disturbance_.fault = [this](int, const http::Request&, const sandbox::Route& route) { return fault_for(route); };
  }

  ScenarioResult tell() {
    Loop loop(world_.driver);
    loop_ = &loop;
    Traffic traffic(world_, loop, chooser_.choice_trace().seed ^ 0x7aff1c);
    if (drawn_.traffic) {
      world_.flags = {{"delivery.buffer_interval", "60s"}, {"delivery.compression", "none"}, {"drain.patience", "20m"}};
    }
    loop.run([&] {
      neighbour_does(up_order(2, false));
      if (drawn_.traffic) begin(traffic);
      live();
      if (drawn_.traffic) end(traffic);
      if (result_.broken.empty()) settle();
      if (result_.broken.empty()) neighbour_leaves();
    });
    world_.forget();
    for (std::string& broken : invariant_checker_.broken) result_.broken.push_back(std::move(broken));
    result_.requests = invariant_checker_.requests;
    for (const auto& [what, times] : invariant_checker_.answered) result_.reached["answered " + what] += times;
    result_.trace = invariant_checker_.trace;
    result_.virtual_s = seconds_of(world_.driver.elapsed());
    result_.choice_trace = chooser_.choice_trace();
    return std::move(result_);
  }

 private:
  // Creates a pipeline, and programs that have read its manifest.
  void begin(Traffic& traffic) {
    const RunResult run =
        carry_out(up_order(2 + static_cast<int>(chooser_.choose(Lane::kWork, "at first", 2)), false), {});
    const auto manifest = pipeline::parse_manifest(traffic.manifest_text().value_or(""), "the bucket");
    if (!run.succeeded() || !manifest) return fail("converges: the first up: " + run.error());
    for (int i = 0; i < 2; ++i) traffic.start_app(*manifest);
    if (drawn_.nonconforming) traffic.start_rogue(manifest->streams.back().name, seconds(20));
    loop_->sleep_for(minutes(1));
  }

  // Every acknowledged record must arrive; first leaves time for what Firehose still holds.
  void end(Traffic& traffic) {
    traffic.finish();
    const TrafficCount count = traffic.count();
    result_.reached["record acknowledged"] += static_cast<int>(count.acknowledged);
    result_.reached["record sent twice after a lost answer"] += static_cast<int>(count.duplicated);
    if (drawn_.nonconforming) ++result_.reached["producer that ignores the manifest"];
    const std::int64_t missing = count.missing + count.nonconforming_missing;
    if (missing > 0) fail(fmt::format("arrives: {} records are missing{}", missing, count.missed));
    if (count.unexplained > 0) fail(fmt::format("once: {} records came too often", count.unexplained));
  }

  // Users run commands, faults occur, external actors intervene.
  void live() {
    const std::uint64_t orders = 1 + chooser_.choose(Lane::kWork, "orders", 4);
    const bool intervenes = chooser_.choose(Lane::kStranger, "somebody", 3) == 2;
    if (intervenes) loop_->spawn([this] { intervene(); });
    loop_->spawn([this] {
      if (OtherAccount(world_, chooser_).live(*loop_, over_))
        ++result_.reached["another account had the bucket's name"];
    });
    for (std::uint64_t i = 0; i < orders && result_.broken.empty(); ++i) {
      const Order order = next_order();
      if (chooser_.choose(Lane::kWork, "two at once", 4) == 3) {
        both(order, next_order());
      } else {
        const int acts = stranger_.acts();
        const RunResult run = carry_out(order, disturbance_);
        if (acts == stranger_.acts() && !meddled_) check_exit(order, run);
      }
      if (drawn_.versions) keep_versions();
      loop_->sleep_for(seconds(chooser_.choose(Lane::kWork, "pause", 300)));
    }
    over_ = true;
  }

  Order next_order() {
    const Order order = draw_order(chooser_);
    return drawn_.traffic ? gently(order, !settings_.hurried) : order;
  }

  void keep_versions() {
    for (auto& [name, bucket] : world_.cloud.world().s3->buckets) {
      if (bucket.versioning.empty()) ++result_.reached["bucket with versions"];
      bucket.versioning = "Enabled";
    }
  }

  void both(const Order& one, const Order& other) {
    Event done(*loop_);
    loop_->spawn([&] {
      if (drawn_.neighbour) {
        neighbour_does(up_order(1 + static_cast<int>(chooser_.choose(Lane::kWork, "neighbours", 3)), true));
      }
      loop_->sleep_for(seconds(chooser_.choose(Lane::kWork, "later", 40)));
      if (!drawn_.containers) world_.host.host_name = "laptop";
      (void)carry_out(other, disturbance_);
      done.set();
    });
    world_.host.host_name = "workstation";
    (void)carry_out(one, disturbance_);
    (void)done.wait();
    ++result_.reached["two at once"];
  }

  void intervene() {
    while (!over_) {
      loop_->sleep_for(seconds(1 + chooser_.choose(Lane::kStranger, "when", 400)));
      if (over_) return;
      const std::string what = stranger_.act(drawn_.traffic);
      if (what.empty()) continue;
      meddled_ = true;
      ++result_.reached["stranger " + what.substr(0, what.find(" logs"))];
      tell_line("a stranger " + what);
    }
  }

  // Commands in the second region succeed, whatever happens in the first. Each begins when the changes of the one
  // before are visible.
  void neighbour_does(const Order& order) {
    if (!drawn_.neighbour) return;
    if (any(drawn_.options.consistency)) loop_->sleep_until(neighbour_ended_ + seconds(61));
    tell_line("$ fhctl --region eu-west-1 " + order.text);
    ConvergeOptions options = order.options;
    options.sources.above.push_back({"flags", {{"manifest.file", "other-manifest.json"}}, {}});
    const RunResult run = world_.run_beside(*loop_, options, {}, kOtherRegion);
    neighbour_ended_ = loop_->now();
    ++result_.runs;
    ++result_.reached["neighbour"];
    if (!run.succeeded()) return fail("neighbour: " + order.text + " failed: " + run.error());
    if (order.count >= 0) neighbours_ = static_cast<std::size_t>(order.count);
  }

  void neighbour_leaves() {
    if (!drawn_.neighbour) return;
    const std::string wrong = invariant_checker_.not_there(cloud(), "logs", kOtherRegion, neighbours_);
    if (!wrong.empty()) return fail("neighbour: at the end, " + wrong);
    neighbour_does(destroy_order(false));
    leaves_nothing(kOtherRegion);
  }

  // Without disturbances, at most two more runs reach the requested state, and a further run changes nothing.
  void settle() {
    stranger_harm();
    stranger_.go_home();
    loop_->sleep_for(minutes(20));
    const int count = 1 + static_cast<int>(chooser_.choose(Lane::kWork, "in the end", 3));
    Order last = up_order(count, true);
    std::string trouble;
    for (int i = 0; i < 3; ++i) {
      const RunResult run = carry_out(last, {});
      trouble = run.succeeded()
                    ? invariant_checker_.not_there(cloud(), "logs", kRegion, static_cast<std::size_t>(count))
                    : run.error();
      if (trouble.empty()) break;
      loop_->sleep_for(minutes(2));
    }
    if (!trouble.empty()) return fail("converges: after three runs of up: " + trouble);
    stays(last);
    if (!result_.broken.empty()) return;
    const RunResult gone = carry_out(destroy_order(false), {});
    if (!gone.succeeded()) return fail("converges: destroy: " + gone.error());
    leaves_nothing(kRegion);
  }

  void leaves_nothing(const char* region) {
    loop_->sleep_for(minutes(5));
    world_.cloud.advance(world_.driver.wall_now());
    const std::string left = invariant_checker_.left_over(cloud(), "logs", region, false);
    if (!left.empty()) fail("leak: destroy left " + left);
  }

  void stays(const Order& order) {
    for (const auto pause : {minutes(5), minutes(24 * 60)}) {
      loop_->sleep_for(pause);
      const RunResult again = carry_out(order, {});
      if (!again.succeeded()) return fail("stays: " + again.error());
      if (!again.changing.empty()) return fail("stays: a run with nothing to do did " + join(again.changing, ", "));
    }
  }

  void stranger_harm() {
    const std::string harm = stranger_.harmed();
    if (!harm.empty()) fail("foreign: of a stranger's things, " + harm);
  }

  RunResult carry_out(const Order& order, const Disturbance& disturbance) {
    tell_line("$ fhctl " + order.text);
    ++result_.runs;
    const std::size_t struck = struck_;
    const Instant begun = loop_->now();
    if (drawn_.containers) choose_container();
    if (any(drawn_.options.consistency)) ++result_.reached["run with consistency delays"];
    RunResult run = world_.run_beside(*loop_, order.options, disturbance);
    world_.host.host_name = "workstation";
    tell_line(fmt::format("  {} after {} requests", run.succeeded() ? "done" : run.error(), run.requests));
    const Duration took = loop_->now() - begun;
    const Duration longest = world_.time_limit + minutes(5) + asleep_;
    if (took > longest) fail(fmt::format("ends: {} took {:.0f} s", order.text, seconds_of(took)));
    if (run.stopping > kStopsWithin + asleep_) {
      fail(fmt::format("stop: {} took {:.0f} s to stop", order.text, seconds_of(run.stopping)));
    }
    if (struck == struck_ && !run.killed) note_budget(order, run);
    note(run);
    return run;
  }

  // The machine itself or one of two containers: runs may share one or not, one after the other and at the same time.
  void choose_container() {
    world_.container = static_cast<int>(chooser_.choose(Lane::kWork, "container", 3));
    if (world_.container == 0) return;
    ++result_.reached["run in a container"];
    tell_line(fmt::format("  in container {}", world_.container));
  }

  // Without faults the number of requests of a run is bounded.
  void note_budget(const Order& order, const RunResult& run) {
    const int bound = 150 + 60 * 11 + 4 * static_cast<int>(seconds_of(run.took) / 5);
    if (run.requests > bound) fail(fmt::format("budget: {} made {} requests", order.text, run.requests));
  }

  void note(const RunResult& run) {
    ++result_.reached[run.killed ? "killed" : run.succeeded() ? "succeeded" : "failed"];
    if (run.stopping > Duration::zero()) ++result_.reached["stopped"];
    for (const pipeline::Event& event : run.events) {
      if (const auto* taken = std::get_if<pipeline::LockTaken>(&event)) {
        if (!taken->taken_over_from.empty()) ++result_.reached["lock taken over"];
      }
      if (std::holds_alternative<pipeline::LockWaiting>(event)) ++result_.reached["waited for the lock"];
      if (std::holds_alternative<pipeline::Replanned>(event)) ++result_.reached["planned again under the lock"];
      if (std::holds_alternative<pipeline::IamWaiting>(event)) ++result_.reached["waited for IAM"];
      if (std::holds_alternative<pipeline::Draining>(event)) ++result_.reached["drained"];
    }
    if (run.outcome && *run.outcome && (**run.outcome).error) {
      ++result_.reached[fmt::format("exit: {}", kind_name((**run.outcome).error->kind))];
    } else if (run.outcome && !*run.outcome) {
      ++result_.reached[fmt::format("refused: {}", kind_name(run.outcome->error().kind))];
    }
  }

  // A run that reports success must have reached the requested state.
  void check_exit(const Order& order, const RunResult& run) {
    if (!run.succeeded() || run.killed || order.options.plan_only || world_.past) return;
    if (any(drawn_.options.consistency)) return;  // what an earlier run changed may not have been visible
    world_.cloud.advance(world_.driver.wall_now());
    if (order.options.intent.verb == Intent::Verb::kDestroy) {
      const std::string left = invariant_checker_.left_over(cloud(), "logs", kRegion, order.options.intent.keep_bucket);
      if (!left.empty()) fail("exit: destroy succeeded and left " + left);
    } else if (order.count >= 0) {
      const std::string wrong =
          invariant_checker_.not_there(cloud(), "logs", kRegion, static_cast<std::size_t>(order.count));
      if (!wrong.empty()) fail("exit: " + order.text + " succeeded and " + wrong);
    }
  }

  Fault fault_for(const sandbox::Route& route) {
    if (drawn_.one_in == 0 || drawn_.kinds.empty()) return {};
    std::vector<FaultKind> kinds = drawn_.kinds;
    std::erase_if(kinds, [&](FaultKind kind) { return !applies(kind, route); });
    // Few requests of few scenarios can get this fault: half of those do.
    const bool often = std::find(kinds.begin(), kinds.end(), FaultKind::kOkWithError) != kinds.end();
    if (!chooser_.rarely(Lane::kFault, route.operation, often ? 2 : drawn_.one_in)) return {};
    if (often) kinds = {FaultKind::kOkWithError};
    if (kinds.empty()) return {};
    Fault fault{kinds[chooser_.choose(Lane::kFault, "kind", kinds.size())], {}};
    const std::uint64_t length = chooser_.choose(Lane::kFault, "length", 4);
    fault.time = usual_time(fault.kind) * static_cast<int>(1 + length);
    if (fault.kind == FaultKind::kAsleep) {
      fault.time = fault.time / 8;
      asleep_ += fault.time;
    }
    ++struck_;
    ++result_.faults[std::string(fault_name(fault.kind))];
    tell_line(fmt::format("  ! {} strikes {} {}", fault_name(fault.kind), route.operation, route.resource));
    return fault;
  }

  const sandbox::CloudState& cloud() { return world_.cloud.world(); }
  void fail(std::string what) {
    tell_line("BROKEN " + what);
    result_.broken.push_back(std::move(what));
  }
  void tell_line(const std::string& line) {
    if (!settings_.tells) return;
    result_.events.push_back(format_iso8601(world_.driver.wall_now()).substr(11, 8) + " " + line);
  }

  Chooser& chooser_;
  const PlaySettings& settings_;
  Draws drawn_;
  InvariantChecker invariant_checker_;
  Simulation world_;
  ExternalActor stranger_;
  Disturbance disturbance_;
  Loop* loop_ = nullptr;
  ScenarioResult result_;
  Duration asleep_{};
  std::size_t struck_ = 0;
  Instant neighbour_ended_ = Instant::min();  // the last command in the second region
  std::size_t neighbours_ = 0;                // number of streams of the pipeline in the second region
  bool over_ = false;
  bool meddled_ = false;
};

std::string rule_of(const ScenarioResult& result) {
  return result.broken.empty() ? "" : result.broken.front().substr(0, result.broken.front().find(':'));
}

}  // namespace

ScenarioResult run_scenario(Chooser& chooser, const PlaySettings& settings) {
  return settings.only_delays ? run_delay_scenario(chooser, settings) : Play(chooser, settings).tell();
}

ChoiceTrace shrink(const ChoiceTrace& choice_trace, const PlaySettings& settings, int tries) {
  const auto breaks = [&](const ChoiceTrace& candidate) {
    Chooser chooser(candidate);
    return rule_of(run_scenario(chooser, settings));
  };
  ChoiceTrace best = choice_trace;
  const std::string rule = breaks(best);
  for (std::size_t portion = best.choices.size(); portion >= 1 && !rule.empty(); portion /= 2) {
    for (bool smaller = true; smaller && tries > 0;) {
      smaller = false;
      for (std::size_t from = 0; from < best.choices.size() && tries > 0; from += portion) {
        ChoiceTrace candidate = best;
        auto first = std::next(candidate.choices.begin(), static_cast<std::ptrdiff_t>(from));
        auto last = std::next(first, static_cast<std::ptrdiff_t>(std::min(portion, best.choices.size() - from)));
        candidate.choices.erase(first, last);
        --tries;
        if (breaks(candidate) != rule) continue;
        best = std::move(candidate);
        smaller = true;
      }
    }
  }
  return best;
}

}  // namespace fhctl::test
