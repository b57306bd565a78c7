// Fixture of the producer's tests: a producer, a Firehose that the test scripts, and a clock, without an event loop.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/random.h"
#include "core/producer/producer.h"

namespace fhctl::pipeline {

inline Manifest producer_manifest(int active, std::int64_t generation = 1) {
  Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = generation;
  manifest.pipeline = "logs";
  manifest.region = "us-west-2";
  for (int i = 1; i <= active; ++i) {
    ManifestEntry entry;
    entry.name = "logs-" + std::to_string(i);
    entry.state = EntryState::kActive;
    manifest.streams.push_back(entry);
  }
  return manifest;
}

// What becomes of one request, decided when it arrives.
struct Fate {
  std::optional<PutFailure> failure = {};                             // of the whole request
  bool taken_all_the_same = false;                                    // ambiguous: AWS accepted them
  std::function<std::string(const std::string& record)> refuse = {};  // error code; empty: accepted
  Duration latency = std::chrono::milliseconds(20);
};

class ProducerScene {
 public:
  static constexpr Instant kStart{std::chrono::hours(1)};

  explicit ProducerScene(const Manifest& manifest, ProducerOptions options = {}, std::uint64_t seed = 5)
      : entropy_(seed), producer(manifest, with_hooks(std::move(options)), entropy_, kStart) {}

  SeededEntropy& entropy() { return entropy_; }
  void advance(Duration duration) { now += duration; }

  // Sends all batches that are due.
  void send() {
    while (const Batch* batch = producer.next(now)) {
      EXPECT_LE(batch->records.size(), 500u);
      EXPECT_FALSE(batch->records.empty());
      if (keeps) requests.emplace_back(batch->stream, batch->records);
      if (keeps) sent_at.push_back(now);
      const Fate fate = resolve_desired ? resolve_desired(*batch) : Fate{};
      answers_.emplace(now + fate.latency, Sent{batch->id, batch->stream, batch->records, fate});
      check();
    }
  }

  // Returns the time of the next event, kNever if there is none.
  Instant next_event() const {
    const Instant answer = answers_.empty() ? kNever : answers_.begin()->first;
    return std::min(answer, producer.wake_at(now));
  }

  // Moves the clock to the next event and executes it. Returns false if there is none.
  bool step(Instant until = kNever) {
    send();
    const Instant next = std::min(next_event(), until);
    if (next == kNever) return false;
    if (next <= now && answers_.empty()) ++standing_still_;
    EXPECT_LT(standing_still_, 10000) << "it wakes up again and again for nothing";
    if (next > now) standing_still_ = 0;
    now = std::max(now, next);
    while (!answers_.empty() && answers_.begin()->first <= now) deliver();
    if (reload && producer.wants_manifest(now)) read_manifest();
    send();
    return standing_still_ < 10000;
  }

  void run_until_idle(Instant until = kNever) {
    while (!producer.idle() && now < until && step(until)) {
    }
  }

  void run_for(Duration duration) {
    const Instant until = now + duration;
    while (now < until && step(until)) {
    }
  }

  void read_manifest() {
    ++reloads;
    producer.reading_manifest(now);
    if (const std::optional<Manifest> next = reload()) {
      producer.manifest_read(*next, now);
    } else {
      producer.manifest_failed(now);
    }
    check();
  }

  void check() const {
    const ProducerCounters& counters = producer.counters();
    ASSERT_EQ(counters.offered,
              counters.acknowledged + counters.expired + counters.fatal + producer.queued() + producer.under_way());
    ASSERT_GE(producer.held_bytes(), 0);
  }

  Instant now = kStart;
  std::function<Fate(const Batch&)> resolve_desired;
  std::function<std::optional<Manifest>()> reload;
  int reloads = 0;
  bool keeps = true;  // records requests and their results
  std::vector<std::pair<std::string, std::vector<std::string>>> requests;
  std::vector<Instant> sent_at;
  std::map<std::string, std::vector<std::string>> taken;  // accepted records by stream
  std::function<void(const std::string& record)> on_taken;
  std::map<std::uint64_t, std::string> acknowledged;  // tag, stream
  std::map<std::uint64_t, Loss> lost;
  std::map<std::uint64_t, int> maybe_duplicated;

 private:
  struct Sent {
    std::uint64_t id;
    std::string stream;
    std::vector<std::string> records;
    Fate fate;
  };

  ProducerOptions with_hooks(ProducerOptions options) {
    if (options.hooks.acknowledged) return options;
    options.hooks.acknowledged = [this](std::uint64_t tag, const std::string& stream) {
      EXPECT_TRUE(acknowledged.emplace(tag, stream).second || tag == 0) << tag << " twice";
    };
    options.hooks.lost = [this](std::uint64_t tag, const Loss& loss) {
      EXPECT_TRUE(lost.emplace(tag, loss).second || tag == 0) << tag << " twice";
    };
    options.hooks.maybe_duplicated = [this](std::uint64_t tag) { ++maybe_duplicated[tag]; };
    return options;
  }

  void take(const std::string& stream, const std::string& record) {
    if (keeps) taken[stream].push_back(record);
    if (on_taken) on_taken(record);
  }

  void deliver() {
    const Sent sent = answers_.extract(answers_.begin()).mapped();
    if (sent.fate.failure) {
      if (sent.fate.taken_all_the_same) {
        for (const std::string& record : sent.records) take(sent.stream, record);
      }
      producer.failed(sent.id, *sent.fate.failure, "it failed", now);
      return check();
    }
    std::vector<firehose::PutResult> results;
    for (const std::string& record : sent.records) {
      const std::string code = sent.fate.refuse ? sent.fate.refuse(record) : "";
      if (code.empty()) take(sent.stream, record);
      results.push_back(code.empty() ? firehose::PutResult{"id", "", ""} : firehose::PutResult{"", code, "Slow down."});
    }
    producer.answered(sent.id, results, now);
    check();
  }

  SeededEntropy entropy_;
  std::multimap<Instant, Sent> answers_;
  int standing_still_ = 0;

 public:
  Producer producer;
};

}  // namespace fhctl::pipeline
