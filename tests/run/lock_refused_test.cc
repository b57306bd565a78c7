// An endpoint that rejects conditional writes although their condition holds, so that no run can take the lock.
#include <gmock/gmock.h>

#include "core/observe/lock_object.h"
#include "tests/run/lock_scene.h"

namespace fhctl::pipeline {
namespace lock_refused_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

struct LockRefusedTest : LockTest {
  // Returns the error of a run that waited `timeout` for the lock without getting it.
  std::string refusal(Duration timeout) {
    Error error;
    run([&](aws::Client& client) {
      const auto lock = acquire(client, timeout);
      if (!lock) error = lock.error();
    });
    EXPECT_EQ(error.kind, ErrorKind::kPrecondition);
    EXPECT_NE(error.hint, "");
    return error.message;
  }
};

TEST_F(LockRefusedTest, ACreationThatIsRefusedAlthoughNothingIsThereEndsWithTheTimeout) {
  refuses_to_create = true;
  EXPECT_THAT(refusal(seconds(30)), testing::AllOf(HasSubstr("could not be created"), HasSubstr("existing (412)"),
                                                   HasSubstr("no object logs-bucket/_fhctl/logs/us-west-2/lock")));
  EXPECT_GE(driver.elapsed(), seconds(30));
  EXPECT_LT(driver.elapsed(), seconds(31));
  EXPECT_LT(count("PUT"), 40);
  const auto said = observer.all<LockWaiting>();
  ASSERT_EQ(said.size(), 3u);  // every ten seconds
  EXPECT_EQ(said[0].holder, "");
  EXPECT_THAT(said[0].problem, HasSubstr("shows no object"));
}

TEST_F(LockRefusedTest, ATakeoverThatIsRefusedAlthoughTheLockIsUnchangedEndsWithTheTimeout) {
  store(format_lock(body_of("other")));
  driver.advance(seconds(62));
  refuses_to_replace = true;
  const Instant begun = driver.now();
  EXPECT_THAT(refusal(seconds(30)), testing::AllOf(HasSubstr("other (pid 77)"), HasSubstr("could not be taken over"),
                                                   HasSubstr("still has the ETag " + tag())));
  EXPECT_GE(driver.now() - begun, seconds(30));
  EXPECT_LT(driver.now() - begun, seconds(31));
  EXPECT_LT(count("PUT"), 80);
  EXPECT_EQ(observer.all<LockWaiting>().size(), 3u);
  EXPECT_EQ(parse_lock(object)->holder, "other");
}

TEST_F(LockRefusedTest, ARefusalIsBelievedWithinASecondWhenThereIsNoTimeToWait) {
  refuses_to_create = true;
  EXPECT_THAT(refusal(seconds(0)), testing::AllOf(HasSubstr("shows no object")));
  EXPECT_LT(driver.elapsed(), seconds(1));
  EXPECT_EQ(count("PUT"), 5);
  EXPECT_TRUE(observer.all<LockWaiting>().empty());
}

// The other run releases the lock between the two calls. Even with a timeout of 0 the lock is then taken at once.
TEST_F(LockRefusedTest, ALockThatIsReleasedBetweenTwoCallsIsTakenAtOnce) {
  refuses_to_create = true;
  driver.after(milliseconds(60), [this] { refuses_to_create = false; });
  run([&](aws::Client& client) { EXPECT_TRUE(acquire(client, seconds(0))); });
  EXPECT_LT(driver.elapsed(), milliseconds(300));
  EXPECT_TRUE(observer.all<LockWaiting>().empty());
}

TEST_F(LockRefusedTest, ARunThatWaitsForARefusalToEndCanBeStopped) {
  refuses_to_create = true;
  driver.after(seconds(5), [this] { signals.raise(2); });
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().kind, ErrorKind::kCancelled);
  });
  EXPECT_LT(driver.elapsed(), seconds(6));
}

}  // namespace
}  // namespace lock_refused_test
}  // namespace fhctl::pipeline
