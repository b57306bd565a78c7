#include "core/producer/producer.h"

#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/producer/producer_scene.h"

namespace fhctl::pipeline {
namespace producer_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::SizeIs;
using Records = std::vector<std::string>;

void offer_all(ProducerScene& scene, int count, std::uint64_t first = 1) {
  for (std::uint64_t tag = first; tag < first + static_cast<std::uint64_t>(count); ++tag) {
    ASSERT_EQ(scene.producer.offer("record " + std::to_string(tag), scene.now, tag), Offer::kTaken);
  }
}

TEST(Producer, SendsWhatItIsGivenWithNewlines) {
  ProducerScene scene(producer_manifest(1));
  offer_all(scene, 2);
  scene.run_until_idle();
  EXPECT_THAT(scene.taken["logs-1"], ElementsAre("record 1\n", "record 2\n"));
  EXPECT_THAT(scene.requests, SizeIs(1));
  EXPECT_EQ(scene.producer.counters().acknowledged_bytes, 18);
  EXPECT_EQ(scene.acknowledged, (std::map<std::uint64_t, std::string>{{1, "logs-1"}, {2, "logs-1"}}));

  Manifest manifest = producer_manifest(1);
  manifest.spec.newline = true;  // Firehose adds it
  ProducerScene bare(manifest);
  offer_all(bare, 1);
  bare.run_until_idle();
  EXPECT_THAT(bare.taken["logs-1"], ElementsAre("record 1"));
}

TEST(Producer, ABatchHoldsWhatFirehoseAllows) {
  ProducerScene scene(producer_manifest(1), {.batches_max = 1});
  offer_all(scene, 501);
  scene.run_until_idle();
  ASSERT_THAT(scene.requests, SizeIs(2));
  EXPECT_THAT(scene.requests[0].second, SizeIs(500));

  ProducerScene big(producer_manifest(1));
  for (std::uint64_t tag = 1; tag <= 5; ++tag) big.producer.offer(std::string(999999, 'x'), big.now, tag);
  big.run_until_idle();
  EXPECT_THAT(big.requests.at(0).second, SizeIs(3)) << "four would be over 3.5 MiB";

  Manifest slow = producer_manifest(1);
  slow.region = "eu-central-1";  // 1 MiB/s
  slow.spec.producers = 4;
  ProducerScene shared(slow);
  for (std::uint64_t tag = 1; tag <= 8; ++tag) shared.producer.offer(std::string(99999, 'x'), shared.now, tag);
  shared.run_until_idle();
  EXPECT_THAT(shared.requests.at(0).second, SizeIs(2)) << "a second of a quarter of 1 MiB/s";
}

TEST(Producer, WhatNoRecordCanHoldIsSaidAndCounted) {
  ProducerScene scene(producer_manifest(1));
  EXPECT_EQ(scene.producer.offer(std::string(1023999, 'x'), scene.now), Offer::kTaken);
  EXPECT_EQ(scene.producer.offer(std::string(1024000, 'x'), scene.now), Offer::kTooLong);
  EXPECT_EQ(scene.producer.counters().too_long, 1);
  EXPECT_EQ(scene.producer.counters().offered, 1);
}

TEST(Producer, MemoryIsBoundedToTheByte) {
  ProducerScene scene(producer_manifest(1), {.bytes_max = 100, .records_max = 3});
  EXPECT_EQ(scene.producer.offer(std::string(49, 'a'), scene.now), Offer::kTaken);
  EXPECT_EQ(scene.producer.offer(std::string(50, 'b'), scene.now), Offer::kFull) << "101 bytes";
  EXPECT_EQ(scene.producer.offer(std::string(49, 'b'), scene.now), Offer::kTaken);
  EXPECT_EQ(scene.producer.held_bytes(), 100);
  scene.send();
  EXPECT_EQ(scene.producer.offer("", scene.now), Offer::kFull) << "what is under way counts";
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.held_bytes(), 0);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(scene.producer.offer("x", scene.now), Offer::kTaken);
  EXPECT_EQ(scene.producer.offer("x", scene.now), Offer::kFull) << "three records";
  EXPECT_EQ(scene.producer.counters().full, 3);
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.offer(std::string(100, 'c'), scene.now), Offer::kTaken) << "alone it may be larger";
}

