#include "tests/sim/drain_story.h"

#include <algorithm>
#include <functional>
#include <memory>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/pipeline/producer.h"
#include "sandbox/firehose_state.h"
#include "sandbox/s3_state.h"

namespace fhctl::test {
namespace {

using pipeline::Batch;
using pipeline::Manifest;
using pipeline::Producer;
using std::chrono::seconds;

constexpr const char* kBucket = "logs-123456789012-us-west-2";
constexpr const char* kManifestKey = "_fhctl/logs/us-west-2/manifest.json";
constexpr std::size_t kRecordBytes = 1500;

struct Draw {
  Entropy& entropy;
  bool chance(double share) { return random_unit(entropy) < share; }
  int between(int low, int high) {
    return low + static_cast<int>(random_below(entropy, static_cast<std::uint64_t>(high - low + 1)));
  }
  template <class T>
  T one_of(const std::vector<T>& all) {
    return all[random_below(entropy, all.size())];
  }
};

// What every actor sees of the world.
class Stage {
 public:
  Stage(SimWorld& world, Loop& loop, std::uint64_t seed)
      : world_(world), loop_(loop), entropy_(seed), draw_{entropy_} {}

  Loop& loop() { return loop_; }
  Draw& draw() { return draw_; }
  Entropy& entropy() { return entropy_; }
  bool over = false;
  std::int64_t requests = 0;

  // What lies in the bucket now; nothing when there is none.
  std::optional<std::string> manifest_text() {
    const auto bucket = world_.cloud.world().s3->buckets.find(kBucket);
    if (bucket == world_.cloud.world().s3->buckets.end()) return std::nullopt;
    const auto object = bucket->second.objects.find(kManifestKey);
    if (object == bucket->second.objects.end()) return std::nullopt;
    return object->second.front().body;
  }

  // PutRecordBatch as Firehose carries it out. The signature is left out: these are not fhctl's requests.
  http::Response put(const std::string& stream, const std::vector<std::string>& records) {
    Json body = {{"DeliveryStreamName", stream}, {"Records", Json::array()}};
    for (const std::string& record : records) body["Records"].push_back({{"Data", to_base64(record)}});
    http::Request request;
    request.method = "POST";
    request.headers.set("X-Amz-Target", "Firehose_20150804.PutRecordBatch");
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.body = dump(body);
    ++requests;
    world_.cloud.advance(world_.driver.wall_now());
    return sandbox::handle_firehose(world_.cloud.world(), {request, "us-west-2", "arn:aws:iam::123456789012:user/app"});
  }

 private:
  SimWorld& world_;
  Loop& loop_;
  SeededEntropy entropy_;
  Draw draw_;
};

// A program that uses the producer, on a machine that sometimes stands still and a network that is sometimes slow.
class App {
 public:
  App(Stage& stage, int number, const Manifest& manifest)
      : stage_(stage), number_(number), producer_(manifest, options(), stage.entropy(), stage.loop().now()) {}

  void run() {
    Instant next_record = now();
    while (!stage_.over) {
      maybe_stall();
      if (now() >= next_record) {
        offer();
        next_record = now() + from_seconds(0.5 + 5 * random_unit(stage_.entropy()));
      }
      drive();
      const Instant wake = std::max(producer_.wake_at(now()), now() + std::chrono::milliseconds(20));
      stage_.loop().sleep_until(std::min({wake, next_record, now() + seconds(2)}));
    }
    ended_ = true;
  }

  struct Taken {
    std::string stream;
    Instant sent_at{};
    std::int64_t generation = 0;  // of the manifest that the app went by then
    Duration age{};               // since it was last read
    Instant taken_at{};           // by Firehose
  };
  const std::map<std::uint64_t, Taken>& acknowledged() const { return acknowledged_; }
  const std::map<std::uint64_t, int>& ambiguous() const { return ambiguous_; }
  std::int64_t expired() const { return producer_.counters().expired; }
  std::int64_t refused() const {
    std::int64_t sum = 0;
    for (const auto& [stream, counters] : producer_.counters().streams) sum += counters.refused;
    return sum;
  }
  std::string id(std::uint64_t tag) const { return fmt::format("p{}-{}", number_, tag); }
  std::uint64_t offered() const { return last_tag_; }

 private:
  pipeline::ProducerOptions options() {
    pipeline::ProducerOptions options;
    options.records_max = 50;
    options.hooks.acknowledged = [this](std::uint64_t tag, const std::string&) { acknowledged_[tag] = answered_; };
    options.hooks.maybe_duplicated = [this](std::uint64_t tag) { ++ambiguous_[tag]; };
    return options;
  }

