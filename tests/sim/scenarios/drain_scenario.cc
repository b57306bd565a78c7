#include "tests/sim/scenarios/drain_scenario.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "sandbox/firehose/firehose_state.h"

namespace fhctl::test {
namespace {

using std::chrono::seconds;

struct Drawn {
  sandbox::Options options;
  pipeline::SpecValues flags;
};

Drawn draw_world(std::uint64_t seed) {
  SeededEntropy entropy(seed * 2 + 1);
  Draw draw{entropy};
  Drawn drawn;
  sandbox::Options& options = drawn.options;
  options.seed = seed;
  options.throughput_factor = 0.001;
  options.stream_create = seconds(draw.between(2, 40));
  options.stream_delete = seconds(draw.between(2, 120));
  options.iam_delay = seconds(draw.between(0, 20));
  options.firehose_burst = draw.one_of<int>({1, 5});
  options.metric_lag = seconds(draw.between(20, 120));
  options.idle_metrics_zero = draw.chance(0.5);
  options.freshness_while_waiting = draw.chance(0.7);
  options.freshness_when_idle = draw.chance(0.5);
  options.freshness_when_blocked = draw.chance(0.5);
  options.delivery_time = seconds(draw.one_of<int>({0, 5, 45}));
  options.limits_rise = draw.chance(0.3) ? 1.2 : 0;
  options.puts_to_deleting_accepted = draw.chance(0.8);
  options.deleting_flushes = draw.chance(0.3);
  options.recreate_while_deleting_refused = draw.chance(0.7);
  const int interval = draw.one_of<int>({0, 30, 60, 60, 120, 300});
  options.buffer_hint_factor = draw.chance(0.3) ? std::min(4.0, 840.0 / std::max(interval, 1)) : 1;
  drawn.flags = {{"delivery.buffer_interval", fmt::format("{}s", interval)},
                 {"delivery.compression", "none"},
                 {"manifest.poll", fmt::format("{}s", draw.between(5, 30))},
                 {"manifest.record_ttl", fmt::format("{}s", draw.between(5, 30))},
                 {"manifest.producers", "8"},
                 {"drain.patience", "30m"}};
  if (draw.chance(0.5)) options.metric_lag_max = seconds(draw.between(120, 600));
  return drawn;
}

std::string options_text(const Drawn& drawn) {
  const sandbox::Options& options = drawn.options;
  std::string text = fmt::format(
      "create {:.0f}s delete {:.0f}s lag {:.0f}-{:.0f}s idle_zero {} freshness waiting/idle/blocked {}/{}/{} delivery "
      "{:.0f}s "
      "hint "
      "x{:.1f} "
      "deleting takes/flushes {}/{}",
      seconds_of(options.stream_create), seconds_of(options.stream_delete), seconds_of(options.metric_lag),
      seconds_of(options.metric_lag_max), options.idle_metrics_zero, options.freshness_while_waiting,
      options.freshness_when_idle, options.freshness_when_blocked, seconds_of(options.delivery_time),
      options.buffer_hint_factor, options.puts_to_deleting_accepted, options.deleting_flushes);
  for (const auto& [key, value] : drawn.flags) text += " " + key + "=" + value;
  return text;
}

class Story {
 public:
  explicit Story(const ScenarioSettings& settings)
      : settings_(settings), drawn_(drawn(settings)), world_(drawn_.options, settings.seed) {
    world_.flags = drawn_.flags;
    world_.time_limit = std::chrono::hours(5);
    watch_.intervene = [this](int, const http::Request& request) { return look_at(request); };
  }

  StoryResult tell() {
    result_.options = options_text(drawn_);
    {
      Loop loop(world_.driver);
      Traffic traffic(world_, loop, settings_.seed ^ 0x5eed);
      loop.run([&] { run_scenario(loop, traffic); });
      result_.requests += traffic.requests();
      count(traffic);
      world_.forget();
    }
    result_.took = world_.driver.elapsed();
    return result_;
  }

 private:
  static Drawn drawn(const ScenarioSettings& settings) {
    Drawn drawn = draw_world(settings.seed);
    if (settings.change) settings.change(drawn.options, drawn.flags);
    return drawn;
  }

