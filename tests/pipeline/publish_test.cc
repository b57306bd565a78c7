#include "core/pipeline/publish.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace {

constexpr WallTime kNow{std::chrono::seconds(1'768'903'451)};

Desired desired_with(Members members) {
  Desired desired;
  desired.id = "5c0e2b7f9a1d4e36";
  desired.identity = {"123456789012", "aws", "eu-central-1", ""};
  desired.spec.name = "logs";
  desired.spec.bucket = "logs-bucket";
  desired.members = std::move(members);
  return desired;
}

StreamsNow streams(std::set<int> leaving) {
  return {{{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "CREATING"}}, std::move(leaving)};
}

TEST(BuildManifest, ListsWhatIsActiveWithTheLimitsOfTheRegion) {
  const Manifest manifest = build_manifest(desired_with({1, 2, 3}), streams({}), std::nullopt, kNow);
  ASSERT_EQ(manifest.streams.size(), 2u);
  EXPECT_EQ(manifest.generation, 1'768'903'451);
  for (const ManifestEntry& entry : manifest.streams) {
    EXPECT_EQ(entry.state, "active");
    EXPECT_EQ(entry.weight, 100);
    EXPECT_EQ(entry.limits, stream_limits("eu-central-1"));
    EXPECT_EQ(entry.limits_source, "region-default");
    EXPECT_EQ(entry.drain_flush_s, 0);
  }
}

TEST(BuildManifest, ADrainTakesTheLongerBufferIntervalAndKeepsIt) {
  Desired desired = desired_with({1, 2});
  desired.spec.buffer_interval_s = 300;
  const Manifest before = build_manifest(desired, streams({}), std::nullopt, kNow);
  // The spec of the run that shrinks has a shorter interval; the last records still came under the long one.
  desired = desired_with({1});
  desired.spec.buffer_interval_s = 60;
  desired.spec.flush_margin_s = 30;
  const Manifest begun = build_manifest(desired, streams({2}), before, kNow);
  EXPECT_EQ(begun.streams[1].state, "draining");
  EXPECT_EQ(begun.streams[1].weight, 0);
  EXPECT_EQ(begun.streams[1].drain_flush_s, 330);
  desired.spec.flush_margin_s = 0;
  const Manifest later = build_manifest(desired, streams({2}), begun, kNow + std::chrono::minutes(5));
  EXPECT_EQ(later.streams[1].drain_flush_s, 330);
  EXPECT_EQ(later.streams[1].drain_started_at, begun.streams[1].drain_started_at);
  // Taken back and drained again: the interval of now counts.
  const Manifest back = build_manifest(desired_with({1, 2}), streams({}), later, kNow);
  EXPECT_EQ(back.streams[1].drain_flush_s, 0);
  EXPECT_EQ(build_manifest(desired, streams({2}), back, kNow).streams[1].drain_flush_s, 60);
}

TEST(BuildManifest, AManifestOfAnEarlierLifeSaysNothingAboutTheDrain) {
  Desired desired = desired_with({1, 2});
  desired.spec.buffer_interval_s = 900;
  Manifest before = build_manifest(desired, streams({2}), std::nullopt, kNow);
  before.epoch = "another-life";
  const Manifest manifest = build_manifest(desired_with({1}), streams({2}), before, kNow);
  EXPECT_EQ(manifest.streams[1].drain_flush_s, 120);
  EXPECT_GT(manifest.generation, before.generation);
}

}  // namespace
}  // namespace fhctl::pipeline