TEST(Producer, LinesArePackedIntoRecords) {
  ProducerScene scene(producer_manifest(1), {.pack_lines_to_bytes = 20});
  offer_all(scene, 5);  // 9 bytes each
  EXPECT_EQ(scene.producer.queued(), 5);
  scene.run_until_idle();
  EXPECT_THAT(scene.taken["logs-1"], ElementsAre("record 1\nrecord 2\n", "record 3\nrecord 4\n", "record 5\n"));
  EXPECT_THAT(scene.acknowledged, SizeIs(5));
  EXPECT_EQ(scene.producer.counters().acknowledged, 5);
}

TEST(Producer, ARecordWaitsForCompanyWhenAskedTo) {
  ProducerScene scene(producer_manifest(1), {.linger = milliseconds(100)});
  offer_all(scene, 1);
  scene.send();
  EXPECT_THAT(scene.requests, SizeIs(0));
  EXPECT_EQ(scene.producer.wake_at(scene.now), scene.now + milliseconds(100));
  scene.advance(milliseconds(60));
  offer_all(scene, 1, 2);
  scene.advance(milliseconds(40));
  scene.send();
  EXPECT_THAT(scene.requests.at(0).second, SizeIs(2));
  offer_all(scene, 500, 10);
  scene.send();
  EXPECT_THAT(scene.requests, SizeIs(2)) << "a full batch is sent at once";
  offer_all(scene, 1, 1000);
  scene.producer.flush();
  scene.send();
  EXPECT_THAT(scene.requests, SizeIs(3));
}

TEST(Producer, ClosedItTakesNoMoreAndSendsTheRest) {
  ProducerScene scene(producer_manifest(1), {.linger = seconds(10)});
  offer_all(scene, 3);
  scene.producer.close();
  EXPECT_EQ(scene.producer.offer("late", scene.now), Offer::kClosed);
  scene.run_until_idle();
  EXPECT_THAT(scene.taken["logs-1"], SizeIs(3));
  EXPECT_LT(scene.now, ProducerScene::kStart + seconds(1));
}

TEST(Producer, OnlyRefusedRecordsGoAgainAndAtOnceElsewhere) {
  ProducerScene scene(producer_manifest(3));
  offer_all(scene, 100);
  std::set<std::string> refused;
  scene.resolve_desired = [&](const Batch&) {
    return Fate{.refuse = [&](const std::string& record) -> std::string {
      return record.find('7') != std::string::npos && refused.insert(record).second ? "ServiceUnavailableException"
                                                                                    : "";
    }};
  };
  scene.run_until_idle();
  ASSERT_THAT(scene.requests, SizeIs(2));
  EXPECT_EQ(scene.requests[1].second.size(), refused.size());
  EXPECT_NE(scene.requests[0].first, scene.requests[1].first);
  EXPECT_EQ(scene.sent_at[1] - scene.sent_at[0], milliseconds(20)) << "no pause";
  EXPECT_EQ(scene.producer.counters().resent, static_cast<std::int64_t>(refused.size()));
  EXPECT_EQ(scene.producer.counters().maybe_duplicated, 0);
  EXPECT_EQ(scene.producer.counters().acknowledged, 100);
}

// The other stream is healthy but has too little budget left. The batch must not return to the stream that rejected it.
TEST(Producer, NotAtOnceBackToTheStreamThatRefusedIt) {
  Manifest manifest = producer_manifest(2);
  manifest.spec.producers = 100;  // 52,428 bytes a second
  ProducerScene scene(manifest);
  int requests = 0;
  scene.resolve_desired = [&](const Batch&) {
    ++requests;
    if (requests == 1) return Fate{.failure = PutFailure::kThrottled, .latency = milliseconds(20)};
    return Fate{.latency = milliseconds(5)};
  };
  scene.producer.offer(std::string(4000, 'a'), scene.now, 1);
  scene.send();
  scene.producer.offer(std::string(52000, 'b'), scene.now, 2);
  scene.run_until_idle();
  ASSERT_THAT(scene.requests, SizeIs(3));
  EXPECT_NE(scene.requests[0].first, scene.requests[1].first);
  EXPECT_GT(scene.sent_at[2] - scene.sent_at[0], milliseconds(20));
}

