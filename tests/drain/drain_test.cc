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

// The defaults, with metrics that are two minutes late.
Spec usual() {
  Spec spec;
  spec.drain_lag_s = 120;
  return spec;
}

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
                    const DrainConditions& conditions = {}, const Spec& spec = usual()) {
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
  const DrainStatus verdict = check_drain(usual(), drain_case(), evidence, at(480));
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
  const DrainStatus verdict = check_drain(usual(), drain_case(), evidence, at(420));
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
  const DrainStatus verdict = check_drain(usual(), drain_case(), evidence, at(600));
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
  const DrainStatus verdict = check_drain(usual(), drain_case(), evidence, at(600));
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
  const DrainStatus verdict = check_drain(usual(), drain, evidence, at(600));
  EXPECT_EQ(verdict.phase, DrainPhase::kIncomplete);
  EXPECT_NE(verdict.waiting_for.find("1 record"), std::string::npos);
  EXPECT_EQ(verdict.difference, 1);
  EXPECT_FALSE(verdict.stuck());
  EXPECT_EQ(phase_at(600, evidence, drain, {.complete = false}), DrainPhase::kReady);
  // Firehose keeps nothing for longer than a day.
  EXPECT_EQ(phase_at(25 * 3600 + 60, evidence, drain), DrainPhase::kReady);
  EXPECT_EQ(check_drain(usual(), drain, evidence, at(25 * 3600 + 60)).difference, 0);
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
  point(evidence.delivered, -7200, 5);  // in the minute in which it was made, before anything was taken
  EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kFlushing);
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
    return seconds_of(check_drain(usual(), drain, evidence, at(seconds)).left);
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
  EXPECT_EQ(spec.drain_lag_s, 300);
  EXPECT_EQ(quiet_time(spec), std::chrono::seconds(180 + 300));
  EXPECT_EQ(shortest_drain(spec), std::chrono::seconds(71 + 480));
  EXPECT_EQ(shortest_drain(usual()), std::chrono::seconds(71 + 300));
  spec.buffer_interval_s = 900;
  EXPECT_EQ(shortest_drain(spec), std::chrono::seconds(960 + 300));
  spec.drain_quiet_s = 61;  // two whole periods
  EXPECT_EQ(quiet_time(spec), std::chrono::seconds(120 + 300));
}

// --- A difference that remains ---

TEST(DrainDifference, IsAcceptedOnceNothingHasHappenedForAQuarterOfAnHour) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 60, 997);
  const DrainStatus verdict = check_drain(usual(), drain_case(), evidence, at(1139));
  EXPECT_EQ(verdict.phase, DrainPhase::kIncomplete);
  EXPECT_EQ(seconds_of(verdict.left), 1);  // 120 + 900, known 120 s later
  const DrainStatus accepted = check_drain(usual(), drain_case(), evidence, at(1140));
  EXPECT_EQ(accepted.phase, DrainPhase::kReady);
  EXPECT_EQ(accepted.difference, 3);
  EXPECT_EQ(difference_text(3), "3 records more taken than CloudWatch shows delivered");
  EXPECT_EQ(difference_text(1), "1 record more taken than CloudWatch shows delivered");
  Spec shorter = usual();
  shorter.drain_time_s = 600;
  EXPECT_EQ(phase_at(840, evidence, drain_case(), {}, shorter), DrainPhase::kReady);
}

TEST(DrainDifference, ANewDeliveryStartsTheTimeAgain) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 60, 900);
  point(evidence.delivered, 960, 50);
  EXPECT_EQ(phase_at(1140, evidence), DrainPhase::kIncomplete);
  EXPECT_EQ(phase_at(2039, evidence), DrainPhase::kIncomplete);  // 1020 + 900 + 120
  EXPECT_EQ(phase_at(2040, evidence), DrainPhase::kReady);
  EXPECT_EQ(check_drain(usual(), drain_case(), evidence, at(2040)).difference, 50);
}

TEST(DrainDifference, AFailureStartsTheTimeAgainAndOneWithoutASuccessIsNeverAccepted) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 60, 900);
  point(evidence.success, 600, 0.5);
  EXPECT_EQ(phase_at(40'000, evidence), DrainPhase::kFailing);
  point(evidence.success, 660, 1);
  EXPECT_EQ(phase_at(1499, evidence), DrainPhase::kFailing);
  EXPECT_EQ(phase_at(1500, evidence), DrainPhase::kIncomplete);
  EXPECT_EQ(phase_at(1679, evidence), DrainPhase::kIncomplete);
  EXPECT_EQ(phase_at(1680, evidence), DrainPhase::kReady);  // 660 + 900 + 120
}

TEST(DrainDifference, ARecordThatGetsOlderIsNotAccepted) {
  DrainMetrics evidence = sent_until(60);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 60, 900);
  point(evidence.freshness, 1200, 1190);
  EXPECT_EQ(phase_at(1500, evidence), DrainPhase::kFailing);
}

