#include "core/producer/producer_queue.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace producer_queue_test {
namespace {

using std::chrono::seconds;

constexpr Instant kNow{std::chrono::hours(1)};

QueuedRecord record(std::string bytes, Instant offered_at = kNow) {
  QueuedRecord made;
  made.bytes = std::move(bytes);
  made.tags = {1};
  made.offered_at = offered_at;
  return made;
}

std::string bytes_of(const std::vector<QueuedRecord>& records) {
  std::string all;
  for (const QueuedRecord& one : records) all += one.bytes + " ";
  return all;
}

TEST(ProducerQueue, OldestFirstWhetherTriedBeforeOrNot) {
  ProducerQueue queue;
  queue.push(record("b", kNow + seconds(1)));
  queue.push(record("c", kNow + seconds(2)));
  queue.push_later(record("a"), kNow + seconds(3));
  EXPECT_EQ(queue.next_due(), kNow + seconds(3));
  EXPECT_EQ(queue.ready_records(), 2);
  queue.wake(kNow + seconds(3));
  EXPECT_EQ(bytes_of(queue.take("s", 2, 100, kNow)), "a b ");
  EXPECT_EQ(queue.ready_bytes(), 1);
  EXPECT_EQ(queue.offered(), 1);
}

TEST(ProducerQueue, ABatchLeavesOutWhatItsStreamHasJustRefused) {
  ProducerQueue queue;
  QueuedRecord refused = record("refused");
  refused.refused_by = "s";
  refused.avoid_until = kNow + seconds(1);
  queue.push(record("first"));
  queue.push(refused);
  queue.push(record("last"));
  EXPECT_EQ(bytes_of(queue.take("s", 10, 100, kNow)), "first last ");
  EXPECT_EQ(bytes_of(queue.take("t", 10, 100, kNow)), "refused ");
  queue.push(refused);
  EXPECT_EQ(bytes_of(queue.take("s", 10, 100, kNow + seconds(1))), "refused ") << "the pause is over";
}

TEST(ProducerQueue, ABatchHoldsItsBytesOrOneRecord) {
  ProducerQueue queue;
  for (const char* bytes : {"12345", "67890", "1", "0123456789abc"}) queue.push(record(bytes));
  EXPECT_EQ(bytes_of(queue.take("s", 10, 10, kNow)), "12345 67890 ");
  EXPECT_EQ(bytes_of(queue.take("s", 10, 10, kNow)), "1 ");
  EXPECT_EQ(bytes_of(queue.take("s", 10, 10, kNow)), "0123456789abc ");
  EXPECT_TRUE(queue.empty());
}

TEST(ProducerQueue, OnlyTheYoungestThatWasNeverTriedIsPackedInto) {
  ProducerQueue queue;
  EXPECT_FALSE(queue.pack("x", 2, 10)) << "no record is left";
  queue.push(record("abcd"));
  EXPECT_TRUE(queue.pack("efgh", 2, 10));
  EXPECT_FALSE(queue.pack("ijk", 3, 10)) << "11 bytes";
  EXPECT_EQ(queue.offered(), 2);
  EXPECT_EQ(queue.ready_bytes(), 8);
  ProducerQueue tried;
  QueuedRecord again = record("a");
  again.tries = 1;
  tried.push(again);
  EXPECT_FALSE(tried.pack("b", 2, 10));
}

}  // namespace
}  // namespace producer_queue_test
}  // namespace fhctl::pipeline