TEST(Producer, TheSameStreamOnlyAfterAPauseThatGrows) {
  ProducerScene scene(producer_manifest(1));
  offer_all(scene, 1);
  scene.resolve_desired = [&](const Batch&) { return Fate{.failure = PutFailure::kThrottled}; };
  scene.run_for(seconds(29));
  EXPECT_GT(scene.requests.size(), 6u);
  EXPECT_LT(scene.requests.size(), 25u);
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.counters().expired, 1);
  EXPECT_EQ(scene.now, ProducerScene::kStart + seconds(30));
}

TEST(Producer, HowARequestFailedDecidesWhatBecomesOfItsRecords) {
  struct Case {
    PutFailure failure;
    std::int64_t acknowledged, fatal, maybe_duplicated;
  };
  for (const Case& one : {Case{PutFailure::kThrottled, 2, 0, 0}, Case{PutFailure::kRefused, 2, 0, 0},
                          Case{PutFailure::kAmbiguous, 2, 0, 2}, Case{PutFailure::kGone, 2, 0, 0},
                          Case{PutFailure::kExpired, 2, 0, 0}, Case{PutFailure::kFatal, 0, 2, 0}}) {
    SCOPED_TRACE(static_cast<int>(one.failure));
    ProducerScene scene(producer_manifest(2));
    offer_all(scene, 2);
    int failures = 1;
    scene.resolve_desired = [&](const Batch&) {
      return failures-- > 0 ? Fate{.failure = one.failure, .taken_all_the_same = one.maybe_duplicated > 0} : Fate{};
    };
    scene.run_until_idle();
    const ProducerCounters& counters = scene.producer.counters();
    EXPECT_EQ(counters.acknowledged, one.acknowledged);
    EXPECT_EQ(counters.fatal, one.fatal);
    EXPECT_EQ(counters.maybe_duplicated, one.maybe_duplicated);
    EXPECT_EQ(scene.maybe_duplicated.size(), static_cast<std::size_t>(one.maybe_duplicated));
    EXPECT_EQ(scene.lost.size(), static_cast<std::size_t>(one.fatal));
    if (one.failure != PutFailure::kFatal && one.failure != PutFailure::kExpired) {
      EXPECT_NE(scene.requests.at(0).first, scene.requests.at(1).first);
    }
  }
}

TEST(Producer, ARecordThatCanNeverBeTakenIsGivenBackAndTheOthersGoOn) {
  ProducerScene scene(producer_manifest(2));
  offer_all(scene, 3);
  scene.resolve_desired = [](const Batch&) {
    return Fate{
        .refuse = [](const std::string& record) { return record == "record 2\n" ? "InvalidArgumentException" : ""; }};
  };
  scene.run_until_idle();
  EXPECT_THAT(scene.requests, SizeIs(1));
  ASSERT_THAT(scene.lost, SizeIs(1));
  EXPECT_EQ(scene.lost.begin()->first, 2u);
  EXPECT_EQ(scene.lost.begin()->second.why, LostBecause::kFatal);
  EXPECT_EQ(scene.lost.begin()->second.reason, "InvalidArgumentException: Slow down.");
  EXPECT_EQ(scene.producer.rate(scene.requests[0].first, scene.now), 1.0) << "no fault of the stream";
}

TEST(Producer, AResponseForAnotherNumberOfRecordsIsIgnored) {
  ProducerScene scene(producer_manifest(1));
  offer_all(scene, 2);
  const Batch* batch = scene.producer.next(scene.now);
  ASSERT_NE(batch, nullptr);
  const std::uint64_t id = batch->id;
  scene.producer.answered(id, {{"id", "", ""}}, scene.now);
  scene.producer.answered(id, {{"id", "", ""}, {"id", "", ""}}, scene.now);  // its records are no longer waiting
  EXPECT_EQ(scene.producer.counters().acknowledged, 0);
  EXPECT_EQ(scene.producer.counters().streams.at("logs-1").ambiguous, 2);
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.counters().maybe_duplicated, 2);
}