TEST(DrainDifference, TrafficIsNotAccepted) {
  DrainMetrics evidence = sent_until(1020);
  point(evidence.taken, -120, 1000);
  EXPECT_EQ(phase_at(1140, evidence), DrainPhase::kTraffic);
}

// --- The window ---

constexpr int kDayS = 86'400;

DrainTarget old_stream() {
  DrainTarget drain = drain_case();
  drain.made_at = at(-40 * kDayS);
  return drain;
}

// 100 records in five minutes without a pause until shortly before the drain; each is delivered in the next five.
DrainMetrics busy_day(int until = -600) {
  DrainMetrics evidence;
  evidence.first_period_s = kWindowPeriodS;
  for (int second = -(26 * kHourS); second <= until; second += kWindowPeriodS) {
    point(evidence.taken, second, 100);
    point(evidence.delivered, second + kWindowPeriodS, 100);
  }
  point(evidence.records, until, 100);
  return evidence;
}

void pause_in(DrainMetrics& evidence) {
  for (int second = -12 * kHourS; second < -11 * kHourS; second += kWindowPeriodS) {
    evidence.taken.erase(kStartS + second);
    evidence.delivered.erase(kStartS + second + kWindowPeriodS);
  }
}

DrainStatus status_at(int seconds, const DrainMetrics& evidence) {
  return check_drain(usual(), old_stream(), evidence, at(seconds));
}

// The window begins with deliveries of records that were taken before it.
TEST(DrainWindow, TrafficAcrossItsEdgeIsNoDifference) {
  for (const bool pause : {false, true}) {
    DrainMetrics evidence = busy_day();
    if (pause) pause_in(evidence);
    for (int seconds = 600; seconds < 1800; seconds += 60) {
      EXPECT_EQ(status_at(seconds, evidence).phase, DrainPhase::kReady) << seconds;
      EXPECT_EQ(status_at(seconds, evidence).difference, 0) << seconds;
    }
  }
}

// The deliveries of earlier records at the edge of the window do not make up for records that are held now.
TEST(DrainWindow, TrafficAcrossItsEdgeHidesNothing) {
  DrainMetrics held = busy_day();
  pause_in(held);
  held.delivered[kStartS - 300] = 40;
  EXPECT_EQ(status_at(600, held).phase, DrainPhase::kIncomplete);
  EXPECT_EQ(status_at(600, held).difference, 60);
}

// Without a pause of sixteen minutes, the stream may always have held as many: the longest interval is waited for.
TEST(DrainWindow, AStreamThatWasNeverEmptyIsWaitedForLonger) {
  DrainMetrics evidence = busy_day(0);
  EXPECT_EQ(status_at(1139, evidence).phase, DrainPhase::kFlushing);
  EXPECT_EQ(status_at(1140, evidence).phase, DrainPhase::kReady);  // 60 + 960, known 120 s later
  pause_in(evidence);
  EXPECT_EQ(status_at(600, evidence).phase, DrainPhase::kReady);
}

TEST(DrainWindow, ThePauseMustBeAsLongAsTheLongestInterval) {
  for (const int minutes : {15, 20}) {
    DrainMetrics evidence = busy_day(0);
    for (int second = 0; second < minutes * 60; second += kWindowPeriodS) {
      evidence.taken.erase(kStartS - 12 * kHourS + second);
      evidence.delivered.erase(kStartS - 12 * kHourS + second + kWindowPeriodS);
    }
    EXPECT_EQ(status_at(600, evidence).phase, minutes == 20 ? DrainPhase::kReady : DrainPhase::kFlushing) << minutes;
  }
}

TEST(DrainWindow, APointThatWasLostTenDaysAgoIsNoDifference) {
  DrainMetrics evidence = busy_day();
  pause_in(evidence);
  point(evidence.taken, -10 * kDayS, 1000);
  point(evidence.delivered, -10 * kDayS, 400);
  EXPECT_EQ(status_at(600, evidence).phase, DrainPhase::kReady);
  EXPECT_EQ(status_at(600, evidence).difference, 0);
}

