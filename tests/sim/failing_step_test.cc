// Steps of a run that fail: what is retried, what is not, and which failure is reported.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace failing_step_test {
namespace {

using sandbox::Route;

std::int64_t times(const RunResult& run, const std::string& operation) {
  return std::count(run.changing.begin(), run.changing.end(), operation);
}

// Returns nullopt if the run succeeded or was killed.
std::optional<ErrorKind> kind_of(const RunResult& run) {
  const std::optional<Error> failure = run.failure();
  return failure ? std::optional(failure->kind) : std::nullopt;
}

sandbox::Options streams_take(Duration time) {
  sandbox::Options options = Simulation::quick_options();
  options.stream_create = time;
  return options;
}

// Runs an `up` that is killed while its first stream is being created.
bool dies_with_a_stream(Simulation& world) {
  Disturbance killed;
  killed.fault = [&](int, const http::Request&, const Route&) -> Fault {
    return {world.cloud.world().firehose->streams.empty() ? FaultKind::kNone : FaultKind::kDieBefore, {}};
  };
  return world.up(1, killed).killed;
}

TEST(FailingStep, ARefusedCreateIsAskedOnceAndToldAsWhatItIs) {
  for (const std::string operation : {"CreateBucket", "CreateRole", "PutRolePolicy", "CreateLogGroup",
                                      "CreateLogStream", "PutRetentionPolicy", "CreateDeliveryStream"}) {
    Simulation world;
    Disturbance denied;
    int asked = 0;
    denied.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation != operation) return {};
      ++asked;
      return {FaultKind::kDenied, {}};
    };
    const RunResult run = world.up(1, denied);
    EXPECT_EQ(kind_of(run), ErrorKind::kDenied) << operation;
    EXPECT_TRUE(contains(run.error(), "Access Denied")) << run.error();
    EXPECT_EQ(asked, 1) << operation;
    EXPECT_TRUE(world.up(1).succeeded()) << operation;
  }
}

TEST(FailingStep, ACreateWhoseAnswerWasLostIsTakenForWhatItMade) {
  Simulation world;
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

// The first failure decides the exit code: later ones may only be its consequences.
TEST(FailingStep, OfTwoFailuresTheFirstDecides) {
  for (const bool denied_first : {true, false}) {
    Simulation world;
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
  Simulation world(streams_take(std::chrono::minutes(2)));
  ASSERT_TRUE(dies_with_a_stream(world));
  Disturbance without_metrics;
  bool refused = false;
  without_metrics.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    refused = refused || route.operation == "DeleteDeliveryStream";
    const bool looks = refused && route.operation == "DescribeDeliveryStream";
    return {looks ? FaultKind::kDenied : FaultKind::kNone, {}};
  };
  const RunResult run = world.destroy(without_metrics);
  EXPECT_TRUE(refused);
  EXPECT_EQ(kind_of(run), ErrorKind::kDenied) << run.error();
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 1u);
}

TEST(FailingStep, AStreamThatIsStillMadeIsWaitedForAndThenDeleted) {
  Simulation world(streams_take(std::chrono::minutes(2)));
  ASSERT_TRUE(dies_with_a_stream(world));
  const RunResult run = world.destroy();
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_GE(times(run, "DeleteDeliveryStream"), 1);
  world.pass(std::chrono::minutes(5));
  world.cloud.advance(world.driver.wall_now());
  EXPECT_TRUE(world.cloud.world().firehose->streams.empty());
}

