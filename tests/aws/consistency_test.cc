#include "core/aws/consistency.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/aws/client_scene.h"

namespace fhctl::aws {
namespace consistency_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant kStart{};

TEST(RecentChanges, AreForgottenWithTime) {
  RecentChanges changes;
  changes.note({.creates = "role r", .changes = "role s", .deletes = "role t"}, minutes(5), kStart);
  const Instant end = kStart + minutes(5);
  const Instant before = end - milliseconds(1);
  EXPECT_EQ(changes.created("role r", before), end);
  EXPECT_EQ(changes.changed("role r", before), end);
  EXPECT_EQ(changes.deleted("role r", before), std::nullopt);
  EXPECT_EQ(changes.created("role s", before), std::nullopt);
  EXPECT_EQ(changes.changed("role s", before), end);
  EXPECT_EQ(changes.deleted("role t", before), end);
  EXPECT_EQ(changes.created("role t", before), std::nullopt);
  for (const char* role : {"role r", "role s", "role t"}) EXPECT_EQ(changes.changed(role, end), std::nullopt) << role;
  EXPECT_EQ(changes.changed("", before), std::nullopt);
}

TEST(RecentChanges, TheLastOneCounts) {
  RecentChanges changes;
  changes.note({.creates = "role r"}, minutes(5), kStart);
  changes.note({.changes = "role r"}, minutes(5), kStart + minutes(4));
  EXPECT_TRUE(changes.created("role r", kStart + minutes(8)));  // still one that was created
  changes.note({.deletes = "role r"}, minutes(5), kStart + minutes(4));
  EXPECT_FALSE(changes.created("role r", kStart + minutes(4)));
  EXPECT_TRUE(changes.deleted("role r", kStart + minutes(4)));
  changes.note({.creates = "role r"}, minutes(5), kStart + minutes(5));
  EXPECT_FALSE(changes.deleted("role r", kStart + minutes(5)));
}

TEST(RecentChanges, ListThoseOfOneKind) {
  RecentChanges changes;
  changes.note({.creates = "stream a"}, minutes(1), kStart);
  changes.note({.creates = "stream b"}, minutes(5), kStart);
  changes.note({.creates = "stream c"}, minutes(5), kStart);
  changes.note({.deletes = "stream d"}, minutes(5), kStart);
  changes.note({.creates = "streams"}, minutes(5), kStart);
  EXPECT_THAT(changes.created_with_prefix("stream ", kStart + minutes(2)), ElementsAre("stream b", "stream c"));
}

TEST(ConsistencyPause, GrowsToTheLongestAndKeepsHalfOfIt) {
  SeededEntropy entropy(3);
  const std::pair<int, Duration> cases[] = {{0, seconds(1)},  {1, seconds(2)},   {3, seconds(8)},
                                            {4, seconds(15)}, {64, seconds(15)}, {-1, seconds(1)}};
  for (const auto& [number, whole] : cases) {
    for (int i = 0; i < 100; ++i) {
      const Duration pause = consistency_pause(number, seconds(15), entropy);
      EXPECT_GT(pause, whole / 2 - milliseconds(1)) << number;
      EXPECT_LE(pause, whole) << number;
    }
  }
}

// --- the client's waits

Call role_call(const std::string& operation, CallResources resources) {
  Call call{.service = Service::kIam, .operation = operation, .request = {}, .bucket = ""};
  call.request.method = "POST";
  call.request.body = "Action=" + operation;
  call.resources = std::move(resources);
  return call;
}

Answer iam_error(int code, const std::string& name) {
  return status(code,
                "<ErrorResponse><Error><Code>" + name + "</Code><Message>so it is</Message></Error></ErrorResponse>");
}

const Answer kUnknownRole = iam_error(404, "NoSuchEntity");
const Answer kDone = status(200);

class ConsistencyTest : public ClientTest {
 protected:
  ConsistencyTest() {
    options.trace = [this](const Trace& trace) {
      if (trace.kind != Trace::Kind::kWaiting) return;
      waits.push_back(std::string(trace.resource) + (trace.over ? " over" : ""));
      last_elapsed = trace.elapsed;
    };
  }
  void create() {
    answers = {kDone};
    ASSERT_TRUE(run(role_call("CreateRole", {.creates = "role r"})));
    transport.requests.clear();
  }
  Call put() const { return role_call("PutRolePolicy", {.needs = "role r", .creates = "role policy r/p"}); }

