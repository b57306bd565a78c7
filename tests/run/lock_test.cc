#include "core/run/lock.h"

#include <gmock/gmock.h>

#include "core/observe/lock_object.h"
#include "tests/run/lock_scene.h"

namespace fhctl::pipeline {
namespace lock_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

TEST_F(LockTest, ALeaseEndsByTheClockOfS3AndOneSecondLate) {
  run([&](aws::Client& client) {
    EXPECT_FALSE(read_lock(client, kPlace)->has_value());
    store(format_lock(body_of("other")));
    driver.advance(seconds(61));
    EXPECT_FALSE((*read_lock(client, kPlace))->expired);
    driver.advance(seconds(1));
    const SeenLock seen = **read_lock(client, kPlace);
    EXPECT_TRUE(seen.expired);
    EXPECT_EQ(seen.age, seconds(62));
    EXPECT_EQ(seen.etag, tag());
    EXPECT_FALSE(seen.problem);
    stored_at = driver.wall_now() + seconds(5);  // the clocks of two S3 servers differ slightly
    EXPECT_EQ((*read_lock(client, kPlace))->age, Duration::zero());
    store("what is this");
    EXPECT_TRUE((*read_lock(client, kPlace))->problem);
  });
}

TEST_F(LockTest, IsRenewedEveryThirdOfItsLeaseAndGivenBackOnce) {
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    EXPECT_EQ(count("PUT"), 1);
    EXPECT_EQ(parse_lock(object)->renewals, 0);
    loop.sleep_for(seconds(19));
    EXPECT_EQ(count("PUT"), 1);
    loop.sleep_for(seconds(82));
    EXPECT_EQ(count("PUT"), 6);
    EXPECT_EQ(parse_lock(object)->renewals, 5);
    EXPECT_TRUE((*lock)->usable());
    EXPECT_TRUE((*lock)->release());
    EXPECT_EQ(object, "");
    EXPECT_FALSE((*lock)->usable());
    EXPECT_TRUE((*lock)->release());
    EXPECT_EQ(count("DELETE"), 1);
    loop.sleep_for(seconds(60));
    EXPECT_EQ(count("PUT"), 6);
  });
  EXPECT_EQ(observer.all<LockTaken>().size(), 1u);
  EXPECT_EQ(observer.all<LockTaken>()[0].taken_over_from, "");
  EXPECT_EQ(observer.all<LockReleased>().size(), 1u);
}

// The lease counts from the beginning of the request, so one that took long has used it up.
TEST_F(LockTest, IsRenewedBeforeItIsUsedIfItWasTakenSlowly) {
  transport.latency = seconds(50);
  run([&](aws::Client& client) {
    loop.spawn([&] {
      loop.sleep_for(seconds(1));
      transport.latency = {};
    });
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    EXPECT_EQ(count("PUT"), 2);
    EXPECT_TRUE((*lock)->usable());
    loop.sleep_for(seconds(100));
    EXPECT_TRUE((*lock)->usable());
    EXPECT_EQ(count("PUT"), 6);  // then every third of the lease
    EXPECT_TRUE((*lock)->release());
    EXPECT_EQ(object, "");
  });
}

TEST_F(LockTest, IsRenewedAtOnceAfterASlowRenewal) {
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    loop.sleep_for(seconds(19));
    transport.latency = seconds(35);
    loop.sleep_for(seconds(2));
    EXPECT_EQ(count("PUT"), 2);  // sent after 20 s, answered after 55 s
    transport.latency = {};
    loop.sleep_for(seconds(46));
    EXPECT_EQ(count("PUT"), 3);
    EXPECT_TRUE((*lock)->usable());
  });
}

TEST_F(LockTest, IsNotUsedInTheLastQuarterOfItsLease) {
  run([&](aws::Client& client) {
    const Instant asked_at = loop.now();
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    silent = true;
    loop.sleep_until(asked_at + milliseconds(44'990));
    EXPECT_TRUE((*lock)->usable());
    loop.sleep_until(asked_at + milliseconds(45'000));
    EXPECT_FALSE((*lock)->usable());
  });
}

TEST_F(LockTest, APauseThatThisMachineKnowsNothingOfShowsInTheDatesOfAnswers) {
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    paused = seconds(44);
    ASSERT_TRUE(read_lock(client, kPlace));
    EXPECT_TRUE((*lock)->usable());
    paused = seconds(200);
    EXPECT_TRUE((*lock)->usable());  // it has not noticed yet
    ASSERT_TRUE(read_lock(client, kPlace));
    EXPECT_FALSE((*lock)->usable());
    loop.sleep_for(seconds(21));  // no other run has taken it: the renewal makes it usable again
    EXPECT_TRUE((*lock)->usable());
  });
}

TEST_F(LockTest, ALostLockIsNeitherUsedNorDeleted) {
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    store(format_lock(body_of("other")));
    loop.sleep_for(seconds(21));
    EXPECT_FALSE((*lock)->usable());
    EXPECT_TRUE((*lock)->release());
    EXPECT_EQ(parse_lock(object)->holder, "other");
    EXPECT_EQ(count("DELETE"), 0);
  });
}

TEST_F(LockTest, ARenewalUnderWayIsWaitedFor) {
  transport.latency = seconds(1);
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    loop.sleep_for(milliseconds(20'500));
    EXPECT_EQ(count("PUT"), 2);
    EXPECT_TRUE((*lock)->release());  // with the ETag that the renewal brings
    EXPECT_EQ(object, "");
  });
}

