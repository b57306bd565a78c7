// Whether a stream may be deleted is a pure function of its metrics, so these are tables. Times are seconds after the
// start of the drain at 10:00:00Z. With the defaults producers have stopped at 71 s, so the first whole minute starts
// at 120 s.
#include "core/drain/drain.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace drain_test {
namespace {

constexpr WallTime kStart{std::chrono::seconds(1'768'903'200)};
constexpr std::int64_t kStartS = 1'768'903'200;

WallTime at(int seconds) { return kStart + std::chrono::seconds(seconds); }

DrainTarget drain_case() {
  DrainTarget drain;
  drain.stream = "logs-3";
  drain.number = 3;
  drain.started_at = kStart;
  drain.stop_by = at(71);
  drain.flush = std::chrono::seconds(120);
  drain.made_at = at(-7200);
  return drain;
}

// The creation time is unknown, so the totals cannot be compared.
DrainTarget of_unknown_age() {
  DrainTarget drain = drain_case();
  drain.made_at.reset();
  return drain;
}

// Adds a point to the minute that begins `second` seconds after the start.
void point(DrainMetrics::Points& points, int seconds, double value) { points[kStartS + seconds] = value; }

DrainMetrics idle() { return {}; }
DrainMetrics sent_until(int seconds) {
  DrainMetrics evidence;
  for (int minute = -120; minute <= seconds; minute += 60) {
    point(evidence.records, minute, 600);
    point(evidence.bytes, minute, 60'000);
    point(evidence.success, minute, 1);
  }
  return evidence;
}

DrainPhase phase_at(int seconds, const DrainMetrics& evidence, const DrainTarget& drain = drain_case(),
                    const DrainConditions& conditions = {}, const Spec& spec = {}) {
  return check_drain(spec, drain, evidence, at(seconds), conditions).phase;
}

TEST(DrainTest, AnIdleStreamTakesTheTimeThatMetricsNeed) {
  EXPECT_EQ(phase_at(0, idle()), DrainPhase::kNotifying);
  EXPECT_EQ(phase_at(70, idle()), DrainPhase::kNotifying);
  EXPECT_EQ(phase_at(71, idle()), DrainPhase::kWaitingForQuiet);
  EXPECT_EQ(phase_at(419, idle()),
            DrainPhase::kWaitingForQuiet);  // minutes 120, 180 and 240 end at 300; known 120 s later
  EXPECT_EQ(phase_at(420, idle()), DrainPhase::kReady);
}

TEST(DrainTest, TrafficWhileProducersReloadIsFine) {
  const DrainMetrics evidence = sent_until(60);
  EXPECT_EQ(phase_at(300, evidence), DrainPhase::kWaitingForQuiet);
  EXPECT_EQ(phase_at(420, evidence), DrainPhase::kReady);
}

TEST(DrainTest, TrafficAfterwardsHoldsTheDeleteUp) {
  const DrainMetrics evidence = sent_until(300);
  const DrainStatus verdict = check_drain({}, drain_case(), evidence, at(480));
  EXPECT_EQ(verdict.phase, DrainPhase::kTraffic);
  EXPECT_DOUBLE_EQ(verdict.records_per_s, 10);
  EXPECT_EQ(verdict.since, at(120));
  EXPECT_NE(verdict.waiting_for.find("10 records/s"), std::string::npos) << verdict.waiting_for;
  EXPECT_NE(verdict.waiting_for.find("10:02:00Z"), std::string::npos) << verdict.waiting_for;
  EXPECT_TRUE(verdict.stuck());
  EXPECT_EQ(phase_at(659, evidence), DrainPhase::kTraffic);  // 360 + 180 + 120
  EXPECT_EQ(phase_at(660, evidence), DrainPhase::kReady);
}

TEST(DrainTest, APointThatIsThereEarlyCountsAtOnce) {
  DrainMetrics evidence = idle();
  point(evidence.bytes, 360, 12);  // younger than the lag
  EXPECT_EQ(phase_at(430, evidence), DrainPhase::kTraffic);
}

TEST(DrainTest, AThrottledProducerIsNotIdle) {
  DrainMetrics evidence = idle();
  point(evidence.throttled, 240, 120);
  const DrainStatus verdict = check_drain({}, drain_case(), evidence, at(420));
  EXPECT_EQ(verdict.phase, DrainPhase::kTraffic);
  EXPECT_NE(verdict.waiting_for.find("throttled"), std::string::npos);
}

TEST(DrainTest, ALongBufferIsWaitedFor) {
  DrainTarget drain = drain_case();
  drain.flush = std::chrono::seconds(960);
  const DrainMetrics evidence = sent_until(60);
  EXPECT_EQ(phase_at(420, evidence, drain), DrainPhase::kFlushing);
  EXPECT_EQ(phase_at(1199, evidence, drain), DrainPhase::kFlushing);  // 120 + 960, known 120 s later
  EXPECT_EQ(phase_at(1200, evidence, drain), DrainPhase::kReady);
  EXPECT_EQ(phase_at(420, idle(), drain), DrainPhase::kReady);  // nothing came in for longer than that before
  EXPECT_EQ(phase_at(420, evidence, drain, {.flushed = false}), DrainPhase::kReady);
}

TEST(DrainTest, FailingDeliveryHoldsTheDeleteUp) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.success, 180, 0.5);
  const DrainStatus verdict = check_drain({}, drain_case(), evidence, at(600));
  EXPECT_EQ(verdict.phase, DrainPhase::kFailing);
  EXPECT_EQ(verdict.since, at(180));
  EXPECT_EQ(phase_at(600, evidence, drain_case(), {.delivering = false}), DrainPhase::kReady);
  // A success afterwards and a quarter of an hour without another failure.
  point(evidence.success, 240, 1);
  EXPECT_EQ(phase_at(1079, evidence), DrainPhase::kFailing);
  EXPECT_EQ(phase_at(1080, evidence), DrainPhase::kReady);
}

TEST(DrainTest, ADeliveryErrorInTheLogIsAFailure) {
  DrainMetrics evidence = sent_until(60);
  DeliveryError error;
  error.time = at(150);
  error.stream = "logs-3";
  error.code = "S3.AccessDenied";
  evidence.errors.push_back(error);
  const DrainStatus verdict = check_drain({}, drain_case(), evidence, at(600));
  EXPECT_EQ(verdict.phase, DrainPhase::kFailing);
  EXPECT_NE(verdict.waiting_for.find("S3.AccessDenied"), std::string::npos);
}

TEST(DrainTest, ARecordThatGetsOlderIsAFailure) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.freshness, 300, 290);  // at 360 a record of before 120 was still waiting
  EXPECT_EQ(phase_at(600, evidence), DrainPhase::kFailing);
  evidence.freshness.clear();
  point(evidence.freshness, 120, 60);  // within the time that the buffer takes
  EXPECT_EQ(phase_at(600, evidence), DrainPhase::kReady);
}

