// What a run has just created, changed or deleted is unknown, or still there, for minutes: the run waits. What it has
// not touched is taken as AWS shows it.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/text.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/wire/error_reply.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace consistency_test {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kRole = "logs-us-west-2-firehose";

// The error that one operation answers with, from its first request on.
struct Refused {
  std::string operation;
  std::string service;
  int status;
  std::string code;
  std::string resource = {};  // that the run waits for
  bool destroys = false;      // the operation is one of a destroy
};

// A Disturbance that refuses an operation for a time. `duration`: nullopt: for ever.
Disturbance refuse(Simulation& world, const Refused& what, std::optional<Duration> duration) {
  Disturbance disturbance;
  const auto until = std::make_shared<std::optional<Instant>>();
  disturbance.intervene = [&world, what, duration, until](
                              int, const http::Request& request) -> std::optional<Result<http::Response>> {
    if (sandbox::route_of(request).operation != what.operation) return std::nullopt;
    const Instant now = world.driver.now();
    if (!*until) *until = duration ? now + *duration : kNever;
    if (now >= **until) return std::nullopt;
    return Result<http::Response>(sandbox::wire_error(what.service, what.status, what.code, "Please try again."));
  };
  return disturbance;
}

std::vector<pipeline::ConsistencyWaiting> waits(const RunResult& run) {
  std::vector<pipeline::ConsistencyWaiting> found;
  for (const pipeline::Event& event : run.events) {
    if (const auto* wait = std::get_if<pipeline::ConsistencyWaiting>(&event)) found.push_back(*wait);
  }
  return found;
}

// "Not found" about what the run has created itself.
const std::vector<Refused> kUnseen = {
    {"PutRolePolicy", "iam", 404, "NoSuchEntity", "role policy logs-us-west-2-firehose/delivery"},
    {"CreateLogStream", "logs", 400, "ResourceNotFoundException", "log stream /aws/kinesisfirehose/logs:S3Delivery"},
    {"PutRetentionPolicy", "logs", 400, "ResourceNotFoundException", "log group /aws/kinesisfirehose/logs"},
    {"DeleteRole", "iam", 409, "DeleteConflict", "role logs-us-west-2-firehose", true},
};

const std::vector<Refused> kBusy = {
    {"CreateBucket", "s3", 409, "OperationAborted", "bucket logs-123456789012-us-west-2"},
    {"PutRolePolicy", "iam", 409, "EntityTemporarilyUnmodifiable", "role policy logs-us-west-2-firehose/delivery"},
    {"CreateRole", "iam", 409, "ConcurrentModification", "role logs-us-west-2-firehose"},
    {"CreateLogGroup", "logs", 400, "OperationAbortedException", "log group /aws/kinesisfirehose/logs"},
    {"DeleteLogGroup", "logs", 400, "OperationAbortedException", "log group /aws/kinesisfirehose/logs", true},
    {"DeleteRole", "iam", 409, "EntityTemporarilyUnmodifiable", "role logs-us-west-2-firehose", true},
};

RunResult run_with(Simulation& world, const Refused& what, std::optional<Duration> duration) {
  if (!what.destroys) return world.up(1, refuse(world, what, duration));
  EXPECT_TRUE(world.up(1).succeeded());
  world.pass(minutes(10));
  return world.destroy(refuse(world, what, duration));
}

std::string title(const Refused& what) { return what.operation + " " + what.code; }

TEST(Consistency, ErrorsThatLastAMinuteAreWaitedOut) {
  std::vector<Refused> all = kUnseen;
  all.insert(all.end(), kBusy.begin(), kBusy.end());
  for (const Refused& what : all) {
    Simulation world;
    const RunResult run = run_with(world, what, seconds(90));
    EXPECT_TRUE(run.succeeded()) << title(what) << ": " << run.error();
    EXPECT_GE(run.took, seconds(90)) << title(what);
    EXPECT_LT(run.took, minutes(4)) << title(what);
    const auto reported = waits(run);
    ASSERT_FALSE(reported.empty()) << title(what);
    EXPECT_EQ(reported.front().resource, what.resource) << title(what);
    EXPECT_TRUE(contains(reported.front().reason, what.code)) << title(what);
    EXPECT_TRUE(reported.back().over) << title(what);
    EXPECT_LE(reported.size(), 16u) << title(what);  // pauses grow
  }
}

TEST(Consistency, WhatIsNotSeenAfterMinutesIsReportedAsMissing) {
  for (const Refused& what : kUnseen) {
    Simulation world;
    const RunResult run = run_with(world, what, std::nullopt);
    const std::optional<Error> failure = run.failure();
    ASSERT_TRUE(failure) << title(what);
    EXPECT_TRUE(contains(run.error(), what.code)) << run.error();
    // The five minutes begin with the change, the wait with the first refusal.
    EXPECT_TRUE(contains(run.error(), "(waited 4m 59s") || contains(run.error(), "(waited 5m")) << run.error();
    EXPECT_FALSE(failure->hint.empty()) << title(what);
    EXPECT_LT(run.took, minutes(8)) << title(what);
    const RunResult again = what.destroys ? world.destroy() : world.up(1);
    EXPECT_TRUE(again.succeeded()) << title(what) << ": " << again.error();
  }
}