  void run_scenario(Loop& loop, Traffic& traffic) {
    pipeline::ConvergeOptions up;
    up.sources.above.push_back({"--count", {{"count", "2"}}, {}});
    if (!run(loop, up)) return;
    const auto manifest = pipeline::parse_manifest(*traffic.manifest_text(), "the bucket");
    for (int i = 1; i <= settings_.producers; ++i) traffic.start_app(*manifest);
    loop.sleep_for(seconds(60));
    int largest = 2;
    for (const int count : settings_.scales) {
      pipeline::ConvergeOptions scale;
      scale.intent.verb = pipeline::Intent::Verb::kScale;
      scale.intent.count = count;
      if (!run(loop, scale)) return finish(loop, traffic);
      if (count > largest) {
        largest = count;
        if (settings_.nonconforming && !traffic.has_rogue()) {
          traffic.start_rogue(fmt::format("logs-{}", largest), settings_.nonconforming_every);
          loop.sleep_for(seconds(30));
        }
      }
      loop.sleep_for(seconds(traffic.draw().between(10, 90)));
    }
    pipeline::ConvergeOptions destroy;
    destroy.intent.verb = pipeline::Intent::Verb::kDestroy;
    destroy.intent.keep_bucket = true;
    (void)run(loop, destroy);
    finish(loop, traffic);
  }

  // Leaves time for everything that is in flight; Firehose delivers its buffers.
  void finish(Loop& loop, Traffic& traffic) {
    loop.sleep_for(seconds(60));
    world_.cloud.world().options.fail_delivery.clear();  // everything that was not deleted is delivered in the end
    traffic.finish();
  }

  bool run(Loop& loop, pipeline::ConvergeOptions options) {
    options.drain_conditions = settings_.conditions;
    const RunResult run = world_.run_beside(loop, options, watch_);
    result_.requests += run.requests;
    for (const pipeline::Event& event : run.events) {
      const auto* draining = std::get_if<pipeline::Draining>(&event);
      for (std::size_t i = 0; draining != nullptr && i < draining->streams.size(); ++i) {
        ++result_.phases[std::string(phase_key(draining->streams[i].phase))];
      }
    }
    result_.deleted += static_cast<int>(std::count(run.changing.begin(), run.changing.end(), "DeleteDeliveryStream"));
    if (run.outcome && *run.outcome) result_.differences += static_cast<int>((**run.outcome).differences.size());
    if (run.succeeded()) return true;
    const bool refused = run.outcome && *run.outcome && (**run.outcome).error->kind == ErrorKind::kTimeout;
    if (refused) ++result_.refused;
    if (!refused || !settings_.nonconforming) result_.trouble = run.error();
    return false;
  }

  std::optional<Result<http::Response>> look_at(const http::Request& request) {
    const std::string target = request.headers.find("x-amz-target").value_or("");
    if (target == "Firehose_20150804.DeleteDeliveryStream") {
      const Result<Json> body = parse_json(request.body, "the request");
      const std::string stream = get_string(*body, "DeliveryStreamName").value_or("");
      deleted_at_[stream] = world_.driver.wall_now();
      result_.held += held_by(stream);
    }
    if (target != "Firehose_20150804.DescribeDeliveryStream" || !settings_.hide_age) return std::nullopt;
    http::Response response = world_.cloud.handle(request, world_.driver.wall_now());
    response.body = replace_all(response.body, "\"CreateTimestamp\"", "\"Unknown\"");
    return Result<http::Response>(response);
  }

  // What the stream has accepted and not delivered.
  std::int64_t held_by(const std::string& name) {
    world_.cloud.advance(world_.driver.wall_now());
    const auto& streams = world_.cloud.world().firehose->streams;
    const auto stream = streams.find({world_.region, name});
    if (stream == streams.end() || stream->second.status != sandbox::StreamStatus::kActive) return 0;
    std::int64_t held = stream->second.buffer.records;
    for (const sandbox::Pending& object : stream->second.pending) held += object.records;
    return held;
  }

  void count(const Traffic& traffic) {
    result_.records = traffic.count();
    if (result_.records.missing == 0) return;
    result_.trouble += result_.records.missed;
    for (const auto& [stream, at] : deleted_at_)
      result_.trouble += "\n  " + stream + " deleted at " + format_iso8601(at);
  }

  const ScenarioSettings& settings_;
  Drawn drawn_;
  Simulation world_;
  Disturbance watch_;
  std::map<std::string, WallTime> deleted_at_;  // by stream: time of its last delete request
  StoryResult result_;
};

}  // namespace

StoryResult tell(const ScenarioSettings& settings) { return Story(settings).tell(); }

}  // namespace fhctl::test
