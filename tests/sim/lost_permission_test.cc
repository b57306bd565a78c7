// Resources that the first read does not show, and changes by others between the read and the change.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace lost_permission_test {
namespace {

using pipeline::ConvergeOptions;
using pipeline::Intent;
using sandbox::Route;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr const char* kRole = "logs-us-west-2-firehose";

sandbox::Bucket& bucket_of(Simulation& world) { return world.cloud.world().s3->buckets.at(kBucketOfLogs); }

void put(Simulation& world, const std::string& key, const std::string& body = "x") {
  sandbox::ObjectVersion object;
  object.body = body;
  object.etag = "\"0\"";
  object.modified = world.driver.wall_now();
  bucket_of(world).objects[key] = {object};
}

// A stale list must not make destroy delete the role and the bucket of a stream that remains.
TEST(HiddenThing, AStreamThatTheListLacksGoesWithTheOthers) {
  for (const int listing : {0, 1, 2}) {  // 0: every list is stale
    Simulation world;
    world.past.emplace();
    ASSERT_TRUE(world.up(2).succeeded());
    world.pass(minutes(10));
    ASSERT_TRUE(world.scale(3).succeeded());
    Disturbance behind;
    int listings = 0;
    behind.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation != "ListDeliveryStreams") return {};
      ++listings;
      return {listing == 0 || listings == listing ? FaultKind::kStale : FaultKind::kNone, seconds(60)};
    };
    const RunResult run = world.destroy(behind);
    EXPECT_TRUE(run.succeeded()) << run.error();
    EXPECT_GE(listings, 2);
    world.pass(minutes(5));
    world.cloud.advance(world.driver.wall_now());
    EXPECT_TRUE(world.cloud.world().firehose->streams.empty()) << "listing " << listing;
    EXPECT_FALSE(world.cloud.world().s3->buckets.contains(kBucketOfLogs));
  }
}

// If tags are late in both reads, a shrink must not leave the stream and report success.
TEST(HiddenThing, AStreamThatShowsNoTagsIsNotLeftByAShrink) {
  Simulation world;
  ASSERT_TRUE(world.up(4).succeeded());
  world.pass(minutes(10));
  Disturbance late;
  int asked = 0;
  late.fault = [&](int, const http::Request& request, const Route& route) -> Fault {
    const bool it = route.operation == "ListTagsForDeliveryStream" && contains(request.body, "logs-4");
    asked += it ? 1 : 0;
    return {it ? FaultKind::kTagsLate : FaultKind::kNone, seconds(20)};
  };
  const RunResult run = world.scale(2, late);
  EXPECT_FALSE(run.succeeded());
  EXPECT_TRUE(contains(run.error(), "logs-4 is in the manifest and does not carry this pipeline's tags"))
      << run.error();
  EXPECT_GE(asked, 1);
  EXPECT_TRUE(world.scale(2).succeeded());
  world.pass(minutes(1));
  world.cloud.advance(world.driver.wall_now());
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 2u);
}

// Nor may a destroy leave the role or the log group and report success.
TEST(HiddenThing, WhatShowsNoTagsIsNotLeftByADestroy) {
  for (const char* operation : {"GetRole", "ListTagsForResource"}) {
    Simulation world;
    ASSERT_TRUE(world.up(1).succeeded());
    world.pass(minutes(10));
    Disturbance late;
    late.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      return {route.operation == operation ? FaultKind::kTagsLate : FaultKind::kNone, seconds(20)};
    };
    const RunResult run = world.destroy(late);
    EXPECT_FALSE(run.succeeded()) << operation;
    EXPECT_TRUE(contains(run.error(), "does not carry this pipeline's tags")) << run.error();
    EXPECT_EQ(world.cloud.world().firehose->streams.size(), 1u);
    EXPECT_TRUE(world.destroy().succeeded());
    EXPECT_TRUE(world.cloud.world().iam->roles.empty());
    EXPECT_TRUE(world.cloud.world().logs->groups.empty());
  }
}

// One read returns DELETING; the next one, under the lock, is stale and returns ACTIVE: the stream is not offered.
TEST(HiddenThing, AStreamThatWasSeenDeletingDoesNotComeBack) {
  sandbox::Options options = Simulation::quick_options();
  options.stream_delete = minutes(2);
  Simulation world(options);
  world.past.emplace();
  ASSERT_TRUE(world.up(3).succeeded());
  world.pass(minutes(10));
  ASSERT_TRUE(world.scale(1).succeeded());
  Disturbance behind;
  int looks = 0;
  behind.fault = [&](int, const http::Request& request, const Route& route) -> Fault {
    const bool about_it = route.operation == "DescribeDeliveryStream" && contains(request.body, "logs-3");
    return {about_it && ++looks == 2 ? FaultKind::kStale : FaultKind::kNone, seconds(60)};
  };
  const RunResult run = world.up(3, behind);
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_GE(looks, 2);
  const auto deleting = world.cloud.world().firehose->streams.find({"us-west-2", "logs-3"});
  ASSERT_NE(deleting, world.cloud.world().firehose->streams.end());
  const std::string manifest = bucket_of(world).objects.at("_fhctl/logs/us-west-2/manifest.json").front().body;
  EXPECT_FALSE(contains(manifest, "\"logs-3\"")) << manifest;
}