TEST(Consistency, WhatStaysBusyEndsAtTheDeadline) {
  for (const Refused& what : kBusy) {
    Simulation world;
    world.time_limit = minutes(20);
    const RunResult run = run_with(world, what, std::nullopt);
    const std::optional<Error> failure = run.failure();
    ASSERT_TRUE(failure) << title(what);
    EXPECT_EQ(failure->kind, ErrorKind::kTimeout) << run.error();
    EXPECT_TRUE(contains(run.error(), "waited 19m") || contains(run.error(), "waited 20m")) << run.error();
    EXPECT_TRUE(contains(run.error(), "for " + what.resource + ": AWS said " + what.code)) << run.error();
    const char* hint = what.operation == "CreateBucket" ? "--bucket" : "run the same command again";
    EXPECT_TRUE(contains(failure->hint, hint)) << failure->hint;
    EXPECT_LT(run.took, minutes(21)) << title(what);
  }
}

// A role that was there before and is unknown now was deleted by somebody else.
TEST(Consistency, WhatTheRunHasNotCreatedIsMissingAtOnce) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  world.pass(minutes(10));
  world.cloud.world().iam->roles.at(kRole).inline_policies.clear();
  const RunResult run = world.up(1, refuse(world, kUnseen.front(), std::nullopt));
  EXPECT_TRUE(contains(run.error(), "NoSuchEntity")) << run.error();
  EXPECT_TRUE(waits(run).empty());
  EXPECT_LT(run.took, seconds(10));
}

// The create call takes effect, its response is lost, and AWS shows the resource late.
TEST(Consistency, AResourceWhoseCreationWasNotAnsweredMayBeUnknownForAMinute) {
  const Refused cases[] = {{"GetRole", "iam", 404, "NoSuchEntity"},
                           {"ListTagsForResource", "logs", 400, "ResourceNotFoundException"}};
  for (const Refused& read : cases) {
    const std::string create = read.operation == "GetRole" ? "CreateRole" : "CreateLogGroup";
    Simulation world;
    Instant created_at{};
    Disturbance disturbance;
    disturbance.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
      if (route.operation != create || created_at != Instant{}) return {};
      created_at = world.driver.now();
      return {FaultKind::kLostAfter, {}};
    };
    disturbance.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
      const bool late = created_at != Instant{} && world.driver.now() < created_at + minutes(1);
      if (!late || sandbox::route_of(request).operation != read.operation) return std::nullopt;
      return Result<http::Response>(sandbox::wire_error(read.service, read.status, read.code, "Not here."));
    };
    const RunResult run = world.up(1, disturbance);
    EXPECT_TRUE(run.succeeded()) << create << ": " << run.error();
    EXPECT_EQ(std::count(run.changing.begin(), run.changing.end(), create), 1) << create;
    EXPECT_GE(run.took, minutes(1)) << create;
  }
}

std::string tag_set(const std::string& id) {
  if (id.empty()) return "<Tagging><TagSet/></Tagging>";
  std::string tags;
  for (const auto& [key, value] : std::map<std::string, std::string>{
           {"fhctl:pipeline", "logs"}, {"fhctl:region", "us-west-2"}, {"fhctl:id", id}}) {
    tags += "<Tag><Key>" + key + "</Key><Value>" + value + "</Value></Tag>";
  }
  return "<Tagging><TagSet>" + tags + "</TagSet></Tagging>";
}

// S3 shows no tags of the new bucket, or those of an earlier one of its name.
TEST(Consistency, TagsOfTheNewBucketMayShowLate) {
  for (const std::string earlier_id : {"", "00112233445566778899aabbccddeeff"}) {
    Simulation world;
    std::optional<Instant> created_at;
    Disturbance disturbance;
    disturbance.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
      const std::string operation = sandbox::route_of(request).operation;
      if (operation == "CreateBucket") created_at = world.driver.now();
      const bool late = created_at && world.driver.now() < *created_at + seconds(80);
      if (operation != "GetBucketTagging" || !late) return std::nullopt;
      http::Response response;
      response.status = 200;
      response.body = tag_set(earlier_id);
      return Result<http::Response>(response);
    };
    const RunResult run = world.up(1, disturbance);
    EXPECT_TRUE(run.succeeded()) << earlier_id << ": " << run.error();
    EXPECT_GE(run.took, seconds(80)) << earlier_id;
    EXPECT_NE(world.cloud.world().s3->buckets.at(kBucketOfLogs).tags.at("fhctl:id"), earlier_id);
    world.pass(minutes(10));
    EXPECT_TRUE(world.up(1).succeeded()) << earlier_id;
  }
}

// Tags that are gone in one reading and back in the next were not taken by anybody.
TEST(Consistency, TagsThatAreMissingForSecondsAreReadAgain) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  world.pass(minutes(10));
  int looks = 0;
  std::optional<Instant> second_look;
  Disturbance disturbance;
  disturbance.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
    if (route.operation != "ListTagsForDeliveryStream") return {};
    if (++looks == 2) second_look = world.driver.now();
    const bool late = second_look && world.driver.now() < *second_look + seconds(8);
    return {late ? FaultKind::kTagsLate : FaultKind::kNone, {}};
  };
  const RunResult run = world.up(2, disturbance);
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_GT(looks, 3);
}

}  // namespace
}  // namespace consistency_test
}  // namespace fhctl::test