TEST(FailingStep, AStreamThatIsNotReadyInTimeIsNotOfferedAndTheNextRunContinues) {
  Simulation world(streams_take(std::chrono::hours(3)));
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

// The stream is edited between the read and the update: it is read again, and the update is repeated on the new
// version.
TEST(FailingStep, AnUpdateOfAnOlderVersionIsRepeatedOnTheNewerOne) {
  Simulation world;
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

TEST(FailingStep, ABucketThatConflictsUntilTheDeadlineEndsTheRunAndTheNextOneWorks) {
  Simulation world;
  world.time_limit = std::chrono::minutes(20);
  Disturbance conflict;
  conflict.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    return {route.operation == "CreateBucket" ? FaultKind::kConflict : FaultKind::kNone, {}};
  };
  const RunResult run = world.up(1, conflict);
  EXPECT_EQ(kind_of(run), ErrorKind::kTimeout) << run.error();
  EXPECT_LT(run.took, std::chrono::minutes(21));
  EXPECT_TRUE(run.changing.empty());
  EXPECT_TRUE(world.up(1).succeeded());
}

// Firehose may take minutes to see a new role; if it never does, the error is AWS's own.
TEST(FailingStep, ARoleThatPropagatesSlowlyIsWaitedForAndThenReported) {
  for (const auto& [delay, succeeds] :
       {std::pair(std::chrono::seconds(100), true), {std::chrono::seconds(3600), false}}) {
    sandbox::Options options = Simulation::quick_options();
    options.iam_delay = delay;
    Simulation world(options);
    const RunResult run = world.up(2);
    EXPECT_EQ(run.succeeded(), succeeds) << run.error();
    EXPECT_LT(run.took, std::chrono::minutes(6));
    EXPECT_EQ(contains(run.error(), "InvalidArgumentException"), !succeeds) << run.error();
  }
}

// A busy stream, and metrics requests of which `denials` are refused, beginning with number `from`.
class BusyStream {
 public:
  BusyStream() {
    EXPECT_TRUE(world_.up(2).succeeded());
    world_.pass(std::chrono::minutes(10));
  }

  RunResult run(pipeline::ConvergeOptions options, int from, int denials) {
    asked_ = 0;
    for (int minute = 10; minute > 0; --minute) somebody_sends(world_.driver.wall_now() - std::chrono::minutes(minute));
    Disturbance denied;
    denied.fault = [this, from, denials](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation != "GetMetricData") return {};
      somebody_sends(world_.driver.wall_now());
      ++asked_;
      return {asked_ >= from && asked_ < from + denials ? FaultKind::kDenied : FaultKind::kNone, {}};
    };
    return world_.run(std::move(options), denied);
  }

  bool is_there() {
    world_.cloud.advance(world_.driver.wall_now());
    const auto& streams = world_.cloud.world().firehose->streams;
    const auto found = streams.find({"us-west-2", "logs-2"});
    return found != streams.end() && found->second.status == sandbox::StreamStatus::kActive;
  }
  int asked() const { return asked_; }

 private:
  void somebody_sends(WallTime at) {
    sandbox::CloudState& cloud = world_.cloud.world();
    sandbox::StreamMetrics& metrics = sandbox::metrics_of(cloud, "us-west-2", "logs-2");
    sandbox::record_metric_at(cloud, metrics, sandbox::Metric::kIncomingRecords, 1, at);
  }

  Simulation world_;
  int asked_ = 0;
};

// While a policy is being replaced, requests that it allows may be denied. A stream that still receives records is kept
// even if it has been draining for long enough to be deleted without metrics.
TEST(FailingStep, MetricsThatAreDeniedBrieflyDoNotDeleteABusyStream) {
  pipeline::ConvergeOptions shrink;
  shrink.intent.verb = pipeline::Intent::Verb::kScale;
  shrink.intent.count = 1;
  BusyStream metrics;
  EXPECT_EQ(kind_of(metrics.run(shrink, 0, 0)), ErrorKind::kTimeout);
  const int usual = metrics.asked();
  EXPECT_GT(usual, 10);
  for (int from = 1; from <= usual; ++from) {
    EXPECT_FALSE(metrics.run(shrink, from, 2).succeeded()) << from;
    ASSERT_TRUE(metrics.is_there()) << from;
  }
  EXPECT_TRUE(metrics.run(shrink, 1, 10000).succeeded());
  EXPECT_FALSE(metrics.is_there());
}

// The same for a destroy that deletes the data: it must not delete records that still arrive.
TEST(FailingStep, MetricsThatAreDeniedOnceDoNotHideThatRecordsComeIn) {
  pipeline::ConvergeOptions destroy;
  destroy.intent.verb = pipeline::Intent::Verb::kDestroy;
  destroy.intent.empty_bucket = true;
  BusyStream metrics;
  for (const int denials : {0, 1}) {
    EXPECT_EQ(kind_of(metrics.run(destroy, 1, denials)), ErrorKind::kPrecondition) << denials;
    ASSERT_TRUE(metrics.is_there()) << denials;
  }
  EXPECT_TRUE(metrics.run(destroy, 1, 10000).succeeded());
  EXPECT_FALSE(metrics.is_there());
}

// The peak is the busiest minute of the last 15, over all streams, as far as AWS has published it.
TEST(FailingStep, AShrinkBelowThePeakIsRefused) {
  constexpr std::int64_t kMinuteOfMiB = 60 << 20;
  struct Row {
    int minutes_ago;
    std::int64_t mib_per_s;  // of each of the two halves of the minute
    bool refused;
  };
  for (const Row& row : {Row{5, 3, true}, Row{15, 3, true}, Row{5, 2, false}, Row{22, 3, false}}) {
    Simulation world;
    ASSERT_TRUE(world.up(2).succeeded());
    world.pass(std::chrono::minutes(30));
    sandbox::CloudState& cloud = world.cloud.world();
    for (const char* stream : {"logs-1", "logs-2"}) {
      sandbox::StreamMetrics& metrics = sandbox::metrics_of(cloud, "us-west-2", stream);
      for (int half = 0; half < 2; ++half) {  // samples of one minute add up
        const WallTime at = world.driver.wall_now() - std::chrono::minutes(row.minutes_ago);
        sandbox::record_metric_at(cloud, metrics, sandbox::Metric::kIncomingBytes, row.mib_per_s * kMinuteOfMiB / 2,
                                  at);
      }
    }
    const RunResult run = world.scale(1);
    EXPECT_EQ(run.succeeded(), !row.refused) << row.minutes_ago << " " << run.error();
    EXPECT_EQ(contains(run.error(), "a peak of 6.0 MiB/s"), row.refused) << run.error();
  }
}

}  // namespace
}  // namespace failing_step_test
}  // namespace fhctl::test