TEST(Producer, WhatIsTooOldIsNeverSent) {
  Manifest manifest = producer_manifest(1);
  ProducerScene scene(manifest, {.manifest_is_fixed = true});
  offer_all(scene, 1);
  scene.advance(seconds(29));
  offer_all(scene, 1, 2);
  scene.advance(seconds(1));
  scene.run_until_idle();
  EXPECT_THAT(scene.taken["logs-1"], ElementsAre("record 2\n"));
  ASSERT_THAT(scene.lost, SizeIs(1));
  EXPECT_EQ(scene.lost.begin()->first, 1u);
  EXPECT_EQ(scene.lost.begin()->second.why, LostBecause::kExpired);
  EXPECT_FALSE(scene.lost.begin()->second.maybe_taken);
}

TEST(Producer, WhatExpiresAfterALostAnswerMayStillBeThere) {
  ProducerScene scene(producer_manifest(1));
  offer_all(scene, 1);
  scene.resolve_desired = [](const Batch&) { return Fate{.failure = PutFailure::kAmbiguous}; };
  scene.run_until_idle();
  EXPECT_TRUE(scene.lost.at(1).maybe_taken);
  EXPECT_EQ(scene.producer.counters().lost_maybe_taken, 1);
}

TEST(Producer, AStreamThatFailsAgainAndAgainIsLeftOutAndTriedWithOneBatch) {
  ProducerScene scene(producer_manifest(3), {.batches_per_stream_max = 2});
  std::map<std::string, int> requests;
  bool broken = true;
  scene.resolve_desired = [&](const Batch& batch) {
    ++requests[batch.stream];
    return broken && batch.stream == "logs-1" ? Fate{.failure = PutFailure::kRefused} : Fate{};
  };
  for (int i = 0; i < 2000; ++i) {
    scene.producer.offer(std::string(20000, 'x'), scene.now);
    scene.run_for(milliseconds(10));
  }
  EXPECT_LT(requests["logs-1"], 40) << "of 2,000";
  EXPECT_GE(scene.producer.counters().streams.at("logs-1").ejections, 2);
  EXPECT_EQ(scene.producer.counters().expired, 0);
  broken = false;
  requests.clear();
  for (int i = 0; i < 3000; ++i) {
    scene.producer.offer(std::string(20000, 'x'), scene.now);
    scene.run_for(milliseconds(10));
  }
  scene.run_until_idle();
  EXPECT_GT(requests["logs-1"], 300) << "it is used again";
  EXPECT_EQ(scene.producer.counters().acknowledged, 5000);
}

TEST(Producer, WithEveryStreamOutItKeepsItsRecordsAndAsksForAManifest) {
  Manifest manifest = producer_manifest(2);
  ProducerScene scene(manifest, {.records_max = 10});
  bool broken = true;
  scene.resolve_desired = [&](const Batch&) { return broken ? Fate{.failure = PutFailure::kRefused} : Fate{}; };
  scene.reload = [&]() -> std::optional<Manifest> { return manifest; };
  for (std::uint64_t tag = 1; tag <= 10; ++tag) {
    offer_all(scene, 1, tag);
    scene.send();  // a separate request
  }
  scene.run_for(seconds(10));
  EXPECT_EQ(scene.producer.offer("x", scene.now), Offer::kFull);
  EXPECT_GE(scene.reloads, 3);
  EXPECT_LE(scene.reloads, 11) << "at most once a second";
  broken = false;
  scene.run_until_idle();
  EXPECT_EQ(scene.producer.counters().acknowledged, 10);
}

TEST(Producer, TheShareOfEachLimitIsKept) {
  Manifest manifest = producer_manifest(2);
  manifest.spec.producers = 10;  // 0.5 MiB/s of each stream
  ProducerScene scene(manifest);
  std::uint64_t tag = 0;
  while (scene.now < ProducerScene::kStart + seconds(20)) {
    while (scene.producer.offer(std::string(9999, 'x'), scene.now, ++tag) == Offer::kTaken &&
           scene.producer.queued() < 500) {
    }
    scene.step(scene.now + milliseconds(100));
  }
  for (const auto& [name, stream] : scene.producer.counters().streams) {
    const double rate = static_cast<double>(stream.acknowledged_bytes) / 20;
    EXPECT_LE(rate, 524288 * 1.06) << name << ": a second's worth is saved at first";
    EXPECT_GE(rate, 524288 * 0.95) << name;
    EXPECT_LE(stream.requests, 20 * 5 + 2) << "no request for each record that fits";
  }
}

}  // namespace
}  // namespace producer_test
}  // namespace fhctl::pipeline