  Instant now() { return stage_.loop().now(); }

  void maybe_stall() {
    if (!stage_.draw().chance(0.0008)) return;
    stalled_until_ = now() + seconds(stage_.draw().between(1, 900));
    stage_.loop().sleep_until(stalled_until_);
  }

  void offer() {
    std::string line = id(last_tag_ + 1) + " ";
    line.resize(kRecordBytes, 'x');
    if (producer_.offer(line, now(), last_tag_ + 1) == pipeline::Offer::kTaken) ++last_tag_;
  }

  void drive() {
    if (producer_.wants_manifest(now())) {
      producer_.reading_manifest(now());
      stage_.loop().spawn([this] { read_manifest(); });
    }
    while (const Batch* batch = producer_.next(now())) {
      stage_.loop().spawn([this, copy = *batch] { send(copy); });
    }
  }

  // Now and then the bucket cannot be read for some minutes.
  void read_manifest() {
    Draw& draw = stage_.draw();
    if (now() > unreadable_until_ + seconds(60) && draw.chance(0.01))
      unreadable_until_ = now() + seconds(draw.between(10, 300));
    stage_.loop().sleep_for(std::chrono::milliseconds(draw.between(5, draw.chance(0.05) ? 8000 : 200)));
    const std::optional<std::string> text = stage_.manifest_text();
    stage_.loop().sleep_for(std::chrono::milliseconds(draw.between(5, 200)));
    wait_out_stall();
    if (ended_) return;
    if (!text || now() < unreadable_until_ || draw.chance(0.05)) return producer_.manifest_failed(now());
    read_at_ = now();
    if (*text == last_text_) {
      (void)producer_.manifest_read(producer_.manifest(), now());
      return;
    }
    const Result<Manifest> manifest = pipeline::parse_manifest(*text, "the bucket");
    if (!manifest) return producer_.manifest_failed(now());
    last_text_ = *text;
    (void)producer_.manifest_read(*manifest, now());
  }

  void send(const Batch& batch) {
    Draw& draw = stage_.draw();
    const bool slow = draw.chance(0.02);
    Taken taken{batch.stream, now(), producer_.manifest().generation, now() - read_at_, {}};
    stage_.loop().sleep_for(std::chrono::milliseconds(slow ? draw.between(1000, 25000) : draw.between(2, 60)));
    if (draw.chance(0.01)) return fail(batch, pipeline::PutFailure::kRefused);
    taken.taken_at = now();
    const http::Response response = stage_.put(batch.stream, batch.records);
    stage_.loop().sleep_for(std::chrono::milliseconds(draw.between(2, 60)));
    if (draw.chance(0.01)) return fail(batch, pipeline::PutFailure::kAmbiguous);
    wait_out_stall();
    if (ended_) return;
    if (response.status >= 400) {
      const bool gone = contains(response.body, "ResourceNotFoundException");
      return producer_.failed(batch.id, gone ? pipeline::PutFailure::kGone : pipeline::PutFailure::kAmbiguous,
                              response.body, now());
    }
    std::vector<firehose::PutResult> results;
    const Result<Json> answer = parse_json(response.body, "the answer");
    for (const Json& one : (*answer)["RequestResponses"]) {
      firehose::PutResult result;
      result.record_id = get_string(one, "RecordId").value_or("");
      result.error_code = get_string(one, "ErrorCode").value_or("");
      result.error_message = get_string(one, "ErrorMessage").value_or("");
      results.push_back(std::move(result));
    }
    answered_ = taken;
    producer_.answered(batch.id, results, now());
  }

  void fail(const Batch& batch, pipeline::PutFailure how) {
    wait_out_stall();
    if (!ended_) producer_.failed(batch.id, how, "no answer", now());
  }

  void wait_out_stall() {
    while (now() < stalled_until_) stage_.loop().sleep_until(stalled_until_);
  }

  Stage& stage_;
  int number_;
  Producer producer_;
  std::map<std::uint64_t, Taken> acknowledged_;
  std::map<std::uint64_t, int> ambiguous_;
  Taken answered_;  // what the answer is about that the producer is being told
  std::uint64_t last_tag_ = 0;
  std::string last_text_;
  Instant stalled_until_{};
  Instant read_at_{};
  Instant unreadable_until_{};
  bool ended_ = false;
};

// Reads no manifest, knows one stream.
class Rogue {
 public:
  Rogue(Stage& stage, Duration every) : stage_(stage), every_(every) {}

