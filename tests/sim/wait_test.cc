// `fhctl wait`: what it waits for, and when it gives up.
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace wait_test {
namespace {

using pipeline::WaitFor;
using sandbox::Route;
using std::chrono::minutes;

std::string error_of(const Result<pipeline::Waited>& waited) { return waited ? "" : waited.error().message; }

TEST(Wait, ForStreamsThatAreNotActiveYet) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  int looks = 0;
  Disturbance strange;
  strange.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    if (route.operation != "DescribeDeliveryStream") return {};
    return {++looks <= 3 ? FaultKind::kNewMembers : FaultKind::kNone, {}};  // an unknown status
  };
  const auto waited = world.wait(WaitFor::kActive, strange);
  EXPECT_TRUE(waited) << error_of(waited);
  EXPECT_GT(looks, 4);
}

TEST(Wait, NoStreamsAreNotActive) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  pipeline::ConvergeOptions none;
  none.intent.verb = pipeline::Intent::Verb::kScale;
  none.intent.count = 0;
  none.intent.allow_zero = none.intent.no_drain = true;
  ASSERT_TRUE(world.run(none).succeeded());
  world.time_limit = minutes(2);
  const auto waited = world.wait(WaitFor::kActive);
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().kind, ErrorKind::kTimeout);
  EXPECT_TRUE(contains(error_of(waited), "it has no streams")) << error_of(waited);
}

// The run that began the drain has ended: `fhctl wait` waits for the drain to complete, and deletes nothing.
TEST(Wait, ForADrainThatNobodyElseWatches) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  world.pass(minutes(10));
  pipeline::ConvergeOptions shrink;
  shrink.intent.verb = pipeline::Intent::Verb::kScale;
  shrink.intent.count = 1;
  shrink.no_wait = true;
  ASSERT_TRUE(world.run(shrink).succeeded());
  const Instant begun = world.driver.now();
  const auto waited = world.wait(WaitFor::kDrained);
  ASSERT_TRUE(waited) << error_of(waited);
  EXPECT_GT(world.driver.now() - begun, minutes(5));
  EXPECT_LT(world.driver.now() - begun, minutes(15));
  ASSERT_EQ(waited->streams.size(), 1u);
  EXPECT_EQ(waited->streams[0].phase, pipeline::DrainPhase::kReady);
  EXPECT_TRUE(contains(world.snapshot(), "logs-2"));
}

}  // namespace
}  // namespace wait_test
}  // namespace fhctl::test
