// A million records to a Firehose that throttles, fails and loses responses at random while the manifest changes. Every
// record is counted, none is lost, and duplicates occur only where a response was lost.
#include <charconv>
#include <set>

#include <gtest/gtest.h>

#include "tests/producer/producer_scene.h"

namespace fhctl::pipeline {
namespace producer_storm_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Storm {
  std::uint64_t seed = 1;
  std::size_t records = 1000;
  int ttl_s = 3600;  // long: nothing expires
  std::int64_t pack_to = 0;
};

struct Fates {
  std::vector<std::uint8_t> taken, acknowledged, lost, maybe_taken, maybe_duplicated;
};

class StormRun {
 public:
  explicit StormRun(const Storm& storm)
      : storm_(storm), chance_(storm.seed * 977), scene_(manifest_with(6, 1), options(), storm.seed) {
    for (auto* tags : {&fates.taken, &fates.acknowledged, &fates.lost, &fates.maybe_taken, &fates.maybe_duplicated}) {
      tags->resize(storm.records);
    }
    scene_.keeps = false;
    scene_.resolve_desired = [this](const Batch& batch) { return resolve_desired(batch); };
    scene_.reload = [this] { return reload(); };
    scene_.on_taken = [this](const std::string& record) { count_taken(record); };
  }

  void run() {
    std::size_t offered = 0;
    while (offered < storm_.records || !scene_.producer.idle()) {
      while (offered < storm_.records &&
             scene_.producer.offer(std::to_string(offered), scene_.now, offered) == Offer::kTaken) {
        ++offered;
      }
      ASSERT_LE(scene_.producer.held_bytes(), kBytesMax);
      ASSERT_LE(scene_.producer.queued() + scene_.producer.under_way(), kRecordsMax);
      ASSERT_TRUE(scene_.step());
    }
  }

  const ProducerCounters& counters() const { return scene_.producer.counters(); }
  Fates fates;
  std::uint64_t trace = 14695981039346656037u;
  std::int64_t to_inactive = 0;  // batches started on a stream that is not active in the current manifest

 private:
  static constexpr std::int64_t kBytesMax = 40000;
  static constexpr std::int64_t kRecordsMax = 6000;

  Manifest manifest_with(int active, std::int64_t generation) const {
    Manifest manifest = producer_manifest(8, generation);
    manifest.spec.record_ttl_s = storm_.ttl_s;
    manifest.spec.manifest_poll_s = 2;
    for (std::size_t i = static_cast<std::size_t>(active); i < 8; ++i)
      manifest.streams[i].state = EntryState::kDraining;
    return manifest;
  }

  ProducerOptions options() {
    ProducerOptions made{.bytes_max = kBytesMax, .records_max = kRecordsMax, .pack_lines_to_bytes = storm_.pack_to};
    made.hooks.acknowledged = [this](std::uint64_t tag, const std::string&) { ++fates.acknowledged[tag]; };
    made.hooks.lost = [this](std::uint64_t tag, const Loss& loss) {
      ++fates.lost[tag];
      if (loss.maybe_taken) ++fates.maybe_taken[tag];
    };
    made.hooks.maybe_duplicated = [this](std::uint64_t tag) { fates.maybe_duplicated[tag] = 1; };
    return made;
  }

  std::uint64_t percent() { return random_below(chance_, 100); }

  Fate resolve_desired(const Batch& batch) {
    note(static_cast<std::uint64_t>(scene_.now.time_since_epoch().count()));
    note(batch.records.size());
    note(static_cast<std::uint64_t>(batch.stream.back()));
    for (const ManifestEntry& entry : scene_.producer.manifest().streams) {
      if (entry.name == batch.stream && !entry.active()) ++to_inactive;
    }
    Fate fate{.latency = milliseconds(1 + random_below(chance_, 200))};
    const std::uint64_t draw = percent();
    if (draw < 10) fate.failure = PutFailure::kThrottled;
    if (draw >= 10 && draw < 15) fate.failure = PutFailure::kRefused;
    if (draw >= 15 && draw < 25) {
      fate.failure = PutFailure::kAmbiguous;
      fate.taken_all_the_same = percent() < 50;
    }
    if (draw >= 25 && draw < 27) fate.failure = PutFailure::kGone;
    if (draw >= 27 && draw < 29) fate.failure = PutFailure::kExpired;
    if (draw >= 29 && draw < 50) {
      fate.refuse = [this](const std::string&) { return percent() < 50 ? "ServiceUnavailableException" : ""; };
    }
    return fate;
  }

