// Behavior of Firehose that a drain must handle: late deliveries, buffering hints that are not kept, records lost in
// DELETING, limits that change, and failing deliveries.
#include <algorithm>

#include <gtest/gtest.h>

#include "sandbox/firehose/firehose.h"
#include "tests/sandbox/firehose_fixture.h"

namespace fhctl::sandbox {
namespace delivery_quirks_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

Json buffered(int interval_s) {
  Json destination = FirehoseFixture::destination();
  destination["BufferingHints"] = {{"SizeInMBs", 1}, {"IntervalInSeconds", interval_s}};
  return destination;
}

void remove(FirehoseFixture& cloud, const std::string& name) {
  EXPECT_EQ(cloud.outcome("DeleteDeliveryStream", {{"DeliveryStreamName", name}}), "ok");
}

// Returns the seconds from the put until the record is in the bucket, -1 if it takes more than ten minutes.
int landing(FirehoseFixture& cloud, const std::string& name) {
  const std::size_t before = cloud.objects().size();
  EXPECT_EQ(cloud.put(name, "x"), "ok");
  for (int second = 0; second <= 600; ++second) {
    if (cloud.objects().size() > before) return second;
    cloud.pass(seconds(1));
  }
  return -1;
}

TEST(DeliveryTime, AnObjectLandsSomeTimeAfterItsBufferClosed) {
  std::vector<int> seen[2];
  for (std::vector<int>& times : seen) {
    Options options;
    options.delivery_time = seconds(100);
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1", buffered(10));
    for (int i = 0; i < 20; ++i) times.push_back(landing(cloud, "s-1"));
    EXPECT_EQ(cloud.traffic("s-1").delivered, 20);
  }
  EXPECT_EQ(seen[0], seen[1]);  // the same seed gives the same delays
  const auto [least, most] = std::minmax_element(seen[0].begin(), seen[0].end());
  EXPECT_GE(*least, 10);
  EXPECT_LE(*most, 111);
  EXPECT_GT(*most - *least, 30);
}

TEST(DeliveryTime, WhatIsInFlightLandsBeforeADeletedStreamVanishesOrIsLost) {
  for (const bool flushes : {true, false}) {
    Options options;
    options.delivery_time = std::chrono::hours(10);
    options.stream_delete = seconds(30);
    options.deleting_flushes = flushes;
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1", buffered(10));
    cloud.put("s-1", "x");
    cloud.pass(seconds(20));
    remove(cloud, "s-1");
    cloud.pass(seconds(29));
    EXPECT_EQ(cloud.traffic("s-1").delivered, 0);
    EXPECT_TRUE(cloud.objects().empty());
    cloud.pass(seconds(1));
    EXPECT_EQ(cloud.status("s-1"), "gone");
    EXPECT_EQ(cloud.traffic("s-1").delivered, flushes ? 1 : 0);
    EXPECT_EQ(cloud.traffic("s-1").lost, flushes ? 0 : 1);
    EXPECT_EQ(cloud.objects().size(), flushes ? 1u : 0u);
    cloud.pass(std::chrono::hours(11));
    EXPECT_EQ(cloud.objects().size(), flushes ? 1u : 0u);  // no object arrives later
  }
}

TEST(DeliveryTime, NothingLandsFromADeletingStreamThatDoesNotFlush) {
  Options options;
  options.delivery_time = seconds(1);
  options.stream_delete = minutes(5);
  options.deleting_flushes = false;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1", buffered(10));
  cloud.put("s-1", "x");
  remove(cloud, "s-1");
  cloud.pass(minutes(4));
  EXPECT_TRUE(cloud.objects().empty());
}

TEST(BufferHint, EachBufferTakesUpToSoManyTimesItsInterval) {
  Options options;
  options.buffer_hint_factor = 4;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1", buffered(60));
  std::vector<int> times;
  for (int i = 0; i < 20; ++i) times.push_back(landing(cloud, "s-1"));
  const auto [least, most] = std::minmax_element(times.begin(), times.end());
  EXPECT_GE(*least, 60);
  EXPECT_LE(*most, 241);
  EXPECT_GT(*most - *least, 60);
}

TEST(BufferHint, IsKeptWhenAskedForNothingElse) {
  FirehoseFixture cloud;
  cloud.make_stream("s-1", buffered(60));
  EXPECT_EQ(landing(cloud, "s-1"), 60);
}

TEST(Deleting, TakesRecordsAndLosesThemUnlessItKeepsThem) {
  for (const bool keeps : {false, true}) {
    Options options;
    options.deleting_keeps_records = keeps;
    FirehoseFixture cloud(options);
    cloud.make_stream("s-1");
    cloud.put("s-1", "before");
    remove(cloud, "s-1");
    EXPECT_EQ(cloud.put("s-1", "while"), "ok");
    cloud.pass(seconds(2));
    const Traffic& traffic = cloud.traffic("s-1");
    EXPECT_EQ(traffic.accepted, 2);
    EXPECT_EQ(traffic.delivered, keeps ? 2 : 1);
    EXPECT_EQ(traffic.lost, keeps ? 0 : 1);
    EXPECT_EQ(traffic.lost_while_deleting, keeps ? 0 : 1);
  }
}

// Returns how many of 20 records of 1000 bytes are accepted at once.
int taken(FirehoseFixture& cloud) {
  Json list = Json::array();
  for (int i = 0; i < 20; ++i) list.push_back({{"Data", to_base64(std::string(1000, 'x'))}});
  const Json answer = cloud.answer("PutRecordBatch", {{"DeliveryStreamName", "s-1"}, {"Records", std::move(list)}});
  return 20 - answer["FailedPutCount"].get<int>();
}

TEST(Limits, RiseAfterEachMinuteWithThrottlingUpToTenfold) {
  Options options;
  options.throughput_factor = 0.001;  // 5242 bytes and 2 requests a second
  options.limits_rise = 1.5;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  EXPECT_EQ(taken(cloud), 5);
  cloud.pass(seconds(30));
  EXPECT_EQ(taken(cloud), 5);  // the minute is not over
  std::vector<int> later;
  for (int i = 0; i < 4; ++i) {
    cloud.pass(minutes(1));
    later.push_back(taken(cloud));
  }
  EXPECT_EQ(later, (std::vector<int>{7, 11, 17, 20}));
  cloud.pass(minutes(10));
  EXPECT_EQ(cloud.world.firehose->streams.begin()->second.limits_factor, 1.5 * 1.5 * 1.5 * 1.5);
  for (int i = 0; i < 20; ++i) {
    for (int repeat = 0; repeat < 5; ++repeat) taken(cloud);
    cloud.pass(minutes(1));
  }
  EXPECT_EQ(cloud.world.firehose->streams.begin()->second.limits_factor, 10);
}

TEST(Limits, StayAsTheyAreByDefault) {
  Options options;
  options.throughput_factor = 0.001;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1");
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(taken(cloud), 5);
    cloud.pass(minutes(1));
  }
}