TEST(DrainWindow, ARecordThatWasGivenUpAMonthAgoIsNoDifference) {
  DrainMetrics evidence = busy_day();
  pause_in(evidence);
  point(evidence.taken, -30 * kDayS, 1000);
  point(evidence.delivered, -30 * kDayS, 999);
  EXPECT_EQ(status_at(600, evidence).phase, DrainPhase::kReady);
  EXPECT_EQ(status_at(600, evidence).difference, 0);
}

// As many records are held now as were delivered twice then, so that the totals of the stream's whole life agree.
TEST(DrainWindow, DuplicatesOfTenDaysAgoHideNothing) {
  for (const bool pause : {false, true}) {
    DrainMetrics evidence = busy_day();
    if (pause) pause_in(evidence);
    point(evidence.taken, -10 * kDayS, 1000);
    point(evidence.delivered, -10 * kDayS, 1005);
    point(evidence.taken, -300, 1000);
    point(evidence.records, -300, 1000);
    point(evidence.delivered, -60, 995);
    EXPECT_EQ(status_at(600, evidence).phase, pause ? DrainPhase::kIncomplete : DrainPhase::kFlushing);
    EXPECT_EQ(status_at(600, evidence).difference, pause ? 5 : 0);
  }
}

TEST(DrainWindow, APointThatWasLostTodayIsStated) {
  DrainMetrics evidence = busy_day();
  pause_in(evidence);
  evidence.delivered.erase(kStartS - 6 * kHourS);
  EXPECT_EQ(status_at(600, evidence).phase, DrainPhase::kIncomplete);
  EXPECT_EQ(status_at(1000, evidence).phase, DrainPhase::kReady);
  EXPECT_EQ(status_at(1000, evidence).difference, 100);
}

// Of a stream that was never empty, at most what it always held is left out.
TEST(DrainWindow, OfABusyStreamAtLeastAPartIsStated) {
  DrainMetrics evidence = busy_day();
  for (const int second : {0, 300, 600}) evidence.delivered.erase(kStartS - 6 * kHourS + second);
  EXPECT_EQ(status_at(1000, evidence).phase, DrainPhase::kReady);
  EXPECT_EQ(status_at(1000, evidence).difference, 200);
}

TEST(DrainWindow, DuplicatesOfTodayHideNothing) {
  DrainMetrics evidence = busy_day();
  evidence.delivered[kStartS - 13 * kHourS] = 150;
  pause_in(evidence);
  point(evidence.taken, -300, 1000);
  point(evidence.delivered, -60, 980);
  EXPECT_EQ(status_at(600, evidence).difference, 20);
}

// After duplicates, the stream may hold as many records as were delivered twice: the longest interval is waited for.
TEST(DrainWindow, WithDuplicatesSinceItWasEmptyNothingIsProven) {
  DrainMetrics evidence = busy_day(0);
  pause_in(evidence);
  EXPECT_EQ(status_at(600, evidence).phase, DrainPhase::kReady);
  evidence.delivered[kStartS - 6 * kHourS] = 150;
  EXPECT_EQ(status_at(600, evidence).phase, DrainPhase::kFlushing);
  EXPECT_EQ(status_at(1140, evidence).phase, DrainPhase::kReady);
  DrainMetrics young = sent_until(60);
  point(young.taken, -120, 1000);
  point(young.delivered, -60, 600);
  point(young.delivered, 60, 405);
  EXPECT_EQ(phase_at(600, young), DrainPhase::kFlushing);
  EXPECT_EQ(phase_at(1200, young), DrainPhase::kReady);
  young.delivered[kStartS + 60] = 400;
  EXPECT_EQ(phase_at(600, young), DrainPhase::kReady);
}

TEST(DrainWindow, AYoungStreamIsCountedFromItsCreation) {
  DrainTarget drain = drain_case();
  DrainMetrics evidence = sent_until(60);
  for (const int age : {600, 7200, 24 * kHourS, 25 * kHourS - 700}) {
    drain.made_at = at(-age);
    evidence.taken.clear();
    evidence.delivered.clear();
    point(evidence.taken, -age + 60, 10);
    EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kIncomplete) << age;
    point(evidence.delivered, 0, 10);
    EXPECT_EQ(phase_at(600, evidence, drain), DrainPhase::kReady) << age;
  }
}

// --- How late CloudWatch is ---

DrainMetrics::Points steady(int from, int to) {
  DrainMetrics::Points points;
  for (int second = from; second <= to; second += 60) point(points, second, 7);
  return points;
}

