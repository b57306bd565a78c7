#include "core/execute/stream_poller.h"

#include <fmt/format.h>

#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace stream_poller_test {
namespace {

using test::answer;

http::Response described(const std::string& status, int created) {
  return answer(200, fmt::format(R"({{"DeliveryStreamDescription":{{"DeliveryStreamName":"logs-1",
    "DeliveryStreamARN":"arn:aws:firehose:eu-central-1:123456789012:deliverystream/logs-1",
    "DeliveryStreamStatus":"{}","DeliveryStreamType":"DirectPut","VersionId":"1","CreateTimestamp":{},
    "HasMoreDestinations":false,"Destinations":[]}}}})",
                                 status, created));
}

class StreamPollerTest : public test::ServiceTest {
 protected:
  Result<firehose::Description> until_created(std::deque<Result<http::Response>> answers) {
    return with_answers(std::move(answers), [](aws::Client& client) {
      StreamPoller watch(client, [](const std::string&, const firehose::StreamStatus&, Duration) {});
      return watch.until_created("logs-1");
    });
  }
};

TEST_F(StreamPollerTest, WaitsForTheEndOfCreating) {
  const auto made = until_created({described("CREATING", 100), described("CREATING", 100), described("ACTIVE", 100)});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->status.text(), "ACTIVE");
  EXPECT_EQ(requests.size(), 3u);
}

TEST_F(StreamPollerTest, AReadFromThePastShowsAnEarlierStream) {
  const auto made = until_created({described("CREATING", 100), described("ACTIVE", 40), described("ACTIVE", 40),
                                   described("CREATING", 100), described("CREATING_FAILED", 100)});
  ASSERT_TRUE(made);
  EXPECT_EQ(made->status.text(), "CREATING_FAILED");
  EXPECT_EQ(requests.size(), 5u);
}

TEST_F(StreamPollerTest, AnOldStreamThatIsActiveAtFirstSightIsLookedAtTwice) {
  const auto now = static_cast<int>(epoch_seconds(test::VirtualDriver::kWallStart));
  ASSERT_TRUE(until_created({described("ACTIVE", now)}));
  EXPECT_EQ(requests.size(), 1u);
  const auto at_once = until_created({described("ACTIVE", 100), described("ACTIVE", 100)});
  ASSERT_TRUE(at_once);
  EXPECT_EQ(requests.size(), 2u);
  const auto past = until_created({described("ACTIVE", 40), described("CREATING", 100), described("ACTIVE", 100)});
  ASSERT_TRUE(past);
  EXPECT_EQ(past->create_timestamp, 100);
  EXPECT_EQ(requests.size(), 3u);
}

TEST_F(StreamPollerTest, AYoungStreamIsGoneWhenItIsAbsentTwice) {
  const auto gone = [&](std::deque<Result<http::Response>> answers) {
    const Result<void> result = with_answers(std::move(answers), [](aws::Client& client) {
      StreamPoller watch(client, [](const std::string&, const firehose::StreamStatus&, Duration) {});
      return watch.until_gone("logs-1");
    });
    EXPECT_TRUE(result);
    return requests.size();
  };
  const auto now = static_cast<int>(epoch_seconds(test::VirtualDriver::kWallStart));
  const http::Response absent = test::json_fault("ResourceNotFoundException");
  EXPECT_EQ(gone({described("DELETING", now - 1000), absent}), 2u);
  EXPECT_EQ(gone({described("DELETING", now - 30), absent}), 3u);
  EXPECT_EQ(gone({absent}), 2u);
  EXPECT_EQ(gone({described("DELETING", now - 30), absent, described("DELETING", now - 30), absent}), 5u);
}

TEST_F(StreamPollerTest, AStreamThatStaysInvisibleIsGivenUp) {
  const auto never = until_created({test::json_fault("ResourceNotFoundException")});
  ASSERT_FALSE(never);
  EXPECT_EQ(never.error().kind, ErrorKind::kUnavailable);
}

}  // namespace
}  // namespace stream_poller_test
}  // namespace fhctl::pipeline
