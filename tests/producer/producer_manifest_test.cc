// How a producer follows the manifest: when it reads it again, which version it accepts, and what it sends in between.
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/producer/producer_scene.h"

namespace fhctl::pipeline {
namespace producer_manifest_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

Manifest draining(Manifest manifest, std::size_t index) {
  ++manifest.generation;
  manifest.streams[index].state = EntryState::kDraining;
  manifest.streams[index].weight = 0;
  return manifest;
}

void offer(ProducerScene& scene, int count) {
  for (int i = 0; i < count; ++i) ASSERT_EQ(scene.producer.offer("x", scene.now), Offer::kTaken);
}

std::set<std::string> streams_since(const ProducerScene& scene, std::size_t first) {
  std::set<std::string> streams;
  for (std::size_t i = first; i < scene.requests.size(); ++i) streams.insert(scene.requests[i].first);
  return streams;
}

TEST(ProducerManifest, NothingNewGoesToADrainingStreamAndWhatIsUnderWayEnds) {
  const Manifest manifest = producer_manifest(2);
  ProducerScene scene(manifest);
  for (int i = 0; i < 8; ++i) {
    offer(scene, 1);
    scene.send();
  }
  ASSERT_EQ(streams_since(scene, 0).size(), 2u) << "both are in use";
  offer(scene, 1000);
  const std::size_t before = scene.requests.size();
  EXPECT_TRUE(scene.producer.manifest_read(draining(manifest, 1), scene.now));
  scene.run_until_idle();
  EXPECT_EQ(streams_since(scene, before), (std::set<std::string>{"logs-1"}));
  EXPECT_EQ(scene.producer.counters().acknowledged, 1008);
  EXPECT_THAT(scene.taken["logs-2"], Not(IsEmpty())) << "its answers still count";
}

TEST(ProducerManifest, WhatADrainingStreamRefusesGoesElsewhere) {
  const Manifest manifest = producer_manifest(1);
  ProducerScene scene(manifest);
  offer(scene, 3);
  scene.resolve_desired = [](const Batch& batch) {
    return batch.stream == "logs-1" ? Fate{.failure = PutFailure::kThrottled} : Fate{};
  };
  scene.send();
  Manifest next = producer_manifest(2, 2);
  next.streams[0].state = EntryState::kDraining;
  scene.producer.manifest_read(next, scene.now);
  scene.run_until_idle();
  EXPECT_THAT(scene.taken["logs-2"], SizeIs(3));
  EXPECT_THAT(scene.requests, SizeIs(2));
}

TEST(ProducerManifest, WithoutAnActiveStreamRecordsWaitForOne) {
  ProducerScene scene(producer_manifest(1));
  std::optional<Manifest> published = draining(producer_manifest(1), 0);
  scene.reload = [&] { return published; };
  scene.producer.manifest_read(*published, scene.now);
  offer(scene, 5);
  scene.run_for(seconds(3));
  EXPECT_THAT(scene.requests, IsEmpty());
  EXPECT_LE(scene.reloads, 4);
  EXPECT_GE(scene.reloads, 3) << "it asks once a second";
  published = producer_manifest(1, 3);
  scene.run_until_idle();
  EXPECT_THAT(scene.taken["logs-1"], SizeIs(5));
}

TEST(ProducerManifest, OnlyANewerOneOfTheSamePipelineIsTaken) {
  struct Case {
    std::string what;
    std::function<void(Manifest&)> change;
    bool taken;
  };
  for (const Case& one : {
           Case{"newer", [](Manifest& next) { next.generation = 6; }, true},
           Case{"the same", [](Manifest& next) { next.generation = 5; }, false},
           Case{"older", [](Manifest& next) { next.generation = 4; }, false},
           Case{"a new epoch", [](Manifest& next) { next.epoch = "ffffffffffffffff"; }, true},
           Case{"an epoch of before",
                [](Manifest& next) {
                  next.epoch = "ffffffffffffffff";
                  next.generation = 4;
                },
                false},
           Case{"another pipeline", [](Manifest& next) { next.pipeline = "other"; }, false},
           Case{"another region", [](Manifest& next) { next.region = "eu-west-1"; }, false},
           Case{"another account", [](Manifest& next) { next.account = "123456789012"; }, false},
       }) {
    ProducerScene scene(producer_manifest(2, 5));
    Manifest next = producer_manifest(1, 6);
    one.change(next);
    EXPECT_EQ(scene.producer.manifest_read(next, scene.now), one.taken) << one.what;
    EXPECT_EQ(scene.producer.manifest().streams.size(), one.taken ? 1u : 2u) << one.what;
    EXPECT_EQ(scene.producer.counters().manifests_taken, one.taken ? 1 : 0) << one.what;
    const bool refused = !one.taken && one.what != "the same";
    EXPECT_EQ(scene.producer.counters().manifests_refused, refused ? 1 : 0) << one.what;
  }
}

TEST(ProducerManifest, ItIsReadEveryPollIntervalMoreOrLess) {
  const Manifest manifest = producer_manifest(1);
  ProducerScene scene(manifest);
  std::vector<Instant> read_at{scene.now};
  scene.reload = [&]() -> std::optional<Manifest> {
    read_at.push_back(scene.now);
    return manifest;
  };
  scene.run_for(seconds(3000));
  double least = 100;
  double most = 0;
  for (std::size_t i = 1; i < read_at.size(); ++i) {
    least = std::min(least, seconds_of(read_at[i] - read_at[i - 1]));
    most = std::max(most, seconds_of(read_at[i] - read_at[i - 1]));
  }
  EXPECT_NEAR(static_cast<double>(read_at.size()), 100, 5);
  EXPECT_GE(least, 24);
  EXPECT_LE(most, 36.001);
  EXPECT_GT(most - least, 6) << "not all producers at once";
}

TEST(ProducerManifest, TheLastGoodOneHoldsForEverAndIsCalledStale) {
  ProducerScene scene(producer_manifest(1));
  scene.reload = []() -> std::optional<Manifest> { return std::nullopt; };
  scene.run_for(seconds(590));
  EXPECT_FALSE(scene.producer.stale(scene.now));
  scene.run_for(seconds(20));
  EXPECT_TRUE(scene.producer.stale(scene.now));
  scene.run_for(seconds(3000));
  offer(scene, 2);
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.counters().acknowledged, 2);
  EXPECT_GT(scene.producer.counters().manifests_failed, 90);
  scene.reload = [] { return producer_manifest(1); };
  scene.run_for(seconds(40));
  EXPECT_FALSE(scene.producer.stale(scene.now)) << "the same generation, but seen";
}