TEST_F(LockTest, AnotherHolderIsWaitedForAndNamed) {
  store(format_lock(body_of("other")));
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().kind, ErrorKind::kLocked);
    EXPECT_THAT(lock.error().message, HasSubstr("other (pid 77)"));
    EXPECT_THAT(lock.error().message, HasSubstr("doing scale"));
    EXPECT_THAT(lock.error().hint, HasSubstr("`fhctl lock break logs --force`"));
  });
  EXPECT_GE(driver.elapsed(), seconds(30));
  EXPECT_LT(driver.elapsed(), seconds(31));
  const auto said = observer.all<LockWaiting>();  // every ten seconds
  ASSERT_EQ(said.size(), 3u);
  EXPECT_EQ(said[0].holder, "other (pid 77)");
  EXPECT_EQ(said[0].command, "scale");
  EXPECT_EQ(said[0].problem, "");
  EXPECT_GT(said[0].wait_left, seconds(29));
  EXPECT_GT(said[1].wait_left, seconds(18));
  EXPECT_LT(said[1].wait_left, seconds(20));
  EXPECT_EQ(count("DELETE"), 0);
}

TEST_F(LockTest, IsTakenAsSoonAsItIsFree) {
  store(format_lock(body_of("other")));
  driver.after(seconds(12), [this] { object.clear(); });
  run([&](aws::Client& client) { EXPECT_TRUE(acquire(client)); });
  EXPECT_LT(driver.elapsed(), seconds(14));
}

TEST_F(LockTest, IsTakenOverFromTheDead) {
  store(format_lock(body_of("other")));
  driver.advance(seconds(62));
  run([&](aws::Client& client) { EXPECT_TRUE(acquire(client)); });
  EXPECT_EQ(observer.all<LockTaken>().at(0).taken_over_from, "other (its lease ended)");
  LockBody dead = body_of("crashed");
  dead.boot_id = host.boot;
  store(format_lock(dead));
  run([&](aws::Client& client) { EXPECT_TRUE(acquire(client)); });
  EXPECT_EQ(observer.all<LockTaken>().at(1).taken_over_from, "crashed (its process is gone)");
  EXPECT_EQ(parse_lock(object)->holder, "me");
}

TEST_F(LockTest, ALostResponseDoesNotLoseTheLock) {
  lose_answers_to_puts = true;
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_TRUE(lock);
    EXPECT_EQ(count("PUT"), 1);
    loop.sleep_for(seconds(50));
    EXPECT_TRUE((*lock)->usable());
    EXPECT_TRUE((*lock)->release());
    EXPECT_EQ(object, "");
  });
}

TEST_F(LockTest, ARequestThatGetsLostIsSentAgainButNotForEver) {
  run([&](aws::Client& client) {
    puts_that_get_lost = 3;
    EXPECT_TRUE(acquire(client));
    EXPECT_EQ(count("PUT"), 4);
  });
  LockBody old = body_of("other");
  old.lease_s = 1;
  for (const std::string& there : {std::string(), format_lock(old)}) {
    if (there.empty()) {
      object.clear();
    } else {
      store(there);
    }
    transport.requests.clear();
    run([&](aws::Client& client) {
      loop.sleep_for(seconds(60));
      puts_that_get_lost = 1000;
      const auto lock = acquire(client, std::chrono::hours(1));
      ASSERT_FALSE(lock);
      EXPECT_EQ(lock.error().kind, ErrorKind::kNetwork);
      EXPECT_LT(count("PUT"), 10);
    });
    EXPECT_EQ(object, there);
    puts_that_get_lost = 0;
  }
}

TEST_F(LockTest, AnEndpointThatIgnoresConditionsIsFoundOut) {
  endpoint = "http://127.0.0.1:5000";
  knows_conditions = false;
  run([&](aws::Client& client) {
    const auto lock = acquire(client);
    ASSERT_FALSE(lock);
    EXPECT_EQ(lock.error().kind, ErrorKind::kPrecondition);
    EXPECT_EQ(object, "");
  });
  knows_conditions = true;
  run([&](aws::Client& client) { EXPECT_TRUE(acquire(client)); });
  EXPECT_EQ(parse_lock(object)->holder, "me");
}

TEST_F(LockTest, SaysHowLongTheLeaseStillRuns) {
  run([&](aws::Client& client) {
    store(format_lock(body_of("other")));
    driver.advance(seconds(20));
    EXPECT_EQ((*read_lock(client, kPlace))->lease_left(), seconds(42));
    driver.advance(seconds(41));
    EXPECT_EQ((*read_lock(client, kPlace))->lease_left(), seconds(1));
    driver.advance(seconds(1));
    EXPECT_EQ((*read_lock(client, kPlace))->lease_left(), Duration::zero());
  });
}

TEST_F(LockTest, IsBrokenOnlyWhileItIsTheOneThatWasSeen) {
  store(format_lock(body_of("other")));
  run([&](aws::Client& client) {
    const SeenLock seen = **read_lock(client, kPlace);
    store(format_lock(body_of("third")));
    EXPECT_FALSE(*break_lock(client, kPlace, seen));
    EXPECT_TRUE(*break_lock(client, kPlace, **read_lock(client, kPlace)));
    EXPECT_EQ(object, "");
  });
}

}  // namespace
}  // namespace lock_test
}  // namespace fhctl::pipeline
