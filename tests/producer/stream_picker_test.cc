#include "core/producer/stream_picker.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace stream_picker_test {
namespace {

using std::chrono::seconds;

constexpr Instant kNow{std::chrono::hours(1)};
constexpr BatchWanted kSmall{1, 1, 1};

ManifestEntry entry(std::string name, ExtensibleEnum<EntryState> state = EntryState::kActive, int weight = 100) {
  ManifestEntry made;
  made.name = std::move(name);
  made.state = state;
  made.weight = weight;
  return made;
}

Manifest manifest_of(std::vector<ManifestEntry> entries) {
  Manifest manifest;
  manifest.region = "us-west-2";
  manifest.streams = std::move(entries);
  return manifest;
}

StreamPicker choice_of(std::vector<ManifestEntry> entries, int batches_max = 100, std::string pinned = "") {
  return StreamPicker(manifest_of(std::move(entries)), std::move(pinned), batches_max, kNow);
}

std::map<std::string, int> draws(const StreamPicker& choice, int times, Instant now = kNow, std::string avoid = "") {
  SeededEntropy entropy(7);
  std::map<std::string, int> counts;
  for (int i = 0; i < times; ++i) ++counts[choice.pick(kSmall, now, entropy, avoid).value_or("none")];
  return counts;
}

using Counts = std::map<std::string, int>;

TEST(StreamPicker, OnlyActiveStreamsWithAWeight) {
  StreamPicker choice = choice_of({entry("a"), entry("b", EntryState::kDraining, 0), entry("c", EntryState::kActive, 0),
                                   entry("d", ExtensibleEnum<EntryState>::parse("new"))});
  EXPECT_EQ(draws(choice, 20), (Counts{{"a", 20}}));
  StreamPicker none = choice_of({entry("a", EntryState::kDraining, 0)});
  EXPECT_EQ(draws(none, 1), (Counts{{"none", 1}}));
  EXPECT_FALSE(none.has_stream());
  EXPECT_TRUE(none.all_out(kNow));
}

TEST(StreamPicker, APinnedStreamOnlyWhileItIsActive) {
  StreamPicker choice = choice_of({entry("a"), entry("b")}, 100, "b");
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
  choice.replace(manifest_of({entry("a"), entry("b", EntryState::kDraining, 0)}), kNow);
  EXPECT_FALSE(choice.has_stream());
}

TEST(StreamPicker, TheOneThatRefusedOnlyWhenThereIsNoOther) {
  StreamPicker choice = choice_of({entry("a"), entry("b"), entry("c")});
  EXPECT_EQ(draws(choice, 50, kNow, "b").count("b"), 0u);
  EXPECT_EQ(draws(choice_of({entry("a")}), 3, kNow, "a"), (Counts{{"a", 3}}));
}

TEST(StreamPicker, TheLessLoadedOfTwo) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  choice.started("a", {1000, 1, 1}, kNow);
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
  choice.started("b", {2000, 1, 1}, kNow);
  EXPECT_EQ(draws(choice, 20), (Counts{{"a", 20}}));
}

TEST(StreamPicker, IdleStreamsShareByWeight) {
  Counts counts = draws(choice_of({entry("a", EntryState::kActive, 300), entry("b"), entry("c")}), 5000);
  // The first of two that are equal is taken: 300 of 500.
  EXPECT_NEAR(counts["a"], 3000, 150);
  EXPECT_NEAR(counts["b"], 1000, 150);
}

TEST(StreamPicker, APenaltyDoublesAndHalvesEachSecond) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  choice.penalise("a", kNow);
  choice.penalise("a", kNow);                                  // 128 KiB
  choice.started("b", {40 * 1024, 1, 1}, kNow - seconds(60));  // in flight, started long ago
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
  EXPECT_EQ(draws(choice, 20, kNow + seconds(1)), (Counts{{"b", 20}}));
  EXPECT_EQ(draws(choice, 20, kNow + seconds(2)), (Counts{{"a", 20}}));
}

TEST(StreamPicker, ThrottlingIsPenalisedToo) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  choice.started("b", {40 * 1024, 1, 1}, kNow - seconds(60));  // less than a first penalty
  EXPECT_EQ(draws(choice, 20), (Counts{{"a", 20}}));
  choice.throttled("a", kNow, kNow);
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
}

TEST(StreamPicker, WhatHasEndedIsNoLoad) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  choice.started("a", {40 * 1024, 1, 1}, kNow - seconds(60));
  choice.started("b", {1024, 1, 1}, kNow - seconds(60));
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
  choice.ended("a", {40 * 1024, 1, 1});
  EXPECT_EQ(draws(choice, 20), (Counts{{"a", 20}}));
}

TEST(StreamPicker, AStreamWithoutBudgetIsLeftAlone) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  const PutCost second{5 << 20, 1, 1};
  choice.started("a", second, kNow);
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
  choice.started("b", second, kNow);
  EXPECT_EQ(draws(choice, 1), (Counts{{"none", 1}}));
  const BatchWanted much{100000, 10 << 20, 100};
  const Instant ready = choice.ready_at(much, kNow);
  EXPECT_NEAR(seconds_of(ready - kNow), 0.25, 1e-3) << "not for every byte that drips in";
  SeededEntropy entropy(1);
  EXPECT_TRUE(choice.pick(much, ready, entropy, ""));
}

