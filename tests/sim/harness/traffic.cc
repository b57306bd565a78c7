#include "tests/sim/harness/traffic.h"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "core/producer/producer.h"
#include "sandbox/firehose/firehose.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/s3/s3_state.h"

namespace fhctl::test {
namespace {

using pipeline::Batch;
using pipeline::Manifest;
using pipeline::Producer;
using std::chrono::seconds;

constexpr const char* kManifestKey = "_fhctl/logs/us-west-2/manifest.json";
constexpr std::size_t kRecordBytes = 1500;
constexpr int kMissedLinesMax = 100;

}  // namespace

// State that all producers share.
class Traffic::Stage {
 public:
  Stage(Simulation& world, Loop& loop, std::uint64_t seed)
      : world_(world), loop_(loop), entropy_(seed), draw_{entropy_} {}

  Loop& loop() { return loop_; }
  Draw& draw() { return draw_; }
  Entropy& entropy() { return entropy_; }
  bool over = false;
  std::int64_t requests = 0;

  std::optional<std::string> manifest_text() const {
    const auto bucket = world_.cloud.world().s3->buckets.find(kBucketOfLogs);
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
  Simulation& world_;
  Loop& loop_;
  SeededEntropy entropy_;
  Draw draw_;
};

class Traffic::App {
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
    std::int64_t generation = 0;  // of the manifest that the app used then
    Duration age{};               // since the manifest was last read
    Instant taken_at{};           // by Firehose

    std::string text() const {
      const auto clock = [](Instant at) {
        return format_iso8601(VirtualDriver::kWallStart +
                              std::chrono::floor<std::chrono::milliseconds>(at - VirtualDriver::kStart));
      };
      return fmt::format("sent at {} by manifest {} read {:.0f} s before, taken by {} at {}", clock(sent_at),
                         generation, seconds_of(age), stream, clock(taken_at));
    }
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

  // Sometimes the bucket cannot be read for some minutes.
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
  Taken answered_;  // the request whose response the producer is processing
  std::uint64_t last_tag_ = 0;
  std::string last_text_;
  Instant stalled_until_{};
  Instant read_at_{};
  Instant unreadable_until_{};
  bool ended_ = false;
};

class Traffic::Nonconforming {
 public:
  Nonconforming(Stage& stage, Duration every) : stage_(stage), every_(every) {}

  void run(const std::string& stream) {
    while (!stage_.over) {
      const std::string id = fmt::format("nonconforming-{}", ++sent_);
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

Traffic::Traffic(Simulation& world, Loop& loop, std::uint64_t seed)
    : world_(world), stage_(std::make_unique<Stage>(world, loop, seed)) {}
Traffic::~Traffic() = default;

Draw& Traffic::draw() { return stage_->draw(); }
std::optional<std::string> Traffic::manifest_text() const { return stage_->manifest_text(); }
bool Traffic::has_rogue() const { return nonconforming_ != nullptr; }
std::int64_t Traffic::requests() const { return stage_->requests; }

void Traffic::finish() {
  stage_->over = true;
  for (int minute = 0; minute < 40; ++minute) {
    stage_->loop().sleep_for(seconds(60));
    world_.cloud.advance(world_.driver.wall_now());
  }
}

void Traffic::start_app(const Manifest& manifest) {
  apps_.push_back(std::make_unique<App>(*stage_, static_cast<int>(apps_.size()) + 1, manifest));
  stage_->loop().spawn([app = apps_.back().get()] { app->run(); });
}

void Traffic::start_rogue(const std::string& stream, Duration every) {
  nonconforming_ = std::make_unique<Nonconforming>(*stage_, every);
  stage_->loop().spawn([nonconforming = nonconforming_.get(), stream] { nonconforming->run(stream); });
}

TrafficCount Traffic::count() const {
  TrafficCount count;
  std::map<std::string, int> found;
  const auto bucket = world_.cloud.world().s3->buckets.find(kBucketOfLogs);
  if (bucket != world_.cloud.world().s3->buckets.end()) {
    for (const auto& [key, versions] : bucket->second.objects) {
      if (starts_with(key, "_fhctl/")) continue;
      for (const std::string_view line : split(versions.front().body, '\n')) {
        if (!line.empty()) ++found[std::string(line.substr(0, line.find(' ')))];
      }
    }
  }
  for (const auto& app : apps_) {
    for (std::uint64_t tag = 1; tag <= app->offered(); ++tag) {
      const auto there = found.find(app->id(tag));
      count_record(*app, tag, there == found.end() ? 0 : there->second, count);
    }
    count.expired += app->expired();
    count.throttled += app->refused();
  }
  if (!nonconforming_) return count;
  for (const std::string& id : nonconforming_->acknowledged())
    count.nonconforming_missing += found.contains(id) ? 0 : 1;
  return count;
}

void Traffic::count_record(const App& app, std::uint64_t tag, int times, TrafficCount& count) const {
  const auto ambiguous = app.ambiguous().find(tag);
  const int allowed = 1 + (ambiguous == app.ambiguous().end() ? 0 : ambiguous->second);
  const auto taken = app.acknowledged().find(tag);
  if (taken != app.acknowledged().end()) {
    ++count.acknowledged;
    if (times == 0 && ++count.missing <= kMissedLinesMax) {
      count.missed += fmt::format("\n  {} {}", app.id(tag), taken->second.text());
    }
  }
  if (times > allowed) ++count.unexplained;
  if (times > 1 && times <= allowed) ++count.duplicated;
}

}  // namespace fhctl::test