  std::optional<Manifest> reload() {
    const std::uint64_t draw = percent();
    if (draw < 30) return std::nullopt;
    if (draw < 40) return manifest_with(3, 1);
    if (draw < 60) return scene_.producer.manifest();
    return manifest_with(2 + static_cast<int>(random_below(chance_, 7)), ++generation_);
  }

  void count_taken(const std::string& record) {
    const char* end = record.data() + record.size();
    for (const char* at = record.data(); at < end; ++at) {
      std::size_t tag = 0;
      at = std::from_chars(at, end, tag).ptr;
      ++fates.taken[tag];
    }
  }

  void note(std::uint64_t value) { trace = (trace ^ value) * 1099511628211u; }

  Storm storm_;
  SeededEntropy chance_;
  std::int64_t generation_ = 1;
  ProducerScene scene_;
};

void expect_every_record_counted(const StormRun& run) {
  const Fates& fates = run.fates;
  std::size_t wrong = 0;
  std::int64_t twice = 0;
  for (std::size_t tag = 0; tag < fates.taken.size(); ++tag) {
    const bool acknowledged = fates.acknowledged[tag] == 1;
    const bool lost = fates.lost[tag] == 1;
    if (acknowledged == lost) ++wrong;  // exactly one of the two, once
    if (fates.acknowledged[tag] > 1 || fates.lost[tag] > 1) ++wrong;
    if (acknowledged && fates.taken[tag] == 0) ++wrong;
    if (lost && fates.taken[tag] > 0 && fates.maybe_taken[tag] == 0) ++wrong;
    if (fates.taken[tag] > 1) ++twice;
    if (fates.taken[tag] > 1 && fates.maybe_duplicated[tag] == 0) ++wrong;
  }
  EXPECT_EQ(wrong, 0u);
  EXPECT_EQ(run.to_inactive, 0);
  EXPECT_LE(twice, run.counters().maybe_duplicated);
  EXPECT_EQ(run.counters().offered, static_cast<std::int64_t>(fates.taken.size()));
}

TEST(ProducerStorm, AHundredThousandRecordsAndNoneLost) {
  StormRun run({.seed = 1, .records = 100000});
  run.run();
  expect_every_record_counted(run);
  EXPECT_EQ(run.counters().acknowledged, 100000);
  EXPECT_EQ(run.counters().expired + run.counters().fatal, 0);
  EXPECT_GT(run.counters().maybe_duplicated, 0) << "the storm must bring what it promises";
  EXPECT_GT(run.counters().resent, 10000);
  EXPECT_GT(run.counters().manifests_taken, 2);
  EXPECT_GT(run.counters().manifests_refused, 0);
}

TEST(ProducerStorm, ManySeedsAndShortLives) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    StormRun run({.seed = seed, .records = 3000, .ttl_s = 1, .pack_to = seed % 2 == 0 ? 40 : 0});
    run.run();
    expect_every_record_counted(run);
  }
}

TEST(ProducerStorm, TheSameSeedTheSameTrace) {
  std::set<std::uint64_t> traces;
  for (std::uint64_t seed : {7u, 7u, 8u}) {
    StormRun run({.seed = seed, .records = 5000});
    run.run();
    traces.insert(run.trace);
  }
  EXPECT_EQ(traces.size(), 2u);
}

}  // namespace
}  // namespace producer_storm_test
}  // namespace fhctl::pipeline
