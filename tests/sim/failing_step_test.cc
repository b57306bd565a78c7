// Steps of a run that fail: what is tried again, what is not, and which failure is told.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "core/base/text.h"
#include "sandbox/firehose_state.h"
#include "tests/sim/sim_world.h"

namespace fhctl::test {
namespace {

using sandbox::Route;

std::int64_t times(const RunResult& run, const std::string& operation) {
  return std::count(run.changing.begin(), run.changing.end(), operation);
}

// Nothing when it succeeded or was killed.
std::optional<ErrorKind> kind_of(const RunResult& run) {
  if (!run.outcome || run.succeeded()) return std::nullopt;
  return *run.outcome ? (**run.outcome).error->kind : run.outcome->error().kind;
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
  sandbox::Options options = SimWorld::quick_options();
  options.stream_create = std::chrono::minutes(2);
  SimWorld world(options);
  Disturbance killed;
  killed.fault = [&](int, const http::Request&, const Route&) -> Fault {
    return {world.cloud.world().firehose->streams.empty() ? FaultKind::kNone : FaultKind::kDieBefore, {}};
  };
  ASSERT_TRUE(world.up(1, killed).killed);
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

}  // namespace
}  // namespace fhctl::test