  void run(const std::string& stream) {
    while (!stage_.over) {
      const std::string id = fmt::format("rogue-{}", ++sent_);
      const http::Response response = stage_.put(stream, {id + " x\n"});
      if (response.status < 300 && contains(response.body, "\"FailedPutCount\":0")) acknowledged_.push_back(id);
      stage_.loop().sleep_for(every_);
    }
  }
  const std::vector<std::string>& acknowledged() const { return acknowledged_; }

 private:
  Stage& stage_;
  Duration every_;
  int sent_ = 0;
  std::vector<std::string> acknowledged_;
};

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
  return drawn;
}

std::string options_text(const Drawn& drawn) {
  const sandbox::Options& options = drawn.options;
  std::string text = fmt::format(
      "create {:.0f}s delete {:.0f}s lag {:.0f}s idle_zero {} freshness waiting/idle/blocked {}/{}/{} delivery {:.0f}s "
      "hint "
      "x{:.1f} "
      "deleting takes/flushes {}/{}",
      seconds_of(options.stream_create), seconds_of(options.stream_delete), seconds_of(options.metric_lag),
      options.idle_metrics_zero, options.freshness_while_waiting, options.freshness_when_idle,
      options.freshness_when_blocked, seconds_of(options.delivery_time), options.buffer_hint_factor,
      options.puts_to_deleting_accepted, options.deleting_flushes);
  for (const auto& [key, value] : drawn.flags) text += " " + key + "=" + value;
  return text;
}

class Story {
 public:
  explicit Story(const StorySettings& settings)
      : settings_(settings), drawn_(drawn(settings)), world_(drawn_.options, settings.seed) {
    world_.flags = drawn_.flags;
    world_.time_limit = std::chrono::hours(5);
    watch_.meddle = [this](int, const http::Request& request) { return look_at(request); };
  }

  StoryResult tell() {
    result_.options = options_text(drawn_);
    {
      Loop loop(world_.driver);
      Stage stage(world_, loop, settings_.seed ^ 0x5eed);
      loop.run([&] { play(stage); });
      result_.requests += stage.requests;
      count(stage);
      apps_.clear();
      rogue_.reset();
      world_.forget();
    }
    result_.took = world_.driver.elapsed();
    return result_;
  }

 private:
  static Drawn drawn(const StorySettings& settings) {
    Drawn drawn = draw_world(settings.seed);
    if (settings.change) settings.change(drawn.options, drawn.flags);
    return drawn;
  }

  void play(Stage& stage) {
    pipeline::ConvergeOptions up;
    up.sources.above.push_back({"--count", {{"count", "2"}}, {}});
    if (!run(stage, up)) return;
    const auto manifest = pipeline::parse_manifest(*stage.manifest_text(), "the bucket");
    for (int i = 1; i <= settings_.producers; ++i) {
      apps_.push_back(std::make_unique<App>(stage, i, *manifest));
      stage.loop().spawn([app = apps_.back().get()] { app->run(); });
    }
    stage.loop().sleep_for(seconds(60));
    int largest = 2;
    for (const int count : settings_.scales) {
      pipeline::ConvergeOptions scale;
      scale.intent.verb = pipeline::Intent::Verb::kScale;
      scale.intent.count = count;
      if (!run(stage, scale)) return finish(stage);
      if (count > largest) start_rogue(stage, largest = count);
      stage.loop().sleep_for(seconds(stage.draw().between(10, 90)));
    }
    pipeline::ConvergeOptions destroy;
    destroy.intent.verb = pipeline::Intent::Verb::kDestroy;
    destroy.intent.keep_bucket = true;
    (void)run(stage, destroy);
    finish(stage);
  }

  void start_rogue(Stage& stage, int number) {
    if (!settings_.rogue || rogue_) return;
    rogue_ = std::make_unique<Rogue>(stage, settings_.rogue_every);
    stage.loop().spawn([this, number] { rogue_->run(fmt::format("logs-{}", number)); });
    stage.loop().sleep_for(seconds(30));
  }

  // Time for everything that is still under way; what Firehose holds lands on its own.
  void finish(Stage& stage) {
    stage.loop().sleep_for(seconds(60));
    stage.over = true;
    world_.cloud.world().options.fail_delivery.clear();  // whatever was not deleted is delivered in the end
    for (int minute = 0; minute < 40; ++minute) {
      stage.loop().sleep_for(seconds(60));
      world_.cloud.advance(world_.driver.wall_now());
    }
  }