TEST(PublishedUntil, IsTheFirstPeriodThatASteadyStreamLacks) {
  const auto until = [](const DrainMetrics::Points& points, bool may_end = false, int now = 1200) {
    const auto found = published_until(Spec(), points, at(now), may_end);
    return found ? static_cast<int>(*found - kStartS) : -1;
  };
  EXPECT_EQ(until(steady(-600, 900)), 960);
  EXPECT_EQ(until(steady(-600, 1140)), -1);  // complete
  EXPECT_EQ(until(steady(0, 900)), 960);     // the five periods before 300 have one each
  EXPECT_EQ(until(steady(480, 900)), 960);   // it began later
  EXPECT_EQ(until(steady(660, 840)), -1);    // four are not enough
  EXPECT_EQ(until(steady(-600, 240)), 300);  // nothing since
  EXPECT_EQ(until(steady(-600, 180)), -1);   // it ended before
  EXPECT_EQ(until({}), -1);
  DrainMetrics::Points irregular = steady(-600, 900);
  irregular.erase(kStartS + 120);
  EXPECT_EQ(until(irregular), -1);
  DrainMetrics::Points gap = steady(-600, 1140);
  gap.erase(kStartS + 420);
  EXPECT_EQ(until(gap), 420);
  EXPECT_EQ(until(gap, true), 420);
  EXPECT_EQ(until(gap, false, 1380), -1);          // it does not come any more: 420 is older than a quarter of an hour
  EXPECT_EQ(until(steady(-600, 900), true), -1);   // it may have ended
  DrainMetrics::Points zeros = steady(-600, 900);  // a point without records is a point
  for (auto& [start, value] : zeros) value = 0;
  EXPECT_EQ(until(zeros), 960);
}

TEST(DrainTest, PeriodsThatCloudWatchHasNotPublishedAreNotQuiet) {
  DrainMetrics evidence = idle();
  evidence.published_until = kStartS + 240;
  EXPECT_EQ(phase_at(420, evidence), DrainPhase::kWaitingForQuiet);
  EXPECT_EQ(phase_at(900, evidence), DrainPhase::kWaitingForQuiet);
  const DrainStatus verdict = check_drain(usual(), drain_case(), evidence, at(900));
  EXPECT_EQ(verdict.waiting_for, "3m 00s without traffic (metrics are 11m 00s late)");
  evidence.published_until = kStartS + 300;
  EXPECT_EQ(phase_at(900, evidence), DrainPhase::kReady);
  evidence.published_until = kStartS + 400;  // sooner than the spec says
  EXPECT_EQ(phase_at(419, evidence), DrainPhase::kWaitingForQuiet);
  EXPECT_EQ(phase_at(420, evidence), DrainPhase::kReady);
}

TEST(DeliveryTest, WhatWasSentBeforeIsDelivered) {
  DrainTarget delivery = drain_case();
  delivery.stop_by = kStart;
  delivery.made_at = at(-3600);
  DrainMetrics evidence = sent_until(240);  // traffic continues
  point(evidence.taken, -120, 1000);
  point(evidence.taken, 60, 1000);
  point(evidence.delivered, 0, 900);
  EXPECT_EQ(check_delivery(usual(), delivery, evidence, at(60)).phase, DrainPhase::kUnknown);
  EXPECT_EQ(check_delivery(usual(), delivery, evidence, at(200)).phase, DrainPhase::kFlushing);
  point(evidence.delivered, 60, 100);
  EXPECT_EQ(check_delivery(usual(), delivery, evidence, at(200)).phase, DrainPhase::kReady);
  delivery.made_at.reset();
  EXPECT_EQ(check_delivery(usual(), delivery, evidence, at(1079)).phase, DrainPhase::kFlushing);
  EXPECT_EQ(check_delivery(usual(), delivery, evidence, at(1080)).phase, DrainPhase::kReady);
}

TEST(DeliveryTest, ADifferenceIsAcceptedAfterTheLongestInterval) {
  DrainTarget delivery = drain_case();
  delivery.stop_by = kStart;
  DrainMetrics evidence = sent_until(240);
  point(evidence.taken, -120, 1000);
  point(evidence.delivered, 0, 900);
  EXPECT_EQ(check_delivery(usual(), delivery, evidence, at(1079)).phase, DrainPhase::kFlushing);
  const DrainStatus verdict = check_delivery(usual(), delivery, evidence, at(1080));
  EXPECT_EQ(verdict.phase, DrainPhase::kReady);
  EXPECT_EQ(verdict.difference, 100);
}

TEST(DeliveryTest, SaysHowLongItStillTakes) {
  DrainTarget delivery = drain_case();
  delivery.stop_by = kStart;
  DrainMetrics evidence = sent_until(240);
  point(evidence.taken, -120, 1000);
  const auto left = [&](int seconds) {
    return seconds_of(check_delivery(usual(), delivery, evidence, at(seconds)).left);
  };
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
