// Steps of a run that fail: what is tried again, what is not, and which failure is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "sandbox/firehose_state.h"
#include "sandbox/s3_state.h"
#include "tests/sim/sim_world.h"

namespace fhctl::test {
namespace {

using sandbox::Route;

std::int64_t times(const RunResult& run, const std::string& operation) {
  return std::count(run.changing.begin(), run.changing.end(), operation);
}

// Nothing when it succeeded or was killed.
std::optional<ErrorKind> kind_of(const RunResult& run) {
  const std::optional<Error> failure = run.failure();
  return failure ? std::optional(failure->kind) : std::nullopt;
}

sandbox::Options streams_take(Duration time) {
  sandbox::Options options = SimWorld::quick_options();
  options.stream_create = time;
  return options;
}

// An `up` that is killed while its first stream is being made.
bool dies_with_a_stream(SimWorld& world) {
  Disturbance killed;
  killed.fault = [&](int, const http::Request&, const Route&) -> Fault {
    return {world.cloud.world().firehose->streams.empty() ? FaultKind::kNone : FaultKind::kDieBefore, {}};
  };
  return world.up(1, killed).killed;
}

TEST(FailingStep, ARefusedCreateIsAskedOnceAndToldAsWhatItIs) {
  SimWorld world;
  Disturbance denied;
  int asked = 0;
  denied.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    if (route.operation != "CreateDeliveryStream") return {};
    ++asked;
    return {FaultKind::kDenied, {}};
  };
  const RunResult run = world.up(1, denied);
  EXPECT_EQ(kind_of(run), ErrorKind::kDenied);
  EXPECT_TRUE(contains(run.error(), "Access Denied")) << run.error();
  EXPECT_EQ(asked, 1);
}

TEST(FailingStep, ACreateWhoseAnswerWasLostIsTakenForWhatItMade) {
  SimWorld world;
  Disturbance lost;
  bool struck = false;
  lost.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    if (struck || route.operation != "CreateDeliveryStream") return {};
    struck = true;
    return {FaultKind::kLostAfter, {}};
  };
  const RunResult run = world.up(1, lost);
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_TRUE(struck);
  EXPECT_EQ(times(run, "CreateDeliveryStream"), 1);
}

// The first failure decides the exit code: what comes after may only be its consequence.
TEST(FailingStep, OfTwoFailuresTheFirstDecides) {
  for (const bool denied_first : {true, false}) {
    SimWorld world;
    ASSERT_TRUE(world.up(1).succeeded());
    Disturbance disturbance;
    int creates = 0;
    disturbance.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation != "CreateDeliveryStream") return {};
      const bool denied = (++creates == 1) == denied_first;
      return {denied ? FaultKind::kDenied : FaultKind::kQuota, {}};
    };
    const RunResult run = world.up(3, disturbance);
    ASSERT_EQ(creates, 2);
    EXPECT_EQ(kind_of(run), denied_first ? ErrorKind::kDenied : ErrorKind::kQuota) << run.error();
  }
}

TEST(FailingStep, AStreamThatIsNotToBeLookedAtWhileItIsMadeIsNoBusyOne) {
  SimWorld world(streams_take(std::chrono::minutes(2)));
  ASSERT_TRUE(dies_with_a_stream(world));
  Disturbance blind;
  bool refused = false;
  blind.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    refused = refused || route.operation == "DeleteDeliveryStream";
    const bool looks = refused && route.operation == "DescribeDeliveryStream";
    return {looks ? FaultKind::kDenied : FaultKind::kNone, {}};
  };
  const RunResult run = world.destroy(blind);
  EXPECT_TRUE(refused);
  EXPECT_EQ(kind_of(run), ErrorKind::kDenied) << run.error();
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 1u);
}

TEST(FailingStep, AStreamThatIsStillMadeIsWaitedForAndThenDeleted) {
  SimWorld world(streams_take(std::chrono::minutes(2)));
  ASSERT_TRUE(dies_with_a_stream(world));
  const RunResult run = world.destroy();
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_GE(times(run, "DeleteDeliveryStream"), 1);
  world.pass(std::chrono::minutes(5));
  world.cloud.advance(world.driver.wall_now());
  EXPECT_TRUE(world.cloud.world().firehose->streams.empty());
}

TEST(FailingStep, AStreamThatIsNotReadyInTimeIsNotOfferedAndTheNextRunGoesOn) {
  SimWorld world(streams_take(std::chrono::hours(3)));
  world.time_limit = std::chrono::minutes(5);
  const RunResult run = world.up(2);
  EXPECT_EQ(kind_of(run), ErrorKind::kTimeout) << run.error();
  EXPECT_LT(run.took, std::chrono::minutes(6));
  const auto& objects = world.cloud.world().s3->buckets.at(kBucketOfLogs).objects;
  EXPECT_FALSE(objects.contains("_fhctl/logs/us-west-2/lock"));
  const auto manifest = objects.find("_fhctl/logs/us-west-2/manifest.json");
  EXPECT_TRUE(manifest == objects.end() || !contains(manifest->second.front().body, "\"active\""));
  world.pass(std::chrono::hours(3));
  const RunResult next = world.up(2);
  EXPECT_TRUE(next.succeeded()) << next.error();
}

// Somebody edits between the look and the update: the stream is read again, and the update repeated on what it is now.
TEST(FailingStep, AnUpdateOfAnOlderVersionIsRepeatedOnTheNewerOne) {
  SimWorld world;
  ASSERT_TRUE(world.up(1).succeeded());
  auto& stream = world.cloud.world().firehose->streams.at({"us-west-2", "logs-1"});
  stream.destination["BufferingHints"]["IntervalInSeconds"] = 777;
  ++stream.version;
  Disturbance edited;
  int updates = 0;
  edited.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    if (route.operation == "UpdateDestination" && ++updates == 1) ++stream.version;
    return {};
  };
  const RunResult run = world.up(1, edited);
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_EQ(updates, 2);
  EXPECT_EQ(times(run, "UpdateDestination"), 1);
  EXPECT_NE(stream.destination["BufferingHints"]["IntervalInSeconds"], 777);
}

TEST(FailingStep, ABucketThatConflictsForMinutesEndsTheRunAndTheNextOneWorks) {
  SimWorld world;
  Disturbance conflict;
  conflict.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    return {route.operation == "CreateBucket" ? FaultKind::kConflict : FaultKind::kNone, {}};
  };
  const RunResult run = world.up(1, conflict);
  EXPECT_TRUE(kind_of(run)) << "it succeeded";
  EXPECT_LT(run.took, std::chrono::minutes(5));
  EXPECT_TRUE(run.changing.empty());
  EXPECT_TRUE(world.up(1).succeeded());
}

// Firehose may take minutes to see a new role; AWS's own words come back when it never does.
TEST(FailingStep, ARoleThatSpreadsSlowlyIsWaitedForAndThenTold) {
  for (const auto& [delay, succeeds] :
       {std::pair(std::chrono::seconds(100), true), {std::chrono::seconds(3600), false}}) {
    sandbox::Options options = SimWorld::quick_options();
    options.iam_delay = delay;
    SimWorld world(options);
    const RunResult run = world.up(2);
    EXPECT_EQ(run.succeeded(), succeeds) << run.error();
    EXPECT_LT(run.took, std::chrono::minutes(6));
    EXPECT_EQ(contains(run.error(), "InvalidArgumentException"), !succeeds) << run.error();
  }
}

}  // namespace
}  // namespace fhctl::test
