// The promise: a run that died at any request is continued by running the same command again, and the cloud ends as if
// nothing had happened.
#include <gtest/gtest.h>

#include "tests/sim/sim_world.h"

namespace fhctl::test {
namespace {

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
    for (int k = 1; k <= undisturbed.requests; ++k) {
      SCOPED_TRACE(testing::Message() << scenario.name << " killed at request " << k
                                      << (after_effect ? ", after" : ", before"));
      SimWorld world;
      scenario.before(world);
      const RunResult first = scenario.act(world, {k, after_effect, {}, 0});
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
  for (int k = 1; k <= undisturbed.requests; ++k) {
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

INSTANTIATE_TEST_SUITE_P(Sim, CrashTest, testing::ValuesIn(scenarios()),
                         [](const auto& row) { return std::string(row.param.name); });

}  // namespace
}  // namespace fhctl::test