TEST(DrainTest, TotalsMustAgreeFromTheStreamsMakingOn) {
  DrainTarget drain = drain_case();
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 60, 999);
  const DrainStatus verdict = check_drain({}, drain, evidence, at(600));
  EXPECT_EQ(verdict.phase, DrainPhase::kIncomplete);
  EXPECT_NE(verdict.waiting_for.find("1 record"), std::string::npos);
  EXPECT_EQ(phase_at(600, evidence, drain, {.complete = false}), DrainPhase::kReady);
  // Firehose keeps nothing for longer than a day.
  EXPECT_EQ(phase_at(25 * 3600 + 60, evidence, drain), DrainPhase::kReady);
  point(evidence.delivered, 120, 1);
  EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kReady);
}

TEST(DrainTest, TotalsProveThatAFailureWasOvercome) {
  DrainTarget drain = drain_case();
  DrainMetrics evidence = sent_until(60);
  point(evidence.success, 180, 0.5);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 240, 1000);
  EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kReady);
}

TEST(DrainTest, TotalsOfAnEarlierStreamOfTheNameProveNothing) {
  DrainTarget drain = drain_case();
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 0, 1000);
  point(evidence.delivered, -7200, 5);  // in the minute in which it was made
  EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kReady);
  point(evidence.delivered, -7260, 5);                            // and before: an earlier stream of the name
  EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kReady);  // enough was delivered afterwards
  point(evidence.taken, -7200, 1);
  EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kFlushing);  // unknown: the longest interval
  EXPECT_EQ(phase_at(1200, evidence, drain), DrainPhase::kReady);
}