  bool run(Stage& stage, pipeline::ConvergeOptions options) {
    options.drain_conditions = settings_.conditions;
    const RunResult run = world_.run_beside(stage.loop(), options, watch_);
    result_.requests += run.requests;
    for (const pipeline::Event& event : run.events) {
      const auto* draining = std::get_if<pipeline::Draining>(&event);
      for (std::size_t i = 0; draining != nullptr && i < draining->streams.size(); ++i) {
        ++result_.phases[std::string(phase_key(draining->streams[i].phase))];
      }
    }
    result_.deleted += static_cast<int>(std::count(run.changing.begin(), run.changing.end(), "DeleteDeliveryStream"));
    if (run.succeeded()) return true;
    const bool refused = run.outcome && *run.outcome && (**run.outcome).error->kind == ErrorKind::kTimeout;
    if (refused) ++result_.refused;
    if (!refused || !settings_.rogue) result_.trouble = run.error();
    return false;
  }

  std::optional<Result<http::Response>> look_at(const http::Request& request) {
    const std::string target = request.headers.find("x-amz-target").value_or("");
    if (target == "Firehose_20150804.DeleteDeliveryStream") {
      const Result<Json> body = parse_json(request.body, "the request");
      deleted_at_[get_string(*body, "DeliveryStreamName").value_or("")] = world_.driver.now();
    }
    if (target != "Firehose_20150804.DescribeDeliveryStream" || !settings_.hide_age) return std::nullopt;
    http::Response response = world_.cloud.handle(request, world_.driver.wall_now());
    response.body = replace_all(response.body, "\"CreateTimestamp\"", "\"Unknown\"");
    return Result<http::Response>(response);
  }

  void count(Stage&) {
    std::map<std::string, int> found;
    for (const auto& [key, versions] : world_.cloud.world().s3->buckets.at(kBucket).objects) {
      if (starts_with(key, "_fhctl/")) continue;
      for (const std::string_view line : split(versions.front().body, '\n')) {
        if (!line.empty()) ++found[std::string(line.substr(0, line.find(' ')))];
      }
    }
    for (const auto& app : apps_) {
      for (std::uint64_t tag = 1; tag <= app->offered(); ++tag) count_record(*app, tag, found);
      result_.expired += app->expired();
      result_.throttled += app->refused();
    }
    if (!rogue_) return;
    for (const std::string& id : rogue_->acknowledged()) result_.rogue_missing += found.contains(id) ? 0 : 1;
  }

  void count_record(const App& app, std::uint64_t tag, const std::map<std::string, int>& found) {
    const auto there = found.find(app.id(tag));
    const int times = there == found.end() ? 0 : there->second;
    const auto ambiguous = app.ambiguous().find(tag);
    const int allowed = 1 + (ambiguous == app.ambiguous().end() ? 0 : ambiguous->second);
    if (app.acknowledged().contains(tag)) {
      ++result_.acknowledged;
      if (times == 0) miss(app, tag);
    }
    if (times > allowed) ++result_.unexplained;
    if (times > 1 && times <= allowed) ++result_.duplicated;
  }

  void miss(const App& app, std::uint64_t tag) {
    ++result_.missing;
    const App::Taken& taken = app.acknowledged().at(tag);
    const auto clock = [](Instant at) {
      return format_iso8601(VirtualDriver::kWallStart +
                            std::chrono::floor<std::chrono::milliseconds>(at - VirtualDriver::kStart));
    };
    result_.trouble +=
        fmt::format("\n  {} sent at {} by manifest {} read {:.0f} s before, taken by {} at {}", app.id(tag),
                    clock(taken.sent_at), taken.generation, seconds_of(taken.age), taken.stream, clock(taken.taken_at));
    const auto deleted = deleted_at_.find(taken.stream);
    if (deleted != deleted_at_.end()) result_.trouble += "; deleted at " + clock(deleted->second);
  }

  const StorySettings& settings_;
  Drawn drawn_;
  SimWorld world_;
  Disturbance watch_;
  std::map<std::string, Instant> deleted_at_;  // by stream: when its last deletion was asked for
  std::vector<std::unique_ptr<App>> apps_;
  std::unique_ptr<Rogue> rogue_;
  StoryResult result_;
};

}  // namespace

StoryResult tell(const StorySettings& settings) { return Story(settings).tell(); }

}  // namespace fhctl::test