TEST(StreamPicker, TheLimitsOfTheManifestCountElseTheRegionsAndEachProducerHasItsShare) {
  Manifest manifest = manifest_of({entry("usual"), entry("raised")});
  manifest.streams[1].limits = {1000000, 300, 40};
  manifest.spec.producers = 2;
  StreamPicker choice(manifest, "", 100, kNow);
  EXPECT_EQ(choice.batch_max("usual", kNow).bytes, 5242880 / 2);
  EXPECT_EQ(choice.batch_max("usual", kNow).records, 500);
  EXPECT_EQ(choice.batch_max("raised", kNow).bytes, 500000);
  EXPECT_EQ(choice.batch_max("raised", kNow).records, 150);
}

TEST(StreamPicker, NoMoreBatchesToOneStreamThanAllowed) {
  StreamPicker choice = choice_of({entry("a")}, 2);
  choice.started("a", {1, 1, 1}, kNow);
  EXPECT_EQ(draws(choice, 1), (Counts{{"a", 1}}));
  choice.started("a", {1, 1, 1}, kNow);
  EXPECT_EQ(draws(choice, 1), (Counts{{"none", 1}}));
  EXPECT_EQ(choice.ready_at(kSmall, kNow), kNever) << "only an answer helps";
  choice.ended("a", {1, 1, 1});
  EXPECT_EQ(draws(choice, 1), (Counts{{"a", 1}}));
}

TEST(StreamPicker, FiveFailuresInARowLeaveItOut) {
  StreamPicker choice = choice_of({entry("a")});
  for (int i = 0; i < 4; ++i) choice.failed("a", kNow);
  choice.took("a");
  for (int i = 0; i < 4; ++i) choice.failed("a", kNow);
  EXPECT_FALSE(choice.all_out(kNow));
  choice.failed("a", kNow);
  EXPECT_TRUE(choice.all_out(kNow));
  EXPECT_TRUE(choice.has_stream());
  EXPECT_EQ(choice.ready_at(kSmall, kNow), kNow + seconds(1));
  // Then one batch at a time; another failure excludes it for longer.
  Instant now = kNow + seconds(1);
  choice.started("a", {1, 1, 1}, now);
  EXPECT_EQ(choice.ready_at(kSmall, now), kNever);
  choice.ended("a", {1, 1, 1});
  choice.failed("a", now);
  EXPECT_EQ(choice.ready_at(kSmall, now), now + seconds(2));
  for (int i = 0; i < 10; ++i) {
    now = choice.ready_at(kSmall, now);
    choice.failed("a", now);
  }
  EXPECT_EQ(choice.ready_at(kSmall, now), now + seconds(10));
  choice.took("a");  // a response to an earlier batch
  EXPECT_EQ(choice.ejections("a"), 12);
}

TEST(StreamPicker, AStreamThatIsGoneComesBackWithAManifestOrAfterAMinute) {
  const Manifest manifest = manifest_of({entry("a"), entry("b")});
  StreamPicker choice(manifest, "", 100, kNow);
  EXPECT_TRUE(choice.gone("a", kNow));
  EXPECT_FALSE(choice.gone("unknown", kNow));
  EXPECT_EQ(draws(choice, 20), (Counts{{"b", 20}}));
  EXPECT_EQ(draws(choice, 50, kNow + seconds(61)).size(), 2u);
  choice.replace(manifest, kNow);
  EXPECT_EQ(draws(choice, 20).size(), 2u);
}

TEST(StreamPicker, AReloadKeepsWhatIsKnown) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  choice.started("a", {1000, 1, 1}, kNow);
  choice.replace(manifest_of({entry("a"), entry("b"), entry("c")}), kNow);
  EXPECT_EQ(draws(choice, 50).count("a"), 0u);
}

// A batch starts every 10 ms and takes a second. Choosing the better of two must keep the fullest stream near the mean.
TEST(StreamPicker, TwoChoicesSpreadEvenly) {
  std::vector<ManifestEntry> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(entry("s" + std::to_string(i)));
  StreamPicker choice = choice_of(std::move(entries));
  SeededEntropy entropy(11);
  Counts counts;
  std::vector<std::string> under_way;
  for (std::size_t i = 0; i < 2000; ++i) {
    const Instant now = kNow + std::chrono::milliseconds(10 * i);
    if (i >= 100) choice.ended(under_way[i - 100], {1000, 1, 1});
    std::string stream = *choice.pick(kSmall, now, entropy, "");
    choice.started(stream, {1000, 1, 1}, now);
    under_way.push_back(stream);
    ++counts[stream];
  }
  int most = 0;
  for (const auto& [name, count] : counts) most = std::max(most, count);
  EXPECT_EQ(counts.size(), 20u);
  EXPECT_LE(most, 110) << "the mean is 100";
}

TEST(StreamPicker, AStreamThatDeniesAccessIsLeftOutLongerEachTime) {
  StreamPicker choice = choice_of({entry("a"), entry("b")});
  EXPECT_EQ(choice.denials(), 0);
  Instant now = kNow;
  for (const int left_out : {5, 10, 20, 40, 60, 60}) {
    choice.denied("a", now);
    choice.denied("a", now);  // a second batch that was in flight
    EXPECT_EQ(draws(choice, 20, now + seconds(left_out) - std::chrono::milliseconds(1)), (Counts{{"b", 20}}));
    now += seconds(left_out);
    EXPECT_GT(draws(choice, 20, now)["a"], 0) << left_out;
  }
  EXPECT_EQ(choice.denials(), 0) << "b has denied nothing";
  choice.denied("b", now);
  EXPECT_EQ(choice.denials(), 1);
  choice.took("a", now);
  EXPECT_EQ(choice.denials(), 0);
  choice.denied("a", now);
  EXPECT_GT(draws(choice, 20, now + seconds(5))["a"], 0) << "the time begins again";
  choice.denied("unknown", now);
}

}  // namespace
}  // namespace stream_picker_test
}  // namespace fhctl::pipeline
