#include "sandbox/server/persistence.h"

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sandbox/signed_request.h"
#include "tests/support/fakes.h"

namespace fhctl::sandbox {
namespace persistence_test {
namespace {

const WallTime kNow = *parse_iso8601("2026-01-20T10:00:00Z");

struct Folder {
  test::MemoryFiles files;
  SeededEntropy entropy{1};
  StateFolder folder{"/tmp/state", files, entropy};
};

TEST(StateFolder, RestoresTheState) {
  Folder first;
  Cloud cloud(Options{});
  cloud.handle(signed_s3("PUT", "/bucket-1", kNow), kNow);
  cloud.shift_clock(std::chrono::seconds(5));
  ASSERT_TRUE(first.folder.load(cloud));  // an empty folder changes nothing
  ASSERT_TRUE(first.folder.save(cloud));

  Cloud again(Options{});
  StateFolder reopened("/tmp/state", first.files, first.entropy);
  ASSERT_TRUE(reopened.load(again));
  EXPECT_TRUE(again.world().s3->buckets.contains("bucket-1"));
  EXPECT_EQ(again.clock_shift(), std::chrono::seconds(5));
}

TEST(StateFolder, WritesOnlyWhatChanged) {
  Folder state;
  Cloud cloud(Options{});
  ASSERT_TRUE(state.folder.save(cloud));
  cloud.handle(signed_s3("PUT", "/bucket-1", kNow), kNow);
  state.files.log.clear();
  ASSERT_TRUE(state.folder.save(cloud));
  for (const std::string& step : state.files.log) EXPECT_FALSE(contains(step, "iam.json")) << step;
  EXPECT_FALSE(state.files.log.empty());
}

TEST(StateFolder, AFullDiskLeavesTheOldStateWhole) {
  Folder state;
  Cloud cloud(Options{});
  ASSERT_TRUE(state.folder.save(cloud));
  const std::string before = state.files.files["/tmp/state/s3.json"];
  cloud.handle(signed_s3("PUT", "/bucket-1", kNow), kNow);
  state.files.steps = 0;
  state.files.fail_at = 2;
  EXPECT_FALSE(state.folder.save(cloud));
  EXPECT_EQ(state.files.files["/tmp/state/s3.json"], before);
  state.files.fail_at = 0;
  EXPECT_TRUE(state.folder.save(cloud));
  EXPECT_NE(state.files.files["/tmp/state/s3.json"], before);
}

TEST(StateFolder, RefusesWhatItDidNotWrite) {
  for (const char* name :
       {"firehose.json", "s3.json", "iam.json", "logs.json", "metrics.json", "ssm.json", "clock.json"}) {
    Folder state;
    state.files.files[std::string("/tmp/state/") + name] = "not a state";
    Cloud cloud(Options{});
    const Result<void> loaded = state.folder.load(cloud);
    ASSERT_FALSE(loaded) << name;
    EXPECT_TRUE(contains(loaded.error().message, name));
  }
}

}  // namespace
}  // namespace persistence_test
}  // namespace fhctl::sandbox