// The read took long: the tags of a stream were read long before the rest.
TEST(HiddenThing, TagsThatWereReadEarlyInALongLookAreReadAgain) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  world.pass(minutes(10));
  Disturbance slow;
  int looks = 0;
  slow.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    if (route.operation != "ListRolePolicies" || ++looks != 2) return {};
    world.cloud.world().firehose->streams.at({"us-west-2", "logs-1"}).tags.clear();
    return {FaultKind::kSlow, seconds(40)};
  };
  const RunResult run = world.destroy(slow);
  EXPECT_EQ(looks, 2);
  EXPECT_TRUE(contains(run.error(), "ownership tags of delivery stream logs-1")) << run.error();
  world.pass(minutes(5));
  world.cloud.advance(world.driver.wall_now());
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 1u);
}

// Streams take minutes to vanish: a resource whose tags are removed in that time is not deleted.
TEST(HiddenThing, WhatLosesItsTagsWhileStreamsGoIsLeftAlone) {
  for (const std::string thing : {"role", "log group", "bucket"}) {
    sandbox::Options options = Simulation::quick_options();
    options.stream_delete = minutes(1);
    Simulation world(options);
    ASSERT_TRUE(world.up(1).succeeded());
    world.pass(minutes(10));
    const auto take = [&] {
      if (thing == "role") world.cloud.world().iam->roles.at(kRole).tags.clear();
      if (thing == "log group") world.cloud.world().logs->groups.begin()->second.tags.clear();
      if (thing == "bucket") bucket_of(world).tags.clear();
    };
    Disturbance disturbance;
    disturbance.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation == "DeleteDeliveryStream") take();
      return {};
    };
    const RunResult run = world.destroy(disturbance);
    EXPECT_TRUE(contains(run.error(), "ownership tags of " + thing)) << thing << ": " << run.error();
    EXPECT_EQ(world.cloud.world().iam->roles.contains(kRole), thing == "role");
    EXPECT_EQ(world.cloud.world().logs->groups.empty(), thing == "bucket");
    EXPECT_TRUE(world.cloud.world().s3->buckets.contains(kBucketOfLogs)) << thing;
    if (thing != "role") continue;
    EXPECT_FALSE(world.cloud.world().iam->roles.at(kRole).inline_policies.empty());
  }
}

// A bucket that is created again soon after a destroy may show the previous bucket's tags, in one read or in several.
TEST(HiddenThing, TagsOfAnEarlierBucketAreNotAdopted) {
  for (const int first_stale : {1, 2}) {
    for (const int last_stale : {1, 2, 3, 20}) {
      Simulation world;
      world.past.emplace();
      ASSERT_TRUE(world.up(1).succeeded());
      ASSERT_TRUE(world.destroy().succeeded());
      world.pass(seconds(5));
      Disturbance behind;
      int looks = 0;
      behind.fault = [&](int, const http::Request&, const Route& route) -> Fault {
        const bool again = world.cloud.world().s3->buckets.contains(kBucketOfLogs);
        if (route.operation != "GetBucketTagging" || !again) return {};
        ++looks;
        return {looks >= first_stale && looks <= last_stale ? FaultKind::kStale : FaultKind::kNone, minutes(1)};
      };
      const RunResult run = world.up(1, behind);
      EXPECT_GE(looks, 2);
      world.pass(minutes(3));
      const RunResult next = world.up(1);
      EXPECT_TRUE(next.succeeded()) << first_stale << "-" << last_stale << ": " << run.error() << "; " << next.error();
    }
  }
}

