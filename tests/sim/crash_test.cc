// A run that was killed at any request is continued by running the same command again, and the cloud ends in the same
// state as without the kill.
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

#include "tests/sim/harness/budget.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace crash_test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;

RunResult drain(Simulation& world, const Disturbance& disturbance) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kScale;
  options.intent.count = 2;
  return world.run(options, disturbance);
}

RunResult destroy_keeping_data(Simulation& world, const Disturbance& disturbance) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kDestroy;
  options.intent.keep_bucket = true;
  return world.run(options, disturbance);
}

RunResult undrain(Simulation& world) {
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kUndrain;
  return world.run(options);
}

struct Scenario {
  const char* name;
  std::function<void(Simulation&)> before;
  std::function<RunResult(Simulation&, const Disturbance&)> act;
};

const std::vector<Scenario>& scenarios() {
  static const std::vector<Scenario> all = {
      {"Up", [](Simulation&) {}, [](Simulation& world, const Disturbance& d) { return world.up(2, d); }},
      {"Grow", [](Simulation& world) { ASSERT_TRUE(world.up(2).succeeded()); },
       [](Simulation& world, const Disturbance& d) { return world.scale(4, d); }},
      {"Shrink", [](Simulation& world) { ASSERT_TRUE(world.up(4).succeeded()); },
       [](Simulation& world, const Disturbance& d) { return world.scale(2, d); }},
      {"Drain", [](Simulation& world) { ASSERT_TRUE(world.up(4).succeeded()); }, drain},
      {"DestroyKeepingData", [](Simulation& world) { ASSERT_TRUE(world.up(2).succeeded()); }, destroy_keeping_data},
      {"Destroy", [](Simulation& world) { ASSERT_TRUE(world.up(2).succeeded()); },
       [](Simulation& world, const Disturbance& d) { return world.destroy(d); }},
  };
  return all;
}

class CrashTest : public testing::TestWithParam<Scenario> {};

// A snapshot after DELETING streams have vanished.
std::string settled(Simulation& world) {
  world.pass(std::chrono::minutes(2));
  return world.snapshot();
}

TEST_P(CrashTest, KilledAtEveryRequestThenRunAgain) {
  const Scenario& scenario = GetParam();
  Simulation calm;
  scenario.before(calm);
  const RunResult undisturbed = scenario.act(calm, {});
  ASSERT_TRUE(undisturbed.succeeded()) << undisturbed.error();
  const std::string wanted = settled(calm);
  ASSERT_GT(undisturbed.requests, 10);

  for (const bool after_effect : {false, true}) {
    for (int k = 1; k <= undisturbed.requests; k += stride()) {
      SCOPED_TRACE(testing::Message() << scenario.name << " killed at request " << k
                                      << (after_effect ? ", after" : ", before"));
      Simulation world;
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
  Simulation calm;
  scenario.before(calm);
  const RunResult undisturbed = scenario.act(calm, {});
  ASSERT_TRUE(undisturbed.succeeded()) << undisturbed.error();
  const std::string wanted = settled(calm);
  for (int k = 1; k <= undisturbed.requests; k += stride()) {
    SCOPED_TRACE(testing::Message() << scenario.name << " loses the response to request " << k);
    Simulation world;
    scenario.before(world);
    Disturbance disturbance;
    disturbance.lose_answer_at = k;
    const RunResult run = scenario.act(world, disturbance);
    ASSERT_TRUE(run.succeeded()) << run.error();
    ASSERT_EQ(settled(world), wanted);
  }
}

// A run that is asked to stop at any request releases the lock, and the same command continues.
TEST_P(CrashTest, StoppedAtEveryRequestThenRunAgain) {
  const Scenario& scenario = GetParam();
  Simulation calm;
  scenario.before(calm);
  const RunResult undisturbed = scenario.act(calm, {});
  ASSERT_TRUE(undisturbed.succeeded()) << undisturbed.error();
  const std::string wanted = settled(calm);
  for (int k = 1; k <= undisturbed.requests; k += stride()) {
    SCOPED_TRACE(testing::Message() << scenario.name << " stopped at request " << k);
    Simulation world;
    scenario.before(world);
    Disturbance stop;
    stop.intervene = [&](int number, const http::Request&) -> std::optional<Result<http::Response>> {
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

// After a run with a drain was killed, streams that were not deleted yet are made active again, whichever run does it.
TEST(UndrainTest, AfterAKillAtEveryRequest) {
  Simulation calm;
  ASSERT_TRUE(calm.up(4).succeeded());
  const std::string wanted = settled(calm);
  Simulation measured;
  ASSERT_TRUE(measured.up(4).succeeded());
  const int requests = drain(measured, {}).requests;
  int taken_back = 0;
  for (int k = 1; k <= requests; k += stride()) {
    SCOPED_TRACE(testing::Message() << "killed at request " << k);
    Simulation world;
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
}  // namespace crash_test
}  // namespace fhctl::test