// A program that was suspended during a whole drain must not send to a stream that was deleted.
TEST(ProducerManifest, AfterALongSleepTheManifestComesFirst) {
  const Manifest manifest = producer_manifest(2);
  ProducerScene scene(manifest);
  scene.advance(std::chrono::minutes(10));
  offer(scene, 4);
  scene.send();
  EXPECT_THAT(scene.requests, IsEmpty());
  ASSERT_TRUE(scene.producer.wants_manifest(scene.now));
  scene.producer.reading_manifest(scene.now);
  EXPECT_FALSE(scene.producer.wants_manifest(scene.now)) << "once";
  scene.advance(milliseconds(300));
  scene.producer.manifest_read(draining(manifest, 0), scene.now);
  scene.run_until_idle();
  EXPECT_EQ(streams_since(scene, 0), (std::set<std::string>{"logs-2"}));
}

TEST(ProducerManifest, AReadingFromBeforeTheSleepDoesNotCount) {
  const Manifest manifest = producer_manifest(2);
  ProducerScene scene(manifest);
  scene.producer.reading_manifest(scene.now);
  scene.advance(std::chrono::minutes(10));
  scene.producer.manifest_read(manifest, scene.now);
  offer(scene, 1);
  scene.send();
  EXPECT_THAT(scene.requests, IsEmpty());
  EXPECT_TRUE(scene.producer.wants_manifest(scene.now));
}

// It was suspended while it held its records back. The time of the suspension does not count as time spent reading.
TEST(ProducerManifest, SuspensionDoesNotCountAsWaitingForTheManifest) {
  const Manifest manifest = producer_manifest(2);
  ProducerScene scene(manifest);
  scene.producer.reading_manifest(scene.now);
  scene.advance(seconds(40));
  offer(scene, 1);
  scene.send();
  EXPECT_THAT(scene.requests, IsEmpty()) << "overdue";
  scene.advance(std::chrono::minutes(15));
  offer(scene, 1);
  scene.send();
  EXPECT_THAT(scene.requests, IsEmpty());
  scene.producer.manifest_read(manifest, scene.now);
  scene.send();
  EXPECT_THAT(scene.requests, IsEmpty()) << "read before the sleep";
  ASSERT_TRUE(scene.producer.wants_manifest(scene.now));
  scene.producer.reading_manifest(scene.now);
  scene.producer.manifest_read(draining(manifest, 0), scene.now);
  scene.run_until_idle();
  EXPECT_EQ(streams_since(scene, 0), (std::set<std::string>{"logs-2"}));
}

TEST(ProducerManifest, AnUnreadableManifestDoesNotStopTheProducer) {
  ProducerScene failing(producer_manifest(1));
  failing.advance(seconds(45));
  offer(failing, 1);
  failing.producer.reading_manifest(failing.now);
  failing.producer.manifest_failed(failing.now);
  failing.run_until_idle();
  EXPECT_EQ(failing.producer.counters().acknowledged, 1);

  ProducerScene hanging(producer_manifest(1));
  hanging.advance(seconds(45));
  const Instant awake = hanging.now;
  offer(hanging, 1);
  hanging.producer.reading_manifest(hanging.now);
  hanging.run_until_idle();
  EXPECT_EQ(hanging.producer.counters().acknowledged, 1);
  EXPECT_EQ(hanging.sent_at.at(0) - awake, seconds(5));
}