// A run that has lost its lock without noticing finds the manifest of another run, newer or not. Nothing that it
// publishes then or later may replace that manifest.
TEST(HiddenThing, AManifestOfAnotherRunStays) {
  for (const auto& [first_of_all, newer_by] : {std::pair{true, 30}, {false, 30}, {true, -1}, {false, -1}}) {
    Simulation world;
    if (!first_of_all) {
      ASSERT_TRUE(world.up(1).succeeded());
      world.pass(minutes(10));
    }
    const std::string key = "_fhctl/logs/us-west-2/manifest.json";
    std::string theirs;
    Disturbance beaten;
    beaten.fault = [&](int, const http::Request& request, const Route& route) -> Fault {
      if (!theirs.empty() || route.operation != "PutObject" || !ends_with(route.resource, key)) return {};
      Json other = *parse_json(request.body, "manifest");
      other["generation"] = other["generation"].get<std::int64_t>() + newer_by;
      other["publisher"] = "fhctl/0.1.0 run-0badcafe";
      put(world, key, theirs = dump(other));
      return {};
    };
    const RunResult run = world.up(3, beaten);
    EXPECT_TRUE(contains(run.error(), "another run published a manifest")) << run.error();
    EXPECT_EQ(bucket_of(world).objects.at(key).front().body, theirs) << first_of_all << newer_by;
    EXPECT_TRUE(world.up(3).succeeded());
  }
}

// Producers may send to a stream in an unknown state too, so they need the same time to learn that it is gone.
TEST(HiddenThing, AStreamInAnUnknownStateIsWaitedForLikeAnother) {
  for (const bool known : {true, false}) {
    Simulation world;
    ASSERT_TRUE(world.up(1).succeeded());
    world.pass(minutes(10));
    ConvergeOptions keep;
    keep.intent.verb = Intent::Verb::kDestroy;
    keep.intent.keep_bucket = keep.intent.no_drain = true;
    Instant deleted{};
    Disturbance strange;
    strange.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation == "DeleteDeliveryStream") deleted = world.driver.now();
      const bool looked_at = route.operation == "DescribeDeliveryStream" && deleted == Instant{};
      return {looked_at && !known ? FaultKind::kNewMembers : FaultKind::kNone, {}};
    };
    const Instant begun = world.driver.now();
    EXPECT_TRUE(world.run(keep, strange).succeeded());
    EXPECT_GT(deleted - begun, seconds(60)) << known;
  }
}

// Another pipeline's files are listed after any number of objects.
TEST(HiddenThing, AnotherPipelineInTheBucketIsFoundBehindAllItsData) {
  for (const int objects : {0, 11'000}) {
    Simulation world;
    ASSERT_TRUE(world.up(1).succeeded());
    for (int i = 0; i < objects; ++i) put(world, fmt::format("2026/{:05}", i));
    put(world, "_fhctl/web/us-west-2/pipeline.json", "{}");
    const RunResult refused = world.destroy();
    ASSERT_TRUE(refused.failure()) << objects;
    EXPECT_TRUE(contains(refused.error(), "also used by web/us-west-2")) << refused.error();
    EXPECT_TRUE(refused.changing.empty());
    bucket_of(world).objects.erase("_fhctl/web/us-west-2/pipeline.json");
    EXPECT_TRUE(world.destroy().succeeded());
  }
}

TEST(HiddenThing, ABucketWithObjectLockIsLeftBeforeAnythingGoes) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  bucket_of(world).object_lock = true;
  const RunResult run = world.destroy();
  ASSERT_TRUE(run.failure());
  EXPECT_EQ(run.failure()->kind, ErrorKind::kPrecondition);
  EXPECT_TRUE(contains(run.error(), "Object Lock")) << run.error();
  EXPECT_TRUE(run.changing.empty());
}

TEST(HiddenThing, AKeyThatMayNotBeDeletedIsNamedAndTheBucketStays) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  put(world, "2026/kept");
  Disturbance held;
  int asked = 0;
  held.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
    if (request.method != "POST" || !starts_with(request.query, "delete")) return std::nullopt;
    if (!contains(request.body, "2026/kept")) return std::nullopt;
    ++asked;
    http::Response response;
    response.status = 200;
    response.headers.set("Content-Type", "application/xml");
    response.body =
        "<DeleteResult><Error><Key>2026/kept</Key><Code>AccessDenied</Code>"
        "<Message>because of its retention</Message></Error></DeleteResult>";
    return Result<http::Response>(response);
  };
  const RunResult run = world.destroy(held);
  EXPECT_TRUE(run.failure());
  EXPECT_TRUE(contains(run.error(), "2026/kept")) << run.error();
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(bucket_of(world).objects.contains("2026/kept"));
}

// Objects are written again and again: the run empties the bucket a limited number of times, then reports it.
TEST(HiddenThing, ABucketThatIsFilledAgainIsEmptiedAFewTimes) {
  for (const int times : {2, 100}) {
    Simulation world;
    ASSERT_TRUE(world.up(1).succeeded());
    int deletes = 0;
    Disturbance filled;
    filled.fault = [&](int, const http::Request&, const Route& route) -> Fault {
      if (route.operation == "DeleteBucket" && ++deletes <= times) put(world, fmt::format("2026/late-{}", deletes));
      return {};
    };
    const RunResult run = world.destroy(filled);
    EXPECT_EQ(run.succeeded(), times == 2) << run.error();
    EXPECT_EQ(deletes, times == 2 ? 3 : 5);
    EXPECT_EQ(contains(run.error(), "filled again 5 times"), times == 100);
  }
}

