// What a drain, and waiting for one, asks of AWS: GetMetricData is billed by metric, and the calls that describe
// streams have a limit of five a second for the whole account.
#include <gtest/gtest.h>

#include <iostream>

#include "core/base/json.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace drain_requests_test {
namespace {

using pipeline::WaitFor;
using std::chrono::minutes;

constexpr int kStreams = 100;
constexpr int kFewer = 30;

// Counts what a run requests.
struct Counter {
  int metrics = 0;
  int metric_calls = 0;
  int describes = 0;  // and ListTagsForDeliveryStream
  int requests = 0;

  Disturbance watching() {
    Disturbance watching;
    watching.fault = [this](int, const http::Request& request, const sandbox::Route& route) -> Fault {
      ++requests;
      if (route.operation == "DescribeDeliveryStream" || route.operation == "ListTagsForDeliveryStream") ++describes;
      if (route.operation != "GetMetricData") return {};
      ++metric_calls;
      const Result<Json> body = parse_json(request.body, "the request");
      if (body) metrics += static_cast<int>((*body)["MetricDataQueries"].size());
      return {};
    };
    return watching;
  }
  void print(const char* what, Duration took) const {
    std::cout << what << ": " << metrics << " metrics in " << metric_calls << " GetMetricData calls, " << describes
              << " Describe and ListTags calls, " << requests << " requests in " << seconds_of(took) / 60
              << " minutes\n";
  }
};

pipeline::ConvergeOptions shrink_to_one(bool wait) {
  pipeline::ConvergeOptions shrink;
  shrink.intent.verb = pipeline::Intent::Verb::kScale;
  shrink.intent.count = 1;
  shrink.no_wait = !wait;
  return shrink;
}

class DrainRequests : public testing::Test {
 protected:
  void create(int streams) {
    ASSERT_TRUE(world_.up(streams).succeeded());
    world_.pass(minutes(30));
  }
  Simulation world_;
};

// 3 metrics of each stream while it may have traffic, at most 8 afterwards.
TEST_F(DrainRequests, ADrainReadsMetricsOnceAPeriod) {
  create(kStreams + 1);
  Counter counter;
  const RunResult run = world_.run(shrink_to_one(true), counter.watching());
  ASSERT_TRUE(run.succeeded()) << run.error();
  counter.print("a drain of 100 streams", run.took);
  const int periods = static_cast<int>(run.took / minutes(1)) + 1;
  EXPECT_LE(counter.metrics, periods * (3 * kStreams + 1) + 3 * 8 * kStreams);
  EXPECT_LE(counter.metrics, 5500);
  // Twice before the drain and once after it everything is read; the tags once more before each stream is deleted.
  EXPECT_LE(counter.describes, 7 * (kStreams + 1));
}

TEST_F(DrainRequests, WaitingForADrainDescribesNothingAgain) {
  create(kStreams + 1);
  ASSERT_TRUE(world_.run(shrink_to_one(false)).succeeded());
  Counter counter;
  const Instant begun = world_.driver.now();
  ASSERT_TRUE(world_.wait(WaitFor::kDrained, counter.watching()));
  const Duration took = world_.driver.now() - begun;
  counter.print("waiting for the drain of 100 streams", took);
  EXPECT_GT(took, minutes(7));
  EXPECT_LE(counter.metrics, 4500);
  EXPECT_LE(counter.describes, 2 * (kStreams + 1) + 10);  // and calls that were throttled
}

TEST_F(DrainRequests, WaitingForADeliveryDescribesNothingAgain) {
  create(kFewer);
  Counter counter;
  const Instant begun = world_.driver.now();
  ASSERT_TRUE(world_.wait(WaitFor::kDelivered, counter.watching()));
  const Duration took = world_.driver.now() - begun;
  counter.print("waiting for the deliveries of 30 streams", took);
  const int periods = static_cast<int>(took / minutes(1)) + 2;
  EXPECT_LE(counter.metrics, periods * 8 * kFewer);
  EXPECT_LE(counter.describes, 2 * kFewer + 10);  // and calls that were throttled
}

// Depends on the status of streams only: it is noticed within seconds, and no other stream is described again.
TEST_F(DrainRequests, WaitingForAStreamReadsOnlyThisOne) {
  create(kFewer);
  Counter counter;
  int unknown = 0;
  Disturbance late = counter.watching();
  const auto count = late.fault;
  late.fault = [&](int number, const http::Request& request, const sandbox::Route& route) -> Fault {
    (void)count(number, request, route);
    if (route.operation != "DescribeDeliveryStream" || route.resource != "logs-7") return {};
    return {++unknown <= 10 ? FaultKind::kNewMembers : FaultKind::kNone, {}};
  };
  const Instant begun = world_.driver.now();
  ASSERT_TRUE(world_.wait(WaitFor::kActive, late));
  const Duration took = world_.driver.now() - begun;
  counter.print("waiting for one of 30 streams", took);
  EXPECT_EQ(unknown, 12);
  EXPECT_LE(counter.describes, 2 * 2 * kFewer + 2 * 11);  // all of them at first and at the end
  EXPECT_EQ(counter.metrics, 0);
  EXPECT_LT(took, minutes(2));
}

}  // namespace
}  // namespace drain_requests_test
}  // namespace fhctl::test