TEST(DrainTest, OneRecordOfAnEarlierStreamIsEnough) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 0, 999);
  point(evidence.delivered, -7260, 1);
  point(evidence.delivered, -7200, 1);
  EXPECT_EQ(phase_at(600, evidence), DrainPhase::kFlushing);
}

TEST(DrainTest, WithoutTotalsTheLongestIntervalIsWaitedFor) {
  const DrainMetrics evidence = sent_until(60);
  EXPECT_EQ(phase_at(1199, evidence, of_unknown_age()), DrainPhase::kFlushing);
  EXPECT_EQ(phase_at(1200, evidence, of_unknown_age()), DrainPhase::kReady);
  DrainTarget transforms = drain_case();
  transforms.totals_count = false;
  EXPECT_EQ(phase_at(1199, evidence, transforms), DrainPhase::kFlushing);
}

TEST(DrainTest, GapsInTheAnswerProveNothing) {
  DrainMetrics evidence = idle();
  evidence.complete = false;
  EXPECT_EQ(phase_at(4000, evidence), DrainPhase::kUnknown);
}

TEST(DrainTest, EachConditionIsAskedForOnItsOwn) {
  EXPECT_EQ(phase_at(72, sent_until(0), drain_case(), {.quiet = false, .flushed = false}), DrainPhase::kReady);
  EXPECT_EQ(phase_at(72, sent_until(0), drain_case(), {.quiet = false}), DrainPhase::kFlushing);
}

TEST(DrainTest, ShortTimesComeFromTheSpec) {
  Spec spec;
  spec.drain_period_s = 1;
  spec.drain_quiet_s = 3;
  spec.drain_lag_s = 2;
  DrainTarget drain = drain_case();
  drain.stop_by = at(4);
  drain.flush = std::chrono::seconds(2);
  EXPECT_EQ(phase_at(8, idle(), drain, {}, spec), DrainPhase::kWaitingForQuiet);
  EXPECT_EQ(phase_at(9, idle(), drain, {}, spec), DrainPhase::kReady);
}

TEST(DrainTest, SaysHowLongItStillTakes) {
  const auto left = [](int seconds, const DrainMetrics& evidence, const DrainTarget& drain = drain_case()) {
    return seconds_of(check_drain({}, drain, evidence, at(seconds)).left);
  };
  EXPECT_EQ(left(0, idle()), 420);
  EXPECT_EQ(left(71, idle()), 349);
  EXPECT_EQ(left(419, idle()), 1);
  EXPECT_EQ(left(420, idle()), 0);
  EXPECT_EQ(left(480, sent_until(300)), 180);
  DrainTarget slow = drain_case();
  slow.flush = std::chrono::seconds(950);
  EXPECT_EQ(left(420, sent_until(60), slow), 780);  // 120 + 950, up to the end of that minute, known 120 s later
  DrainMetrics failing = sent_until(60);
  point(failing.success, 180, 0.5);
  EXPECT_EQ(left(600, failing), 0);  // unknown
  point(failing.success, 240, 1);
  EXPECT_EQ(left(600, failing), 480);
}