// The counts at the end match what existed: objects with their versions, and unfinished uploads.
TEST(HiddenThing, UnfinishedUploadsGoAndAreCountedForThemselves) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  for (const char* key : {"2026/a", "2026/b", "2026/c"}) put(world, key);
  for (const char* id : {"u1", "u2"}) bucket_of(world).uploads[{"2026/large", id}].initiated = world.driver.wall_now();
  const RunResult run = world.destroy();
  EXPECT_TRUE(run.succeeded()) << run.error();
  std::int64_t objects = 0;
  std::int64_t uploads = 0;
  for (const pipeline::Event& event : run.events) {
    const auto* emptying = std::get_if<pipeline::Emptying>(&event);
    if (emptying == nullptr || !emptying->done) continue;
    objects += emptying->deleted;
    uploads += emptying->uploads_aborted;
  }
  EXPECT_EQ(objects, 3);
  EXPECT_EQ(uploads, 2);
}

// More uploads than a page has. The sandbox refuses to continue a list behind an upload that was aborted meanwhile.
TEST(HiddenThing, UnfinishedUploadsGoPageByPage) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  for (int i = 0; i < 2100; ++i) {
    bucket_of(world).uploads[{"2026/large", fmt::format("u{:04}", i)}].initiated = world.driver.wall_now();
  }
  const RunResult run = world.destroy();
  EXPECT_TRUE(run.succeeded()) << run.error();
  EXPECT_EQ(world.cloud.world().s3->buckets.count(kBucketOfLogs), 0u);
}

TEST(HiddenThing, APolicyThatIsAttachedAfterThePlanKeepsRoleAndBucket) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  Disturbance attached;
  attached.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    auto& arns = world.cloud.world().iam->roles.at(kRole).attached_arns;
    if (route.operation == "DeleteRolePolicy" && arns.empty()) {
      arns.push_back("arn:aws:iam::123456789012:policy/audit");
    }
    return {};
  };
  const RunResult run = world.destroy(attached);
  ASSERT_TRUE(run.failure());
  EXPECT_TRUE(contains(run.error(), "DeleteConflict")) << run.error();
  EXPECT_TRUE(world.cloud.world().iam->roles.contains(kRole));
  const RunResult again = world.destroy();
  ASSERT_TRUE(again.failure());
  EXPECT_TRUE(contains(again.error(), "audit")) << again.error();
  world.cloud.world().iam->roles.at(kRole).attached_arns.clear();
  EXPECT_TRUE(world.destroy().succeeded());
}

// Tags are removed between the read and the user's confirmation.
TEST(HiddenThing, TagsThatAreRemovedDuringTheConfirmationStopTheRun) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kScale;
  options.intent.count = 1;
  options.intent.no_drain = true;
  options.confirm = [&](const pipeline::Plan&, const pipeline::Observed&, const pipeline::Desired&) -> Result<void> {
    world.cloud.world().firehose->streams.at({"us-west-2", "logs-2"}).tags.clear();
    return ok();
  };
  const RunResult run = world.run(options);
  ASSERT_TRUE(run.failure());
  EXPECT_TRUE(contains(run.error(), "logs-2")) << run.error();
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 2u);
}

// Another account takes the bucket's name between two requests.
TEST(HiddenThing, ABucketThatAnotherAccountTakesStopsTheRun) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  Disturbance taken;
  bool gone = false;
  taken.fault = [&](int, const http::Request&, const Route& route) -> Fault {
    if (gone || route.operation != "CreateDeliveryStream") return {};
    gone = true;
    world.cloud.world().s3->buckets.erase(kBucketOfLogs);
    world.cloud.world().s3->foreign.insert(kBucketOfLogs);
    return {};
  };
  const RunResult run = world.scale(4, taken);
  EXPECT_TRUE(gone);
  EXPECT_TRUE(run.failure());
  EXPECT_EQ(std::count(run.changing.begin(), run.changing.end(), "DeleteDeliveryStream"), 0);
  const RunResult again = world.up(4);
  EXPECT_TRUE(again.failure());
  EXPECT_TRUE(contains(again.error(), kBucketOfLogs)) << again.error();
  EXPECT_TRUE(again.changing.empty());
}

}  // namespace
}  // namespace lost_permission_test
}  // namespace fhctl::test
