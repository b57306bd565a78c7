// The lock against a bucket that holds one object and knows conditions, in virtual time.
#include "core/pipeline/lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/random.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::pipeline {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::HasSubstr;

const LockPlace kPlace{{"logs-bucket", "123456789012"}, "_fhctl/logs/us-west-2/lock"};

LockBody body_of(const std::string& holder) {
  LockBody body;
  body.run_id = holder + "-run";
  body.holder = holder;
  body.host = "workstation";
  body.boot_id = "another start of the machine";
  body.pid_namespace = "4026531836";
  body.pid = 77;
  body.pid_start = 5'000;
  body.command = "scale";
  return body;
}

struct Recorder final : Observer {
  std::vector<Event> events;
  void on(const Event& event) override { events.push_back(event); }
  template <class Kind>
  std::vector<Kind> all() const {
    std::vector<Kind> found;
    for (const Event& event : events) {
      if (const Kind* one = std::get_if<Kind>(&event)) found.push_back(*one);
    }
    return found;
  }
};

struct LockTest : testing::Test {
  test::VirtualDriver driver;
  Loop loop{driver};
  test::FakeSignals signals;
  test::FakeHost host;
  Control control{loop, signals};
  SeededEntropy entropy{1};
  Recorder observer;

  std::string object;  // empty: nobody holds the lock
  int etag = 0;
  WallTime stored_at{};
  std::chrono::seconds paused{};  // the world's time went on for so long, and this machine's did not
  bool silent = false;            // no answer at all
  bool lose_answers_to_puts = false;
  int puts_that_get_lost = 0;  // on their way, from now on
  bool knows_conditions = true;
  std::string endpoint;
  test::ScriptedTransport transport{loop, [this](const http::Request& request) { return handle(request); }};

  Result<http::Response> handle(const http::Request& request) {
    if (request.method == "PUT" && puts_that_get_lost > 0) {
      --puts_that_get_lost;
      return Error{.kind = ErrorKind::kNetwork, .message = "no answer"};
    }
    if (silent) return Error{.kind = ErrorKind::kNetwork, .message = "no answer"};
    http::Response response;
    response.headers.set("Date", format_http_date(driver.wall_now() + paused));
    const bool absent_only = request.headers.find("If-None-Match").has_value();
    const std::string wanted = request.headers.find("If-Match").value_or("");
    const bool stale = !wanted.empty() && wanted != tag();
    if (request.method != "GET" && knows_conditions && ((absent_only && !object.empty()) || stale)) {
      response.status = 412;
      return response;
    }
    if (request.method == "PUT") {
      store(request.body);
      if (lose_answers_to_puts) return Error{.kind = ErrorKind::kNetwork, .message = "no answer"};
    }
    if (request.method == "DELETE") object.clear();
    response.status = request.method == "DELETE" ? 204 : 200;
    if (object.empty() && request.method == "GET") {
      response.status = 404;
      response.headers.set("Content-Type", "application/xml");
      response.body = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>";
      return response;
    }
    response.headers.set("ETag", tag());
    response.headers.set("Last-Modified", format_http_date(stored_at));
    if (request.method == "GET") response.body = object;
    return response;
  }
  std::string tag() const { return "\"" + std::to_string(etag) + "\""; }
  void store(const std::string& text) {
    object = text;
    ++etag;
    stored_at = driver.wall_now();
  }
  int count(std::string_view method) const {
    return static_cast<int>(std::count_if(transport.requests.begin(), transport.requests.end(),
                                          [&](const http::Request& request) { return request.method == method; }));
  }

  template <class Act>
  void run(Act act) {
    aws::ClientOptions options;
    options.region = "us-west-2";
    for (const aws::Service service : aws::kServices) {
      options.endpoints[service] =
          *aws::resolve_endpoint({.service = service, .region = "us-west-2", .custom_url = endpoint});
    }
    aws::Client client(loop, transport, entropy, control,
                       {.access_key_id = "AKIDEXAMPLE", .secret_access_key = "secret", .source = "a test"}, options);
    loop.run([&] { act(client); });
  }
  Result<std::unique_ptr<Lock>> acquire(aws::Client& client, Duration timeout = seconds(30)) {
    return Lock::acquire(client, host, observer, kPlace, body_of("me"), {timeout, seconds(60)});
  }
};

