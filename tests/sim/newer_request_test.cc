// Two requests for one pipeline, in virtual time: the newer one wins over a run that waits.
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace newer_request_test {
namespace {

using std::chrono::seconds;
using Verb = pipeline::Intent::Verb;

pipeline::ConvergeOptions request(Verb verb, std::optional<int> count = std::nullopt) {
  pipeline::ConvergeOptions options;
  options.intent.verb = verb;
  options.intent.count = count;
  options.intent.keep_bucket = verb == Verb::kDestroy;
  return options;
}

// Runs `older`, and a minute later `newer` beside it, while streams of `older` drain.
std::pair<RunResult, RunResult> run_both(Simulation& world, const pipeline::ConvergeOptions& older,
                                         const pipeline::ConvergeOptions& newer) {
  std::pair<RunResult, RunResult> results;
  Loop loop(world.driver);
  loop.run([&] {
    Group group(loop);
    group.spawn([&] { results.first = world.run_beside(loop, older); });
    group.spawn([&] {
      loop.sleep_for(seconds(60));
      results.second = world.run_beside(loop, newer);
    });
    group.join();
  });
  world.forget();
  return results;
}

TEST(NewerRequest, ADestroyThatIsOverEndsARunThatWaits) {
  Simulation world;
  ASSERT_TRUE(world.up(3).succeeded());
  pipeline::ConvergeOptions destroy = request(Verb::kDestroy);
  destroy.intent.keep_bucket = false;
  destroy.intent.empty_bucket = destroy.intent.no_drain = destroy.intent.force = true;
  const auto [older, newer] = run_both(world, request(Verb::kScale, 2), destroy);
  EXPECT_TRUE(newer.succeeded()) << newer.error();
  ASSERT_TRUE(older.failure());
  EXPECT_EQ(older.failure()->kind, ErrorKind::kPrecondition);
  EXPECT_TRUE(contains(older.error(), "another run destroyed the pipeline logs")) << older.error();
}

struct Case {
  const char* name;
  pipeline::ConvergeOptions older;
  pipeline::ConvergeOptions newer;
  const char* says;  // the error of the older run; nullptr: it succeeds as well
  std::size_t streams_left;
};

TEST(NewerRequest, WinsOverARunThatWaitsForItsDrains) {
  const Case cases[] = {
      {"destroy over scale", request(Verb::kScale, 2), request(Verb::kDestroy), "`fhctl destroy logs`", 0},
      {"scale over scale", request(Verb::kScale, 2), request(Verb::kScale, 4), "`fhctl scale logs`", 4},
      {"undrain over scale", request(Verb::kScale, 2), request(Verb::kUndrain), "`fhctl undrain logs`", 3},
      {"up over destroy", request(Verb::kDestroy), request(Verb::kUp), "`fhctl up logs`", 3},
      {"scale over destroy", request(Verb::kDestroy), request(Verb::kScale, 1), "`fhctl scale logs`", 1},
      {"the same scale", request(Verb::kScale, 2), request(Verb::kScale, 2), nullptr, 2},
      {"the same destroy", request(Verb::kDestroy), request(Verb::kDestroy), nullptr, 0},
  };
  for (const Case& one : cases) {
    Simulation world;
    ASSERT_TRUE(world.up(3).succeeded()) << one.name;
    const auto [older, newer] = run_both(world, one.older, one.newer);
    EXPECT_TRUE(newer.succeeded()) << one.name << ": " << newer.error();
    world.pass(seconds(120));  // streams in DELETING have vanished by then
    world.cloud.advance(world.driver.wall_now());
    EXPECT_EQ(world.cloud.world().firehose->streams.size(), one.streams_left) << one.name;
    if (one.says == nullptr) {
      EXPECT_TRUE(older.succeeded()) << one.name << ": " << older.error();
      continue;
    }
    ASSERT_TRUE(older.failure()) << one.name;
    EXPECT_EQ(older.failure()->kind, ErrorKind::kPrecondition) << one.name;
    EXPECT_TRUE(contains(older.error(), "a newer request replaced this one") && contains(older.error(), one.says))
        << one.name << ": " << older.error();
  }
}

}  // namespace
}  // namespace newer_request_test
}  // namespace fhctl::test
