// Runs against services that show every change late: each must succeed. FHCTL_SEEDS=N runs N seeds, FHCTL_SEED=S only
// that one and prints everything that happens.
#include "tests/sim/scenarios/delay_scenario.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <iostream>
#include <map>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/budget.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/invariants/invariant_checker.h"

namespace fhctl::test {
namespace delay_scenario_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

PlaySettings settings_of(bool tells) {
  PlaySettings settings;
  settings.only_delays = true;
  settings.tells = tells;
  return settings;
}

TEST(Delays, EveryRunSucceeds) {
  const std::int64_t one = budget_of("FHCTL_SEED", 0);
  const std::int64_t first = one > 0 ? one : budget_of("FHCTL_FIRST", 1);
  const std::int64_t count = one > 0 ? 1 : budget_of("FHCTL_SEEDS", 500);
  std::map<std::string, int> reached;
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    Chooser chooser(static_cast<std::uint64_t>(seed));
    const ScenarioResult result = run_scenario(chooser, settings_of(one > 0));
    for (const auto& [name, times] : result.reached) reached[name] += times;
    for (const std::string& line : result.events) std::cout << line << "\n";
    EXPECT_TRUE(result.broken.empty()) << "FHCTL_SEED=" << seed << " " << join(result.broken, "\n  ") << "\n  "
                                       << result.drawn;
  }
  if (count < 100) return;
  for (const char* what : {"answered PutRolePolicy: NoSuchEntity", "answered DeleteRole: DeleteConflict",
                           "answered CreateLogStream: ResourceNotFoundException", "answered PutObject: NoSuchBucket"}) {
    EXPECT_GT(reached[what], 0) << "never reached: " << what;
  }
}

TEST(Delays, TheSameTwiceAndFromTheChoiceTrace) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Chooser one(seed);
    Chooser two(seed);
    const ScenarioResult first = run_scenario(one, settings_of(false));
    EXPECT_EQ(first.trace, run_scenario(two, settings_of(false)).trace) << seed;
    Chooser choice_trace(first.choice_trace);
    EXPECT_EQ(first.trace, run_scenario(choice_trace, settings_of(false)).trace) << seed;
  }
}

// The run holds the lock, which is an object in the bucket.
TEST(Delays, ADestroyThatHoldsTheLockDoesNotTakeTheBucketForGone) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  InvariantChecker invariant_checker;
  invariant_checker.ownership_log.created({Thing::kStream, "us-west-2", "logs-1"}, {true, "logs/us-west-2", 1, {}});
  invariant_checker.ownership_log.created({Thing::kStream, "us-west-2", "logs-2"}, {true, "logs/us-west-2", 1, {}});
  world.watcher = &invariant_checker;
  Disturbance stale;
  bool locked = false;
  int missed = 0;
  stale.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
    const sandbox::Route route = sandbox::route_of(request);
    locked = locked || (route.operation == "PutObject" && ends_with(route.resource, "/lock"));
    if (!locked || missed == 2 || route.operation != "HeadBucket") return std::nullopt;
    ++missed;
    http::Response absent;
    absent.status = 404;
    return Result<http::Response>(absent);
  };
  const RunResult run = world.destroy(stale);
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_EQ(missed, 2);
  for (const std::string& broken : invariant_checker.broken) EXPECT_FALSE(starts_with(broken, "data: ")) << broken;
  EXPECT_TRUE(world.cloud.world().s3->buckets.empty());
}

// A delay beyond the time limit is an error that the invariant reports: it can fail.
TEST(Delays, ARunThatGaveUpIsReported) {
  InvariantChecker invariant_checker;
  invariant_checker.judge_undisturbed("up", std::nullopt, seconds(5), minutes(30));
  EXPECT_TRUE(invariant_checker.broken.empty());
  invariant_checker.judge_undisturbed("up", Error{.kind = ErrorKind::kNotFound, .message = "there is no role"},
                                      seconds(5), minutes(30));
  ASSERT_EQ(invariant_checker.broken.size(), 1u);
  EXPECT_TRUE(contains(invariant_checker.broken.front(), "waits: up gave up after 5 s of 1800 s: there is no role"))
      << invariant_checker.broken.front();
}

}  // namespace
}  // namespace delay_scenario_test
}  // namespace fhctl::test
