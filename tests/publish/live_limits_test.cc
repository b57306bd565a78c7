#include "core/publish/live_limits.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "tests/services/fixture.h"

namespace fhctl::pipeline {
namespace live_limits_test {
namespace {

using test::answer;
using test::json_fault;

constexpr WallTime kNow{std::chrono::milliseconds(1'767'226'501'250)};  // 00:15:01.25

Manifest manifest_of(int active) {
  Manifest manifest;
  manifest.region = "eu-central-1";
  for (int i = 1; i <= active; ++i) {
    ManifestEntry entry;
    entry.name = fmt::format("logs-{}", i);
    entry.state = EntryState::kActive;
    manifest.streams.push_back(std::move(entry));
  }
  ManifestEntry draining;
  draining.name = "logs-0";
  draining.state = EntryState::kDraining;
  manifest.streams.push_back(draining);
  return manifest;
}

std::string series(int id, const std::string& times, const std::string& values) {
  return fmt::format(R"({{"Id":"m{}","Timestamps":[{}],"Values":[{}],"StatusCode":"Complete"}})", id, times, values);
}

http::Response answer_of(const std::vector<std::string>& all) {
  std::string list;
  for (const std::string& one : all) list += (list.empty() ? "" : ",") + one;
  return answer(200, R"({"MetricDataResults":[)" + list + "]}");
}

class LiveLimitsTest : public test::ServiceTest {
 protected:
  LiveLimits read(std::deque<Result<http::Response>> answers, int active = 2) {
    return with_answers(std::move(answers),
                        [&](aws::Client& client) { return read_live_limits(client, manifest_of(active), kNow); });
  }
};

TEST_F(LiveLimitsTest, TheNewestPointCounts) {
  const LiveLimits limits = read({answer_of({series(0, "60,120", "1048576,4194304"), series(1, "60", "100000"),
                                             series(2, "60", "1000.0"), series(3, "", "")})});
  ASSERT_EQ(limits.size(), 1u);  // nothing is known of the second one
  EXPECT_EQ(limits.at("logs-1"), (StreamLimits{4194304, 100000, 1000}));
  ASSERT_EQ(requests.size(), 1u);
  const Json body = Json::parse(request().body);
  EXPECT_EQ(body["MetricDataQueries"].size(), 6u);  // none of the draining one
  EXPECT_EQ(body["StartTime"], 1'767'225'660);
  EXPECT_EQ(body["EndTime"], 1'767'226'560);
}

TEST_F(LiveLimitsTest, OneCallForEvery166Streams) {
  (void)read({answer_of({})}, 166);
  EXPECT_EQ(requests.size(), 1u);
  (void)read({answer_of({})}, 167);
  EXPECT_EQ(requests.size(), 2u);
  (void)read({answer_of({})}, 0);
  EXPECT_TRUE(requests.empty());
}

TEST_F(LiveLimitsTest, NoLimitIsBetterThanAWrongOne) {
  for (const char* value : {"0", "-5", "1e300", "0.25"}) {
    EXPECT_TRUE(read({answer_of({series(0, "60", value), series(1, "60", "1"), series(2, "60", "1")})}).empty())
        << value;
  }
}

TEST_F(LiveLimitsTest, FailuresAreAnEmptyAnswerAndHardlyAnyWait) {
  EXPECT_TRUE(read({json_fault("AccessDenied", 403)}).empty());
  EXPECT_EQ(requests.size(), 1u);
  EXPECT_TRUE(read({json_fault("InternalFailure", 500)}).empty());
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_TRUE(read({json_fault("Throttling")}).empty());
  EXPECT_EQ(requests.size(), 2u);
  EXPECT_TRUE(read({answer(200, "{}")}).empty());
}

}  // namespace
}  // namespace live_limits_test
}  // namespace fhctl::pipeline
