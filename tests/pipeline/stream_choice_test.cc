#include "core/pipeline/stream_choice.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace {

constexpr Instant kNow{std::chrono::hours(1)};

ManifestEntry entry(std::string name, std::string state = "active", int weight = 100) {
  ManifestEntry made;
  made.name = std::move(name);
  made.state = std::move(state);
  made.weight = weight;
  return made;
}

Manifest manifest_of(std::vector<ManifestEntry> entries) {
  Manifest manifest;
  manifest.streams = std::move(entries);
  return manifest;
}

std::map<std::string, int> draws(const StreamChoice& choice, int times, Instant now = kNow, std::string avoid = "") {
  SeededEntropy entropy(7);
  std::map<std::string, int> counts;
  for (int i = 0; i < times; ++i) ++counts[choice.pick(now, entropy, avoid).value_or("none")];
  return counts;
}

TEST(StreamChoice, OnlyActiveStreamsWithAWeight) {
  StreamChoice choice(manifest_of({entry("a"), entry("b", "draining", 0), entry("c", "active", 0), entry("d", "new")}),
                      "");
  EXPECT_EQ(draws(choice, 20), (std::map<std::string, int>{{"a", 20}}));
  EXPECT_EQ(draws(StreamChoice(manifest_of({entry("a", "draining", 0)}), ""), 1),
            (std::map<std::string, int>{{"none", 1}}));
}

TEST(StreamChoice, APinnedStreamOnlyWhileItIsActive) {
  Manifest manifest = manifest_of({entry("a"), entry("b")});
  StreamChoice choice(manifest, "b");
  EXPECT_EQ(draws(choice, 20), (std::map<std::string, int>{{"b", 20}}));
  manifest.streams[1].state = "draining";
  choice.replace(manifest);
  EXPECT_TRUE(choice.empty());
}

TEST(StreamChoice, TheOneThatRefusedOnlyWhenThereIsNoOther) {
  StreamChoice choice(manifest_of({entry("a"), entry("b"), entry("c")}), "");
  EXPECT_EQ(draws(choice, 50, kNow, "b").count("b"), 0u);
  StreamChoice single(manifest_of({entry("a")}), "");
  EXPECT_EQ(draws(single, 3, kNow, "a"), (std::map<std::string, int>{{"a", 3}}));
}

TEST(StreamChoice, TheLessLoadedOfTwo) {
  StreamChoice choice(manifest_of({entry("a"), entry("b")}), "");
  choice.add_under_way("a", 1000);
  EXPECT_EQ(draws(choice, 20), (std::map<std::string, int>{{"b", 20}}));
  choice.add_under_way("b", 2000);
  EXPECT_EQ(draws(choice, 20), (std::map<std::string, int>{{"a", 20}}));
}

TEST(StreamChoice, IdleStreamsShareByWeight) {
  StreamChoice choice(manifest_of({entry("a", "active", 300), entry("b", "active", 100), entry("c", "active", 100)}),
                      "");
  std::map<std::string, int> counts = draws(choice, 5000);
  // The first of two that are equal is taken: 300 of 500.
  EXPECT_NEAR(counts["a"], 3000, 150);
  EXPECT_NEAR(counts["b"], 1000, 150);
}

TEST(StreamChoice, APenaltyDoublesAndHalvesEachSecond) {
  StreamChoice choice(manifest_of({entry("a"), entry("b")}), "");
  choice.penalise("a", kNow);
  choice.penalise("a", kNow);  // 128 KiB
  choice.add_under_way("b", 40 * 1024);
  EXPECT_EQ(draws(choice, 20), (std::map<std::string, int>{{"b", 20}}));
  EXPECT_EQ(draws(choice, 20, kNow + std::chrono::seconds(1)), (std::map<std::string, int>{{"b", 20}}));
  EXPECT_EQ(draws(choice, 20, kNow + std::chrono::seconds(2)), (std::map<std::string, int>{{"a", 20}}));
}

TEST(StreamChoice, ADroppedStreamComesBackOnlyWithAManifest) {
  Manifest manifest = manifest_of({entry("a"), entry("b")});
  StreamChoice choice(manifest, "");
  choice.drop("a");
  choice.add_under_way("a", 5);
  choice.penalise("a", kNow);
  EXPECT_EQ(draws(choice, 20), (std::map<std::string, int>{{"b", 20}}));
  choice.replace(manifest);
  EXPECT_EQ(draws(choice, 20).size(), 2u);
}

TEST(StreamChoice, AReloadKeepsTheScores) {
  Manifest manifest = manifest_of({entry("a"), entry("b")});
  StreamChoice choice(manifest, "");
  choice.add_under_way("a", 1000);
  manifest.streams.push_back(entry("c"));
  choice.replace(manifest);
  EXPECT_EQ(draws(choice, 50).count("a"), 0u);
}

// Batches that take a second each, one every 10 ms: two choices must keep the fullest stream near the mean.
TEST(StreamChoice, TwoChoicesSpreadEvenly) {
  std::vector<ManifestEntry> entries;
  for (int i = 0; i < 20; ++i) entries.push_back(entry("s" + std::to_string(i)));
  StreamChoice choice(manifest_of(std::move(entries)), "");
  SeededEntropy entropy(11);
  std::map<std::string, int> counts;
  std::vector<std::string> under_way;
  for (std::size_t i = 0; i < 2000; ++i) {
    if (i >= 100) choice.add_under_way(under_way[i - 100], -1000);
    std::string stream = *choice.pick(kNow, entropy, "");
    choice.add_under_way(stream, 1000);
    under_way.push_back(stream);
    ++counts[stream];
  }
  int most = 0;
  for (const auto& [name, count] : counts) most = std::max(most, count);
  EXPECT_EQ(counts.size(), 20u);
  EXPECT_LE(most, 120) << "the mean is 100";
}

}  // namespace
}  // namespace fhctl::pipeline
