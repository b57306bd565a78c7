// Guarantees of fhctl at every point of a run, and about time.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/budget.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/invariants/ownership_log.h"

namespace fhctl::test {
namespace promise_test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;

// Resources that exist, are not DELETING, and that a destroy would not find. Must always be empty.
std::string forgotten(Simulation& world) {
  ConvergeOptions options;
  options.plan_only = true;
  options.intent.verb = Intent::Verb::kDestroy;
  options.intent.empty_bucket = true;
  const RunResult plan = world.run(options);
  std::set<std::string> found;
  if (plan.outcome && *plan.outcome) {
    for (const pipeline::Step& step : (**plan.outcome).plan.steps) found.insert(step.resource.name);
  }
  std::string text;
  for (const ThingKey& key : OwnershipLog::alive(world.cloud.world())) {
    const auto& streams = world.cloud.world().firehose->streams;
    if (key.thing == Thing::kStream && streams.at({key.region, key.name}).status == sandbox::StreamStatus::kDeleting) {
      continue;
    }
    if (!found.contains(key.name)) text += key.text() + "; ";
  }
  return text.empty() || plan.succeeded() ? text : text + plan.error();
}

struct Work {
  const char* name;
  int before;
  std::function<RunResult(Simulation&, const Disturbance&)> act;
};

class NothingForgotten : public testing::TestWithParam<Work> {};

TEST_P(NothingForgotten, WhereverARunIsKilled) {
  const Work& work = GetParam();
  int looked = 0;
  for (const bool after_effect : {false, true}) {
    for (int k = 1;; k += stride()) {
      SCOPED_TRACE(testing::Message() << "killed at request " << k << (after_effect ? ", after" : ", before"));
      Simulation world;
      if (work.before > 0) {
        ASSERT_TRUE(world.up(work.before).succeeded());
      }
      if (!work.act(world, {.kill_at = k, .after_effect = after_effect}).killed) break;
      ASSERT_EQ(forgotten(world), "");
      ++looked;
    }
  }
  EXPECT_GT(looked * stride(), 20);
}

INSTANTIATE_TEST_SUITE_P(
    Sim, NothingForgotten,
    testing::Values(Work{"Up", 0, [](Simulation& world, const Disturbance& d) { return world.up(2, d); }},
                    Work{"Grow", 1, [](Simulation& world, const Disturbance& d) { return world.scale(3, d); }},
                    Work{"Destroy", 2, [](Simulation& world, const Disturbance& d) { return world.destroy(d); }}),
    [](const auto& row) { return std::string(row.param.name); });

// Each stream takes one call to create and at least one to see that it is ACTIVE; both calls have separate rate limits.
TEST(Promise, ManyStreamsComeAsFastAsAwsAllows) {
  for (const double calls_per_second : {1.0, 5.0}) {
    for (const int streams : {10, 60}) {
      SCOPED_TRACE(testing::Message() << streams << " streams at " << calls_per_second << " calls/s");
      sandbox::Options options = Simulation::quick_options();
      options.firehose_calls_per_second = calls_per_second;
      options.firehose_burst = 1;
      Simulation world(options);
      const RunResult run = world.up(streams);
      ASSERT_TRUE(run.succeeded()) << run.error();
      const double least = streams / calls_per_second;
      EXPECT_LE(seconds_of(run.took), 1.5 * least + 60);
      EXPECT_LE(run.requests, 5 * streams + 150);
    }
  }
}

// Old versions of fhctl's own files are still in the bucket, and would prevent its deletion.
TEST(Promise, ABucketThatKeepsVersionsGoesToo) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  world.cloud.world().s3->buckets.begin()->second.versioning = "Enabled";
  ASSERT_TRUE(world.up(2).succeeded());
  const RunResult gone = world.destroy();
  ASSERT_TRUE(gone.succeeded()) << gone.error();
  EXPECT_TRUE(world.cloud.world().s3->buckets.empty());
}

sandbox::ObjectVersion& published(Simulation& world) {
  return world.cloud.world().s3->buckets.begin()->second.objects.at("_fhctl/logs/us-west-2/manifest.json").front();
}

RunResult shrink_to_two(Simulation& world, const Disturbance& disturbance, bool drains) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kScale;
  options.intent.count = 2;
  options.intent.no_drain = !drains;
  options.no_wait = drains;
  return world.run(options, disturbance);
}

// A drain starts at the time in the manifest: if the manifest was stored much later, it is published again.
TEST(Promise, ADrainThatWasToldLateIsToldAgain) {
  Simulation world;
  ASSERT_TRUE(world.up(3).succeeded());
  std::optional<WallTime> stored_at;
  Disturbance slow;
  slow.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
    if (route.operation != "PutObject" || !ends_with(route.resource, "/manifest.json") || stored_at) return {};
    stored_at = world.driver.wall_now() + std::chrono::seconds(9);
    return {FaultKind::kSlow, std::chrono::seconds(9)};
  };
  ASSERT_TRUE(shrink_to_two(world, slow, true).succeeded());
  const auto manifest = pipeline::parse_manifest(published(world).body, "the bucket");
  ASSERT_TRUE(manifest);
  ASSERT_EQ(manifest->streams.size(), 3u);
  for (const pipeline::ManifestEntry& entry : manifest->streams) {
    const bool drains = entry.name == "logs-3";
    EXPECT_EQ(entry.draining(), drains) << entry.name;
    EXPECT_EQ(entry.since_generation == manifest->generation, drains) << entry.name;
    if (drains) {
      EXPECT_GE(*parse_iso8601(entry.drain_started_at), *stored_at - std::chrono::seconds(1));
    }
  }
}

TEST(Promise, NoStreamIsDeletedOnceAnotherRunHasPublished) {
  Simulation world;
  ASSERT_TRUE(world.up(3).succeeded());
  const Instant begun = world.driver.now();
  bool changed = false;
  Disturbance other;
  other.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
    if (route.operation != "ListTagsForDeliveryStream" || world.driver.now() < begun + std::chrono::seconds(31))
      return {};
    published(world).etag = "\"another\"";
    changed = true;
    return {};
  };
  const RunResult run = shrink_to_two(world, other, false);
  EXPECT_TRUE(changed);
  EXPECT_FALSE(run.succeeded());
  EXPECT_NE(run.error().find("another process published"), std::string::npos) << run.error();
  EXPECT_EQ(std::count(run.changing.begin(), run.changing.end(), "DeleteDeliveryStream"), 0);
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 3u);
}

// A change is throttled for minutes, and the lock is removed: once the run has noticed, the change is not retried.
TEST(Promise, ARetryNeedsTheLockAsWell) {
  for (const std::string operation : {"PutRetentionPolicy", "PutBucketLifecycleConfiguration"}) {
    Simulation world;
    std::vector<Instant> tries;
    Disturbance broken;
    broken.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
      if (route.operation != operation) return {};
      tries.push_back(world.driver.now());
      world.cloud.world().s3->buckets.begin()->second.objects.erase("_fhctl/logs/us-west-2/lock");
      return {FaultKind::kThrottle, {}};
    };
    const RunResult run = world.up(1, broken);
    EXPECT_FALSE(run.succeeded()) << operation;
    EXPECT_NE(run.error().find("lock"), std::string::npos) << run.error();
    ASSERT_GT(tries.size(), 1u) << operation;
    EXPECT_LT(seconds_of(tries.back() - tries.front()), 25) << operation;  // it is renewed every 20 s
    EXPECT_TRUE(world.up(1).succeeded()) << operation;
  }
}

}  // namespace
}  // namespace promise_test
}  // namespace fhctl::test