TEST(LockBodyTest, IsReadBackAsItWasWrittenAndOnlyWhenItIsALock) {
  EXPECT_EQ(*parse_lock(format_lock(body_of("me"))), body_of("me"));
  LockBody body = body_of("me");
  for (const int lease : {1, 86'400}) {
    body.lease_s = lease;
    EXPECT_TRUE(parse_lock(format_lock(body))) << lease;
  }
  for (const int lease : {-1, 0, 86'401}) {
    body.lease_s = lease;
    EXPECT_FALSE(parse_lock(format_lock(body))) << lease;
  }
  EXPECT_FALSE(parse_lock(R"({"lease_s": 60})"));
  EXPECT_FALSE(parse_lock(R"({"run_id": "r"})"));
  EXPECT_FALSE(parse_lock("[]"));
  const Result<LockBody> bare = parse_lock(R"({"run_id": "r", "lease_s": 60})");
  ASSERT_TRUE(bare);
  EXPECT_EQ(bare->pid, 0);
  EXPECT_EQ(bare->renewals, 0);
}

// The lock of process 77 of the machine and PID namespace of a FakeHost, where no such process exists.
SeenLock lock_of_dead() {
  const test::FakeHost host;
  SeenLock seen;
  seen.body = body_of("other");
  seen.body.host = host.host_name;
  seen.body.boot_id = host.boot;
  return seen;
}

TEST(LockBodyTest, AHolderIsDeadOnlyWhenItsProcessTableIsOursAndKnown) {
  const test::FakeHost host;
  EXPECT_TRUE(holder_is_dead(lock_of_dead(), host));
  const auto dead_with = [&](auto change) {
    SeenLock seen = lock_of_dead();
    change(seen);
    return holder_is_dead(seen, host);
  };
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.host = "elsewhere"; }));
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.boot_id = "an earlier start"; }));
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.pid_namespace = "4026532178"; })) << "another container";
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.body.pid_namespace = ""; })) << "an earlier version wrote it";
  EXPECT_FALSE(dead_with([](SeenLock& seen) { seen.problem = Error{}; }));
  // What is unknown on both sides is equal and proves nothing.
  for (std::string test::FakeHost::*part :
       {&test::FakeHost::host_name, &test::FakeHost::boot, &test::FakeHost::pid_ns}) {
    test::FakeHost unknown;
    unknown.*part = "";
    SeenLock seen = lock_of_dead();
    seen.body.host = unknown.host_name;
    seen.body.boot_id = unknown.boot;
    seen.body.pid_namespace = unknown.pid_ns;
    EXPECT_FALSE(holder_is_dead(seen, unknown));
  }
}

TEST(LockBodyTest, AProcessThatExistsIsTheHolderUnlessItStartedAtAnotherTime) {
  test::FakeHost host;
  SeenLock seen = lock_of_dead();
  host.alive_processes.insert(77);
  EXPECT_FALSE(holder_is_dead(seen, host)) << "its start cannot be read here";
  host.starts[77] = 5'000;
  EXPECT_FALSE(holder_is_dead(seen, host));
  host.starts[77] = 5'001;
  EXPECT_TRUE(holder_is_dead(seen, host)) << "its number was given to another process";
  seen.body.pid_start.reset();
  EXPECT_FALSE(holder_is_dead(seen, host)) << "its start is not in the lock";
}

TEST(LockBodyTest, TheOwnProcessIsAliveEvenIfTheListOfProcessesCannotBeRead) {
  test::FakeHost host;
  host.process = 77;
  host.alive_processes = {};
  SeenLock seen = lock_of_dead();
  EXPECT_FALSE(holder_is_dead(seen, host));
  host.starts[77] = 5'000;
  EXPECT_FALSE(holder_is_dead(seen, host));
  host.starts[77] = 9'000;
  EXPECT_TRUE(holder_is_dead(seen, host)) << "an earlier process had our number";
}

// Before PID namespaces were written, a holder was taken for dead when boot_id, as a whole, was that of this machine.
TEST(LockBodyTest, AnEarlierVersionNeverTakesTheBootIdForItsOwn) {
  LockBody body = body_of("me");
  for (const char* pid_namespace : {"4026531836", ""}) {
    body.pid_namespace = pid_namespace;
    const Json json = Json::parse(format_lock(body));
    EXPECT_EQ(get_string(json, "boot_id"), "another start of the machine:" + std::string(pid_namespace));
    EXPECT_EQ(*parse_lock(format_lock(body)), body);
  }
  body.boot_id = "";
  EXPECT_EQ(get_string(Json::parse(format_lock(body)), "boot_id"), "");
  body.pid_start.reset();
  EXPECT_FALSE(Json::parse(format_lock(body)).contains("pid_start"));
  EXPECT_EQ(*parse_lock(format_lock(body)), body);
}

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
    stored_at = driver.wall_now() + seconds(5);  // two servers of S3 that do not quite agree
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
    EXPECT_TRUE((*lock)->usable());  // nobody has told it yet
    ASSERT_TRUE(read_lock(client, kPlace));
    EXPECT_FALSE((*lock)->usable());
    loop.sleep_for(seconds(21));  // nobody has taken it meanwhile: the renewal makes it good again
    EXPECT_TRUE((*lock)->usable());
  });
}

TEST_F(LockTest, WhoeverLostItNeitherUsesNorDeletesIt) {
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
  });
  EXPECT_GE(driver.elapsed(), seconds(30));
  EXPECT_LT(driver.elapsed(), seconds(31));
  const auto said = observer.all<LockWaiting>();  // every ten seconds
  ASSERT_EQ(said.size(), 3u);
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

TEST_F(LockTest, ALostAnswerIsNoLostLock) {
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
}  // namespace fhctl::pipeline
