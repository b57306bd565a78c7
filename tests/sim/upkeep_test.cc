// A pipeline whose spec changes, and its other resources.
#include <gtest/gtest.h>

#include <map>
#include <string>

#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/ssm/ssm_state.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace upkeep_test {
namespace {

using std::chrono::minutes;

// Tags by resource, without fhctl's own tags.
std::map<std::string, std::map<std::string, std::string>> tags_in(Simulation& sim) {
  sandbox::CloudState& world = sim.cloud.world();
  std::map<std::string, std::map<std::string, std::string>> tags;
  for (const auto& [key, stream] : world.firehose->streams) tags[key.second] = stream.tags;
  for (const auto& [name, bucket] : world.s3->buckets) tags["bucket"] = bucket.tags;
  for (const auto& [name, role] : world.iam->roles) tags["role"] = {role.tags.begin(), role.tags.end()};
  for (const auto& [key, group] : world.logs->groups) tags["group"] = group.tags;
  for (auto& [resource, own] : tags)
    std::erase_if(own, [](const auto& tag) { return starts_with(tag.first, "fhctl:"); });
  return tags;
}

TEST(Upkeep, TagsOfAllResourcesFollowTheSpec) {
  Simulation world;
  const std::map<std::string, std::string> specs[] = {
      {{"team", "x"}}, {{"team", "x"}, {"stage", "prod"}}, {{"team", "y"}, {"stage", "prod"}}};
  for (const auto& spec : specs) {
    world.flags.clear();
    for (const auto& [key, value] : spec) world.flags["tags." + key] = value;
    const RunResult run = world.up(2);
    ASSERT_TRUE(run.succeeded()) << run.error();
    const auto tags = tags_in(world);
    EXPECT_EQ(tags.size(), 5u);
    for (const auto& [resource, own] : tags) EXPECT_EQ(own, spec) << resource;
    world.pass(minutes(1));
  }
}

TEST(Upkeep, TheParameterGoesWithItsPipeline) {
  Simulation world;
  world.flags["manifest.parameter"] = "/fhctl/logs/manifest";
  ASSERT_TRUE(world.up(1).succeeded());
  EXPECT_EQ(world.cloud.world().ssm->parameters.size(), 1u);
  ASSERT_TRUE(world.destroy().succeeded());
  EXPECT_TRUE(world.cloud.world().ssm->parameters.empty());
}

// A failure is reported at once, and not after the minutes of a drain, which the next run continues.
TEST(Upkeep, AFailureIsToldBeforeADrainIsWaitedFor) {
  Simulation world;
  ASSERT_TRUE(world.up(3).succeeded());
  world.pass(minutes(10));
  world.flags["delivery.buffer_interval"] = "120s";
  pipeline::ConvergeOptions shrink;
  shrink.intent.verb = pipeline::Intent::Verb::kScale;
  shrink.intent.count = 2;
  Disturbance denied;
  denied.fault = [](int, const http::Request&, const sandbox::Route& route) -> Fault {
    return {route.operation == "UpdateDestination" ? FaultKind::kDenied : FaultKind::kNone, {}};
  };
  const RunResult run = world.run(shrink, denied);
  EXPECT_FALSE(run.succeeded());
  EXPECT_TRUE(contains(run.error(), "Access Denied")) << run.error();
  EXPECT_LT(run.took, minutes(1));
  const RunResult next = world.run(shrink);
  EXPECT_TRUE(next.succeeded()) << next.error();
  EXPECT_GT(next.took, minutes(3));
  world.pass(minutes(1));
  world.cloud.advance(world.driver.wall_now());
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 2u);
}

}  // namespace
}  // namespace upkeep_test
}  // namespace fhctl::test
