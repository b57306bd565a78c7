#include "core/publish/publisher.h"
#include "core/plan/manifest_build.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace publisher_test {
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
  return {{{1, firehose::Status::kActive}, {2, firehose::Status::kActive}, {3, firehose::Status::kCreating}},
          std::move(leaving)};
}

TEST(BuildManifest, ListsWhatIsActiveWithTheLimitsOfTheRegion) {
  const Manifest manifest = build_manifest(desired_with({1, 2, 3}), streams({}), std::nullopt, kNow);
  ASSERT_EQ(manifest.streams.size(), 2u);
  EXPECT_EQ(manifest.generation, 1'768'903'451);
  for (const ManifestEntry& entry : manifest.streams) {
    EXPECT_EQ(entry.state.text(), "active");
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
  // The spec of the shrinking run has a shorter interval, but the last records were accepted under the longer one.
  desired = desired_with({1});
  desired.spec.buffer_interval_s = 60;
  desired.spec.flush_margin_s = 30;
  const Manifest begun = build_manifest(desired, streams({2}), before, kNow);
  EXPECT_EQ(begun.streams[1].state.text(), "draining");
  EXPECT_EQ(begun.streams[1].weight, 0);
  EXPECT_EQ(begun.streams[1].drain_flush_s, 330);
  desired.spec.flush_margin_s = 0;
  const Manifest later = build_manifest(desired, streams({2}), begun, kNow + std::chrono::minutes(5));
  EXPECT_EQ(later.streams[1].drain_flush_s, 330);
  EXPECT_EQ(later.streams[1].drain_started_at, begun.streams[1].drain_started_at);
  // Made active again and drained again: the current interval counts.
  const Manifest back = build_manifest(desired_with({1, 2}), streams({}), later, kNow);
  EXPECT_EQ(back.streams[1].drain_flush_s, 0);
  EXPECT_EQ(build_manifest(desired, streams({2}), back, kNow).streams[1].drain_flush_s, 60);
}

TEST(BuildManifest, AManifestOfAPreviousIncarnationIsNotUsedForTheDrain) {
  Desired desired = desired_with({1, 2});
  desired.spec.buffer_interval_s = 900;
  Manifest before = build_manifest(desired, streams({2}), std::nullopt, kNow);
  before.epoch = "another-life";
  const Manifest manifest = build_manifest(desired_with({1}), streams({2}), before, kNow);
  EXPECT_EQ(manifest.streams[1].drain_flush_s, 120);
  EXPECT_GT(manifest.generation, before.generation);
}

// Streams "1:ACTIVE" with the tags of the pipeline that desired_with() describes.
Observed observed_with(const std::map<int, firehose::StreamStatus>& statuses) {
  Observed observed;
  observed.identity = desired_with({}).identity;
  observed.name = "logs";
  observed.id = desired_with({}).id;
  for (const auto& [number, status] : statuses) {
    StreamState& stream = observed.streams[number];
    stream.number = number;
    stream.description.name = stream_name("logs", number);
    stream.description.status = status;
    stream.tags = {{kPipelineTag, "logs"}, {kRegionTag, "eu-central-1"}, {kIdTag, observed.id}};
  }
  return observed;
}

TEST(StreamsNow, AreOursAndAlive) {
  Observed observed = observed_with({{1, firehose::Status::kActive},
                                     {2, firehose::Status::kDeleting},
                                     {3, firehose::Status::kActive},
                                     {4, firehose::Status::kCreating},
                                     {5, firehose::Status::kActive}});
  observed.streams.at(3).tags = {};
  const StreamsNow now = streams_now(desired_with({1, 4}), observed);
  EXPECT_EQ(now.statuses,
            (std::map<int, firehose::StreamStatus>{
                {1, firehose::Status::kActive}, {4, firehose::Status::kCreating}, {5, firehose::Status::kActive}}));
  EXPECT_EQ(now.leaving, std::set<int>{5});
}

TEST(ManifestLags, SaysWhyAPublicationIsDue) {
  const Desired desired = desired_with({1, 2});
  const std::map<int, firehose::StreamStatus> both = {{1, firehose::Status::kActive}, {2, firehose::Status::kActive}};
  Observed observed = observed_with(both);
  EXPECT_EQ(manifest_lags(desired, observed), "never published, or deleted outside fhctl");
  const auto published = [&](const Members& members) {
    return build_manifest(desired_with(members), streams_now(desired_with(members), observed_with(both)), std::nullopt,
                          kNow);
  };
  observed.manifest = published({1, 2});
  EXPECT_EQ(manifest_lags(desired, observed), std::nullopt);
  observed.manifest->endpoint_url = "http://127.0.0.1:4566";
  EXPECT_EQ(manifest_lags(desired, observed), std::nullopt);
  observed.manifest = published({1});
  EXPECT_EQ(manifest_lags(desired, observed), "logs-2 does not drain any more");
  observed.manifest = published({});
  EXPECT_EQ(manifest_lags(desired, observed), "logs-1, logs-2 do not drain any more");
  observed.manifest = published({1, 2});
  EXPECT_EQ(manifest_lags(desired_with({1}), observed), "it does not say what the streams and the spec are now");
  observed.manifest->epoch = "another-life";
  EXPECT_EQ(manifest_lags(desired, observed), "the published one is of an earlier life of this pipeline");
  observed.manifest_problem = Error{};
  EXPECT_EQ(manifest_lags(desired, observed), "the published one cannot be read");
}

TEST(ManifestLags, AMemberThatIsBeingCreatedMustBePublishedLater) {
  Observed observed = observed_with(
      {{1, firehose::Status::kActive}, {2, firehose::Status::kCreating}, {3, firehose::Status::kCreating}});
  observed.manifest = build_manifest(desired_with({1}), streams_now(desired_with({1}), observed), std::nullopt, kNow);
  EXPECT_EQ(manifest_lags(desired_with({1, 2, 3}), observed), "2 streams are still CREATING and not published");
  EXPECT_EQ(manifest_lags(desired_with({1, 2}), observed), "1 stream is still CREATING and not published");
  EXPECT_EQ(manifest_lags(desired_with({1}), observed), std::nullopt);  // no longer a member
}

TEST(ManifestLags, AMemberInAnUnknownStateIsStillPending) {
  Observed observed = observed_with({{1, firehose::Status::kActive}, {2, firehose::StreamStatus::parse("SUSPENDED")}});
  observed.manifest =
      build_manifest(desired_with({1, 2}), streams_now(desired_with({1, 2}), observed), std::nullopt, kNow);
  EXPECT_EQ(manifest_lags(desired_with({1, 2}), observed), "logs-2 is SUSPENDED");
  EXPECT_EQ(manifest_lags(desired_with({1}), observed), std::nullopt);
}

}  // namespace
}  // namespace publisher_test
}  // namespace fhctl::pipeline
