// The promise: a run that died at any request is continued by running the same command again, and the cloud ends as if
// nothing had happened.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/sim/number_of.h"
#include "tests/sim/sim_world.h"

namespace fhctl::test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;

RunResult drain(SimWorld& world, const Disturbance& disturbance) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kScale;
  options.intent.count = 2;
  return world.run(options, disturbance);
}

RunResult destroy_keeping_data(SimWorld& world, const Disturbance& disturbance) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kDestroy;
  options.intent.keep_bucket = true;
  return world.run(options, disturbance);
}

RunResult undrain(SimWorld& world) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kUndrain;
  return world.run(options);
}

struct Scenario {
  const char* name;
  std::function<void(SimWorld&)> before;
  std::function<RunResult(SimWorld&, const Disturbance&)> act;
};

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"Up", [](SimWorld&) {}, [](SimWorld& world, const Disturbance& d) { return world.up(2, d); }},
      {"Grow", [](SimWorld& world) { ASSERT_TRUE(world.up(2).succeeded()); },
       [](SimWorld& world, const Disturbance& d) { return world.scale(4, d); }},
      {"Shrink", [](SimWorld& world) { ASSERT_TRUE(world.up(4).succeeded()); },
       [](SimWorld& world, const Disturbance& d) { return world.scale(2, d); }},
      {"Drain", [](SimWorld& world) { ASSERT_TRUE(world.up(4).succeeded()); }, drain},
      {"DestroyKeepingData", [](SimWorld& world) { ASSERT_TRUE(world.up(2).succeeded()); }, destroy_keeping_data},
      {"Destroy", [](SimWorld& world) { ASSERT_TRUE(world.up(2).succeeded()); },
       [](SimWorld& world, const Disturbance& d) { return world.destroy(d); }},
  };
  return all;
}

class CrashTest : public testing::TestWithParam<Scenario> {};

// What DELETING streams leave behind is gone before anybody compares.
std::string settled(SimWorld& world) {
  world.pass(std::chrono::minutes(2));
  return world.snapshot();
}

TEST_P(CrashTest, KilledAtEveryRequestThenRunAgain) {
  const Scenario& scenario = GetParam();
  SimWorld calm;
  scenario.before(calm);
  const RunResult undisturbed = scenario.act(calm, {});
  ASSERT_TRUE(undisturbed.succeeded()) << undisturbed.error();
  const std::string wanted = settled(calm);
  ASSERT_GT(undisturbed.requests, 10);

  for (const bool after_effect : {false, true}) {
    for (int k = 1; k <= undisturbed.requests; k += stride()) {
      SCOPED_TRACE(testing::Message() << scenario.name << " killed at request " << k
                                      << (after_effect ? ", after" : ", before"));
      SimWorld world;
      scenario.before(world);
      const RunResult first = scenario.act(world, {.kill_at = k, .after_effect = after_effect});
      if (!first.killed) break;  // timing made this run shorter
      const RunResult second = scenario.act(world, {});
      ASSERT_TRUE(second.succeeded()) << second.error();
      ASSERT_EQ(settled(world), wanted);
    }
  }
}

TEST_P(CrashTest, EveryLostAnswerIsSurvived) {
  const Scenario& scenario = GetParam();
  SimWorld calm;
  scenario.before(calm);
  const RunResult undisturbed = scenario.act(calm, {});
  ASSERT_TRUE(undisturbed.succeeded()) << undisturbed.error();
  const std::string wanted = settled(calm);
  for (int k = 1; k <= undisturbed.requests; k += stride()) {
    SCOPED_TRACE(testing::Message() << scenario.name << " loses the answer to request " << k);
    SimWorld world;
    scenario.before(world);
    Disturbance disturbance;
    disturbance.lose_answer_at = k;
    const RunResult run = scenario.act(world, disturbance);
    ASSERT_TRUE(run.succeeded()) << run.error();
    ASSERT_EQ(settled(world), wanted);
  }
}

// Asked to stop at any request: the lock is given back, and the same command continues.
TEST_P(CrashTest, StoppedAtEveryRequestThenRunAgain) {
  const Scenario& scenario = GetParam();
  SimWorld calm;
  scenario.before(calm);
  const RunResult undisturbed = scenario.act(calm, {});
  ASSERT_TRUE(undisturbed.succeeded()) << undisturbed.error();
  const std::string wanted = settled(calm);
  for (int k = 1; k <= undisturbed.requests; k += stride()) {
    SCOPED_TRACE(testing::Message() << scenario.name << " stopped at request " << k);
    SimWorld world;
    scenario.before(world);
    Disturbance stop;
    stop.meddle = [&](int number, const http::Request&) -> std::optional<Result<http::Response>> {
      if (number == k) world.signals.raise(SIGINT);
      return std::nullopt;
    };
    const RunResult first = scenario.act(world, stop);
    world.signals = FakeSignals();
    if (first.outcome && *first.outcome && (**first.outcome).error) {
      EXPECT_EQ((**first.outcome).error->kind, ErrorKind::kCancelled) << first.error();
    }
    const RunResult second = scenario.act(world, {});
    ASSERT_TRUE(second.succeeded()) << second.error();
    ASSERT_EQ(settled(world), wanted);
  }
}

// A drain that died is taken back: streams that were not deleted yet are active again, whoever ran it.
TEST(UndrainTest, AfterAKillAtEveryRequest) {
  SimWorld calm;
  ASSERT_TRUE(calm.up(4).succeeded());
  const std::string wanted = settled(calm);
  SimWorld measured;
  ASSERT_TRUE(measured.up(4).succeeded());
  const int requests = drain(measured, {}).requests;
  int taken_back = 0;
  for (int k = 1; k <= requests; k += stride()) {
    SCOPED_TRACE(testing::Message() << "killed at request " << k);
    SimWorld world;
    ASSERT_TRUE(world.up(4).succeeded());
    const RunResult first = drain(world, {.kill_at = k, .after_effect = true});
    if (!first.killed) break;
    const RunResult back = undrain(world);
    ASSERT_TRUE(back.succeeded()) << back.error();
    const bool deleted = std::count(first.changing.begin(), first.changing.end(), "DeleteDeliveryStream") > 0;
    taken_back += deleted ? 0 : 1;
    if (!deleted) {
      ASSERT_EQ(settled(world), wanted);
    }
    world.pass(std::chrono::minutes(2));
    ASSERT_TRUE(world.up(4).succeeded());
    ASSERT_EQ(settled(world), wanted);
  }
  EXPECT_GT(taken_back * stride(), 20);
}

INSTANTIATE_TEST_SUITE_P(Sim, CrashTest, testing::ValuesIn(scenarios()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace fhctl::test