TEST(FailDelivery, HoldsUntilItIsTakenBackOrItsTimeIsOver) {
  for (const bool by_time : {false, true}) {
    FirehoseFixture cloud;
    cloud.make_stream("s-1", buffered(60));
    cloud.make_stream("s-2", buffered(60));
    cloud.world.options.fail_delivery = "SlowDown";
    cloud.world.options.fail_delivery_stream = "s-1";
    if (by_time) cloud.world.firehose->fail_delivery_until = cloud.world.now + minutes(5);
    cloud.put("s-1", "x");
    cloud.put("s-2", "x");
    cloud.pass(minutes(2));
    EXPECT_EQ(cloud.traffic("s-1").delivered, 0);
    EXPECT_EQ(cloud.traffic("s-2").delivered, 1);
    if (!by_time) cloud.world.options.fail_delivery.clear();
    cloud.pass(minutes(4));
    EXPECT_EQ(cloud.traffic("s-1").delivered, 1);
  }
}

TEST(FirehoseState, OfADeliveryUnderWayIsSavedAndLoaded) {
  Options options;
  options.delivery_time = minutes(10);
  options.buffer_hint_factor = 3;
  FirehoseFixture cloud(options);
  cloud.make_stream("s-1", buffered(10));
  cloud.put("s-1", "first");
  cloud.pass(seconds(40));
  cloud.put("s-1", "second");
  remove(cloud, "s-1");
  cloud.put("s-1", "third");
  const std::string saved = save_firehose(cloud.world);
  ASSERT_TRUE(load_firehose(cloud.world, saved));
  EXPECT_EQ(save_firehose(cloud.world), saved);
  EXPECT_EQ(cloud.traffic("s-1").lost_while_deleting, 1);
  cloud.pass(seconds(2));
  EXPECT_EQ(cloud.traffic("s-1").delivered, 2);
}

}  // namespace
}  // namespace delivery_quirks_test
}  // namespace fhctl::sandbox