// During a whole drain a stream may have been deleted, and a stream in DELETING accepts records that it loses.
TEST(ProducerManifest, AfterALongSleepItTakesAManifestAndNotATry) {
  const Manifest manifest = producer_manifest(2);
  ProducerScene scene(manifest);
  scene.advance(std::chrono::minutes(10));
  scene.producer.reading_manifest(scene.now);
  scene.producer.manifest_failed(scene.now);
  offer(scene, 1);
  scene.send();
  EXPECT_THAT(scene.requests, IsEmpty());
  scene.advance(seconds(1));
  EXPECT_TRUE(scene.producer.wants_manifest(scene.now)) << "every second";
  scene.producer.reading_manifest(scene.now);
  scene.producer.manifest_read(draining(manifest, 0), scene.now);
  scene.run_until_idle();
  EXPECT_EQ(streams_since(scene, 0), (std::set<std::string>{"logs-2"}));

  ProducerScene cut_off(manifest);
  cut_off.advance(std::chrono::minutes(10));
  const Instant awake = cut_off.now;
  cut_off.reload = []() -> std::optional<Manifest> { return std::nullopt; };
  while (cut_off.requests.empty() && cut_off.now - awake < std::chrono::hours(1)) {
    if (cut_off.producer.idle()) offer(cut_off, 1);
    cut_off.run_for(seconds(1));
  }
  EXPECT_NEAR(seconds_of(cut_off.now - awake), 600, 3) << "stale_s: then the last good one holds";
}

// A producer that may have missed a manifest sends only to streams that show its traffic: those are never deleted.
TEST(ProducerManifest, WithoutAReadableManifestItKeepsToTheStreamsThatItKeepsBusy) {
  ProducerScene scene(producer_manifest(10));
  scene.reload = []() -> std::optional<Manifest> { return std::nullopt; };
  const auto send_for = [&](Duration duration, Duration every) {
    const Instant until = scene.now + duration;
    while (scene.now < until) {
      offer(scene, 1);
      scene.run_for(every);
    }
  };
  send_for(seconds(60), milliseconds(200));
  EXPECT_EQ(streams_since(scene, 0).size(), 10u) << "it was read a minute ago";
  send_for(seconds(30), seconds(10));
  const std::size_t before = scene.requests.size();
  send_for(std::chrono::minutes(20), seconds(25));
  std::map<std::string, Instant> last;
  for (std::size_t i = 0; i < scene.requests.size(); ++i) {
    const auto known = last.find(scene.requests[i].first);
    if (i >= before && known != last.end()) {
      EXPECT_LE(scene.sent_at[i] - known->second, seconds(61)) << i;
    }
    last[scene.requests[i].first] = scene.sent_at[i];
  }
  EXPECT_EQ(scene.producer.counters().expired, 0) << "and nothing is held back";
  const std::size_t rare = scene.requests.size();
  send_for(std::chrono::minutes(30), std::chrono::minutes(2));
  EXPECT_EQ(streams_since(scene, rare).size(), 1u) << "the last one that took something";
}

TEST(ProducerManifest, AStreamThatIsGoneIsAskedAboutAtOnceButOnceASecond) {
  const Manifest manifest = producer_manifest(3);
  ProducerScene scene(manifest);
  scene.resolve_desired = [](const Batch& batch) {
    return batch.stream == "logs-1" ? Fate{.failure = PutFailure::kGone} : Fate{};
  };
  scene.reload = [&]() -> std::optional<Manifest> {
    return scene.reloads < 3 ? std::nullopt : std::optional<Manifest>(draining(manifest, 0));
  };
  for (int i = 0; i < 500; ++i) {
    offer(scene, 1);
    scene.run_for(milliseconds(10));
  }
  scene.run_until_idle();
  EXPECT_EQ(scene.reloads, 3) << "two failed, a second apart";
  EXPECT_EQ(scene.producer.counters().acknowledged, 500);
  EXPECT_EQ(scene.producer.counters().expired, 0);
}

TEST(ProducerManifest, AFixedOneIsNeverWanted) {
  ProducerScene scene(producer_manifest(1), {.manifest_is_fixed = true});
  EXPECT_EQ(scene.producer.wake_at(scene.now), kNever);
  scene.advance(std::chrono::hours(5));
  EXPECT_FALSE(scene.producer.wants_manifest(scene.now));
  EXPECT_EQ(scene.producer.wake_at(scene.now), kNever);
  offer(scene, 1);
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.counters().acknowledged, 1);
}

}  // namespace
}  // namespace producer_manifest_test
}  // namespace fhctl::pipeline