  std::vector<std::string> waits;
  Duration last_elapsed{};
};

TEST_F(ConsistencyTest, WhatThisRunHasCreatedIsAskedForAgain) {
  create();
  answers = {kUnknownRole, kUnknownRole, kUnknownRole, kDone};
  EXPECT_TRUE(run(put()));
  EXPECT_EQ(sent(), 4u);
  EXPECT_GE(elapsed(), 3.5);  // pauses of 1, 2 and 4 s, of which up to a half is taken off
  EXPECT_LE(elapsed(), 7.5);
  EXPECT_THAT(waits, ElementsAre("role policy r/p", "role policy r/p", "role policy r/p", "role policy r/p over"));
  EXPECT_GE(last_elapsed, milliseconds(3500));
}

TEST_F(ConsistencyTest, WhatAnotherHasCreatedIsNotFoundAtOnce) {
  answers = {kUnknownRole};
  const Error error = run(put()).error();
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_THAT(error.hint, HasSubstr("fhctl up"));
  EXPECT_EQ(sent(), 1u);
  EXPECT_TRUE(waits.empty());
}

// Only the resource that the call needs counts: a policy may be absent in a role that was just created.
TEST_F(ConsistencyTest, APartThatThisRunHasNotCreatedIsAbsent) {
  create();
  answers = {kUnknownRole};
  EXPECT_FALSE(run(role_call("GetRolePolicy", {.needs = "role policy r/p"})));
  EXPECT_EQ(sent(), 1u);
}

TEST_F(ConsistencyTest, AfterMinutesItIsTakenAsGone) {
  create();
  answers = {kUnknownRole};
  const Error error = run(put()).error();
  EXPECT_EQ(error.kind, ErrorKind::kNotFound);
  EXPECT_THAT(error.message, HasSubstr("NoSuchEntity"));
  EXPECT_THAT(error.message, HasSubstr("(waited 5m"));
  EXPECT_NEAR(elapsed(), 300, 1);
  EXPECT_GT(sent(), 12u);  // the limit of attempts is for failing services
  EXPECT_LT(sent(), 50u);
  transport.requests.clear();
  EXPECT_FALSE(run(put()));
  EXPECT_EQ(sent(), 1u);
}

TEST_F(ConsistencyTest, WhatThisRunHasDeletedMayStillBeInTheWay) {
  answers = {kDone};
  ASSERT_TRUE(run(role_call("DeleteRole", {.needs = "role r", .deletes = "role r"})));
  const Answer exists = iam_error(409, "EntityAlreadyExists");
  answers = {exists, exists, kDone};
  EXPECT_TRUE(run(role_call("CreateRole", {.creates = "role r"})));
  EXPECT_EQ(sent(), 4u);
  answers = {exists};
  EXPECT_EQ(run(role_call("CreateRole", {.creates = "role other"})).error().kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(sent(), 5u);
}

TEST_F(ConsistencyTest, ADeletedPolicyMayStillHoldItsRole) {
  const Answer held = iam_error(409, "DeleteConflict");
  const Call remove = role_call("DeleteRole", {.needs = "role r", .deletes = "role r"});
  answers = {held};
  const Error foreign = run(remove).error();
  EXPECT_EQ(foreign.kind, ErrorKind::kConflict);
  EXPECT_THAT(foreign.hint, HasSubstr("list-attached-role-policies"));
  EXPECT_EQ(sent(), 1u);
  answers = {kDone};
  ASSERT_TRUE(run(role_call("DeleteRolePolicy", {.changes = "role r", .deletes = "role policy r/p"})));
  answers = {held, held, kDone};
  EXPECT_TRUE(run(remove));
  EXPECT_EQ(sent(), 5u);
}

TEST_F(ConsistencyTest, ABusyResourceIsWaitedForLongerThanAFailingService) {
  options.attempts_max = 3;
  options.patience = seconds(10);
  for (int i = 0; i < 30; ++i) answers.push_back(iam_error(409, "EntityTemporarilyUnmodifiable"));
  answers.push_back(kDone);
  EXPECT_TRUE(run(put()));
  EXPECT_EQ(sent(), 31u);
  EXPECT_GT(elapsed(), 300);
  EXPECT_LT(elapsed(), 900);
}

// The retries of a failing service are counted from zero after a wait.
TEST_F(ConsistencyTest, AWaitUsesUpNoAttempts) {
  options.attempts_max = 3;
  options.patience = seconds(10);
  for (int i = 0; i < 8; ++i) answers.push_back(iam_error(409, "ConcurrentModification"));
  answers.push_back(iam_error(500, "ServiceFailure"));
  answers.push_back(iam_error(500, "ServiceFailure"));
  answers.push_back(kDone);
  EXPECT_TRUE(run(put()));
  EXPECT_EQ(sent(), 11u);
}

TEST_F(ConsistencyTest, TheDeadlineEndsAWaitAndSaysWhatItWasFor) {
  control.set_deadline(driver.now() + seconds(90));
  answers = {iam_error(409, "EntityTemporarilyUnmodifiable")};
  const Error error = run(put()).error();
  EXPECT_EQ(error.kind, ErrorKind::kTimeout);
  EXPECT_EQ(error.aws_code, "EntityTemporarilyUnmodifiable");
  EXPECT_THAT(error.message, HasSubstr("s for role policy r/p: AWS said EntityTemporarilyUnmodifiable"));
  EXPECT_THAT(error.hint, HasSubstr("run the same command again"));
  EXPECT_NEAR(elapsed(), 90, 0.5);
}

TEST_F(ConsistencyTest, ANameThatStaysBlockedIsWaitedForAnHour) {
  answers = {status(409, "<Error><Code>OperationAborted</Code><Message>conflicting</Message></Error>")};
  Call call = get_object("logs-1", "/", "CreateBucket");
  call.request.method = "PUT";
  call.safety = Idempotency::kNotIdempotent;
  call.resources = {.creates = "bucket logs-1"};
  const Error error = run(call).error();
  EXPECT_EQ(error.kind, ErrorKind::kInUse);
  EXPECT_THAT(error.message, HasSubstr("for bucket logs-1"));
  EXPECT_THAT(error.hint, HasSubstr("--bucket"));
  EXPECT_NEAR(elapsed(), 3600, 1);
  EXPECT_LT(sent(), 300u);
}

TEST_F(ConsistencyTest, AnOptionalCallEndsSoon) {
  answers = {iam_error(409, "ConcurrentModification")};
  Call call = put();
  call.attempts_max = 3;
  EXPECT_EQ(run(call).error().kind, ErrorKind::kInUse);
  EXPECT_EQ(sent(), 3u);
}

TEST_F(ConsistencyTest, ASignalEndsAWait) {
  answers = {iam_error(409, "ConcurrentModification")};
  driver.at(driver.now() + seconds(20), [this] { signals.raise(2); });
  EXPECT_EQ(run(put()).error().kind, ErrorKind::kCancelled);
  EXPECT_LT(elapsed(), 20.5);
}

}  // namespace
}  // namespace consistency_test
}  // namespace fhctl::aws