TEST(DrainTest, WithoutMetricsTimeAndTheErrorLogAreLeft) {
  const Spec spec;
  EXPECT_EQ(check_drain_without_metrics(spec, drain_case(), {}, at(899)).phase, DrainPhase::kFlushing);
  const DrainStatus verdict = check_drain_without_metrics(spec, drain_case(), {}, at(900));
  EXPECT_EQ(verdict.phase, DrainPhase::kReady);
  EXPECT_TRUE(verdict.without_metrics);
  DrainTarget slow = drain_case();
  slow.flush = std::chrono::seconds(960);
  EXPECT_EQ(check_drain_without_metrics(spec, slow, {}, at(1030)).phase, DrainPhase::kFlushing);
  EXPECT_EQ(check_drain_without_metrics(spec, slow, {}, at(1031)).phase, DrainPhase::kReady);
  DeliveryError error;
  error.time = at(500);
  error.code = "S3.AccessDenied";
  EXPECT_EQ(check_drain_without_metrics(spec, drain_case(), {error}, at(1399)).phase, DrainPhase::kFailing);
  EXPECT_EQ(check_drain_without_metrics(spec, drain_case(), {error}, at(1400)).phase, DrainPhase::kReady);
  DeliveryError earlier = error;  // the newest one counts, whatever the order
  earlier.time = at(100);
  for (const auto& errors : {std::vector{earlier, error}, std::vector{error, earlier}}) {
    EXPECT_EQ(check_drain_without_metrics(spec, drain_case(), errors, at(1399)).phase, DrainPhase::kFailing);
  }
}

TEST(DrainTest, TheShortestDrainIsSaidBeforehand) {
  Spec spec;
  EXPECT_EQ(shortest_drain(spec), std::chrono::seconds(71 + 300));
  spec.buffer_interval_s = 900;
  EXPECT_EQ(shortest_drain(spec), std::chrono::seconds(960 + 120));
}

TEST(DeliveryTest, WhatWasSentBeforeIsDelivered) {
  DrainTarget delivery = drain_case();
  delivery.stop_by = kStart;
  delivery.made_at = at(-3600);
  DrainMetrics evidence = sent_until(240);  // traffic continues
  point(evidence.taken, -120, 1000);
  point(evidence.taken, 60, 1000);
  point(evidence.delivered, 0, 900);
  EXPECT_EQ(check_delivery({}, delivery, evidence, at(60)).phase, DrainPhase::kUnknown);
  EXPECT_EQ(check_delivery({}, delivery, evidence, at(200)).phase, DrainPhase::kFlushing);
  point(evidence.delivered, 60, 100);
  EXPECT_EQ(check_delivery({}, delivery, evidence, at(200)).phase, DrainPhase::kReady);
  delivery.made_at.reset();
  EXPECT_EQ(check_delivery({}, delivery, evidence, at(1079)).phase, DrainPhase::kFlushing);
  EXPECT_EQ(check_delivery({}, delivery, evidence, at(1080)).phase, DrainPhase::kReady);
}

TEST(DeliveryTest, SaysHowLongItStillTakes) {
  DrainTarget delivery = drain_case();
  delivery.stop_by = kStart;
  DrainMetrics evidence = sent_until(240);
  point(evidence.taken, -120, 1000);
  const auto left = [&](int seconds) { return seconds_of(check_delivery({}, delivery, evidence, at(seconds)).left); };
  EXPECT_EQ(left(60), 60);   // until the first metrics are visible
  EXPECT_EQ(left(200), 40);  // the buffer's time, known 120 s later
  delivery.made_at.reset();
  EXPECT_EQ(left(1000), 80);  // nothing to compare: the longest interval
  evidence.complete = false;
  EXPECT_EQ(left(1000), 0);
}

}  // namespace
}  // namespace drain_test
}  // namespace fhctl::pipeline
