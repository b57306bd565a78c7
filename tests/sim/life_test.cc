// The lifecycle of a pipeline in virtual time: what each command does, and what it must not do.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/observe/lock_object.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/wire/error_reply.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {
namespace life_test {
namespace {

using pipeline::Action;
using pipeline::ConvergeOptions;
using pipeline::Intent;

Json manifest_of(Simulation& world) {
  const auto& bucket = world.cloud.world().s3->buckets.at(kBucketOfLogs);
  return *parse_json(bucket.objects.at("_fhctl/logs/us-west-2/manifest.json").front().body, "manifest");
}

std::vector<std::string> streams_in(const Json& manifest, const std::string& state) {
  std::vector<std::string> names;
  for (const Json& stream : manifest["streams"]) {
    if (stream["state"] == state) names.push_back(stream["name"]);
  }
  return names;
}

bool changed_nothing(const RunResult& run) { return run.succeeded() && run.changing.empty(); }

RunResult plan(Simulation& world, Intent intent = {}) {
  ConvergeOptions options;
  options.plan_only = true;
  options.intent = intent;
  return world.run(options);
}

TEST(LifeTest, UpCreatesSevenResourcesAndASecondUpChangesNothing) {
  Simulation world;
  const RunResult first = world.up(2);
  ASSERT_TRUE(first.succeeded()) << first.error();
  EXPECT_EQ((**first.outcome).added, 7);
  EXPECT_EQ((**first.outcome).changed, 0);
  EXPECT_EQ((**first.outcome).destroyed, 0);
  EXPECT_EQ(streams_in(manifest_of(world), "active"), (std::vector<std::string>{"logs-1", "logs-2"}));
  EXPECT_TRUE(world.files.files.contains("fhctl-manifest.json"));

  const std::string before = world.snapshot();
  const RunResult second = world.up(2);
  EXPECT_TRUE(changed_nothing(second)) << second.error();
  EXPECT_TRUE((**second.outcome).plan.empty());
  EXPECT_EQ(world.snapshot(), before);
}

TEST(LifeTest, AFreshBucketMayShowItsTagsLate) {
  Simulation world;
  int refusals = 0;
  Disturbance late;
  late.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
    const bool fresh = world.cloud.world().s3->buckets.contains(kBucketOfLogs);
    const bool asks = request.method == "GET" && request.query.starts_with("tagging");
    if (!fresh || !asks || refusals == 3) return std::nullopt;
    ++refusals;
    return Result<http::Response>(sandbox::wire_error("s3", 404, "NoSuchBucket", "not yet"));
  };
  const RunResult run = world.up(2, late);
  ASSERT_TRUE(run.succeeded()) << run.error();
  EXPECT_EQ(refusals, 3);
  EXPECT_EQ((**run.outcome).added, 7);
}

// For ten seconds, two of three requests reach a part of S3 that does not know the bucket yet.
TEST(LifeTest, AFreshBucketIsNotKnownEverywhereAtOnce) {
  Simulation world;
  std::optional<Instant> created_early;
  int asked = 0;
  std::map<std::string, int> refused;
  Disturbance late;
  late.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
    if (!world.cloud.world().s3->buckets.contains(kBucketOfLogs)) return std::nullopt;
    if (!created_early) created_early = world.driver.now();
    if (world.driver.now() - *created_early > std::chrono::seconds(10)) return std::nullopt;
    if (!contains(request.path, kBucketOfLogs) || ++asked % 3 == 0) return std::nullopt;
    ++refused[request.method + " " + request.query];
    http::Response response = sandbox::wire_error("s3", 404, "NoSuchBucket", "not yet");
    if (request.method == "HEAD") response.body.clear();
    return Result<http::Response>(response);
  };
  const RunResult run = world.up(2, late);
  ASSERT_TRUE(run.succeeded()) << run.error();
  EXPECT_EQ((**run.outcome).added, 7);
  for (const char* what : {"GET tagging", "PUT ", "HEAD ", "GET "}) EXPECT_GT(refused[what], 0) << what;
  EXPECT_TRUE(changed_nothing(world.up(2)));
}

TEST(LifeTest, APlanCallsNothingThatChanges) {
  Simulation world;
  const RunResult before = plan(world);
  EXPECT_TRUE(changed_nothing(before)) << before.error();
  EXPECT_EQ((**before.outcome).plan.added(), 7);
  EXPECT_TRUE(world.cloud.world().s3->buckets.empty());
}

TEST(LifeTest, GrowingAndShrinkingKeepsTheManifestAheadOfTheStreams) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  const auto generation = manifest_of(world)["generation"].get<std::int64_t>();
  ASSERT_TRUE(world.scale(4).succeeded());
  EXPECT_EQ(streams_in(manifest_of(world), "active").size(), 4u);
  EXPECT_GT(manifest_of(world)["generation"].get<std::int64_t>(), generation);

  // At each delete the manifest must have said "draining" for as long as readers need to see it.
  std::vector<double> seconds_draining;
  Disturbance watch;
  watch.intervene = [&](int, const http::Request& request) -> std::optional<Result<http::Response>> {
    if (request.headers.find("x-amz-target").value_or("") == "Firehose_20150804.DeleteDeliveryStream") {
      const Json manifest = manifest_of(world);
      EXPECT_EQ(streams_in(manifest, "active"), (std::vector<std::string>{"logs-1", "logs-2"}));
      for (const Json& stream : manifest["streams"]) {
        if (stream["state"] != "draining") continue;
        const auto since = parse_iso8601(stream["drain"]["started_at"].get<std::string>());
        seconds_draining.push_back(seconds_of(world.driver.wall_now() - *since));
      }
    }
    return std::nullopt;
  };
  const RunResult shrunk = world.scale(2, watch);
  ASSERT_TRUE(shrunk.succeeded()) << shrunk.error();
  EXPECT_EQ((**shrunk.outcome).destroyed, 2);
  ASSERT_FALSE(seconds_draining.empty());
  for (const double seconds : seconds_draining) EXPECT_GE(seconds, 71.0 - 1.0);  // 30 x 1.2 + 30 + 5, whole seconds
  EXPECT_EQ(manifest_of(world)["streams"].size(), 2u);
}

TEST(LifeTest, UpNeverShrinksWithoutConsent) {
  Simulation world;
  ASSERT_TRUE(world.up(4).succeeded());
  const RunResult refused = world.up(2);
  ASSERT_TRUE(refused.outcome && *refused.outcome);
  ASSERT_TRUE((**refused.outcome).error);
  EXPECT_EQ((**refused.outcome).error->kind, ErrorKind::kPrecondition);
  EXPECT_TRUE(refused.changing.empty());
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 4u);
}

TEST(LifeTest, DestroyLeavesNothing) {
  Simulation world;
  ASSERT_TRUE(world.up(3).succeeded());
  sandbox::ObjectVersion data;
  data.modified = world.driver.wall_now();
  world.cloud.world().s3->buckets.at(kBucketOfLogs).objects["logs/x"].push_back(data);
  const RunResult destroyed = world.destroy();
  ASSERT_TRUE(destroyed.succeeded()) << destroyed.error();
  EXPECT_EQ((**destroyed.outcome).destroyed, 8);
  EXPECT_TRUE(world.cloud.world().s3->buckets.empty());
  EXPECT_TRUE(world.cloud.world().firehose->streams.empty());
  EXPECT_TRUE(world.cloud.world().iam->roles.empty());
  EXPECT_TRUE(world.cloud.world().logs->groups.empty());
  EXPECT_TRUE(changed_nothing(world.destroy()));
}

TEST(LifeTest, DestroyRefusesDataBeforeAnythingIsDeleted) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  world.cloud.world().s3->buckets.at(kBucketOfLogs).objects["logs/x"].push_back({});
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kDestroy;
  options.intent.no_drain = true;
  const RunResult refused = world.run(options);
  ASSERT_TRUE((**refused.outcome).error);
  EXPECT_EQ((**refused.outcome).error->kind, ErrorKind::kPrecondition);
  EXPECT_TRUE(refused.changing.empty());
}

TEST(LifeTest, KeepBucketKeepsTheDataAndWhatOthersSet) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  auto& bucket = world.cloud.world().s3->buckets.at(kBucketOfLogs);
  bucket.objects["logs/x"].push_back({});
  bucket.tags["team"] = "search";
  ConvergeOptions options;
  options.intent.verb = Intent::Verb::kDestroy;
  options.intent.no_drain = options.intent.keep_bucket = true;
  const RunResult destroyed = world.run(options);
  ASSERT_TRUE(destroyed.succeeded()) << destroyed.error();
  const auto& kept = world.cloud.world().s3->buckets.at(kBucketOfLogs);
  EXPECT_TRUE(kept.objects.contains("logs/x"));
  EXPECT_EQ(kept.tags.at("team"), "search");
  EXPECT_FALSE(kept.objects.contains("_fhctl/logs/us-west-2/pipeline.json"));
  EXPECT_FALSE(kept.objects.contains("_fhctl/logs/us-west-2/lock"));
  // Producers must learn that no stream is left.
  EXPECT_TRUE(streams_in(manifest_of(world), "active").empty());
  const RunResult again = world.up(2);
  ASSERT_TRUE(again.succeeded()) << again.error();
  EXPECT_EQ((**again.outcome).added, 6);
}

struct Meddling {
  const char* name;
  std::function<void(sandbox::CloudState&)> intervene;
  pipeline::Kind kind;
  Action action;
};

class DriftTest : public testing::TestWithParam<Meddling> {};

sandbox::Bucket& bucket_of(sandbox::CloudState& world) { return world.s3->buckets.at(kBucketOfLogs); }
sandbox::Stream& stream_of(sandbox::CloudState& world) { return world.firehose->streams.at({"us-west-2", "logs-1"}); }
sandbox::Role& role_of(sandbox::CloudState& world) { return world.iam->roles.at("logs-us-west-2-firehose"); }
sandbox::LogGroup& group_of(sandbox::CloudState& world) {
  return world.logs->groups.at({"us-west-2", "/aws/kinesisfirehose/logs"});
}

// After a change outside fhctl, plan shows exactly this drift, up corrects exactly this drift, and then nothing is left
// to do.
TEST_P(DriftTest, IsDetectedAndCorrected) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  const std::string before = world.snapshot();
  GetParam().intervene(world.cloud.world());
  const RunResult planned = plan(world);
  ASSERT_TRUE(planned.succeeded()) << planned.error();
  const pipeline::Plan& found = (**planned.outcome).plan;
  ASSERT_FALSE(found.steps.empty());
  EXPECT_EQ(found.steps.front().resource.kind, GetParam().kind);
  EXPECT_EQ(found.steps.front().action, GetParam().action);
  const RunResult mended = world.up(2);
  ASSERT_TRUE(mended.succeeded()) << mended.error();
  world.pass(std::chrono::minutes(1));
  EXPECT_EQ(world.snapshot(), before);
  EXPECT_TRUE(changed_nothing(world.up(2)));
}

INSTANTIATE_TEST_SUITE_P(
    Sim, DriftTest,
    testing::ValuesIn(std::vector<Meddling>{
        {"StreamDeleted",
         [](sandbox::CloudState& w) {
           w.firehose->streams.erase({"us-west-2", "logs-2"});
         },
         pipeline::Kind::kStream, Action::kCreate},
        {"BufferChanged",
         [](sandbox::CloudState& w) { stream_of(w).destination["BufferingHints"]["IntervalInSeconds"] = 900; },
         pipeline::Kind::kStream, Action::kUpdate},
        {"CompressionChanged",
         [](sandbox::CloudState& w) { stream_of(w).destination["CompressionFormat"] = "UNCOMPRESSED"; },
         pipeline::Kind::kStream, Action::kUpdate},
        {"PrefixChanged", [](sandbox::CloudState& w) { stream_of(w).destination["Prefix"] = "elsewhere/"; },
         pipeline::Kind::kStream, Action::kUpdate},
        {"LoggingSwitchedOff",
         [](sandbox::CloudState& w) {
           stream_of(w).destination["CloudWatchLoggingOptions"] = {{"Enabled", false}};
         },
         pipeline::Kind::kStream, Action::kUpdate},
        {"StreamFailed", [](sandbox::CloudState& w) { stream_of(w).status = sandbox::StreamStatus::kCreatingFailed; },
         pipeline::Kind::kStream, Action::kReplace},
        {"RolePolicyDeleted", [](sandbox::CloudState& w) { role_of(w).inline_policies.clear(); },
         pipeline::Kind::kRolePolicy, Action::kCreate},
        {"RolePolicyEdited",
         [](sandbox::CloudState& w) {
           role_of(w).inline_policies.begin()->second.document = R"({"Version":"2012-10-17","Statement":[]})";
         },
         pipeline::Kind::kRolePolicy, Action::kUpdate},
        {"TrustEdited",
         [](sandbox::CloudState& w) { role_of(w).trust.document = R"({"Version":"2012-10-17","Statement":[]})"; },
         pipeline::Kind::kRole, Action::kUpdate},
        {"RoleDeleted", [](sandbox::CloudState& w) { w.iam->roles.clear(); }, pipeline::Kind::kRole, Action::kCreate},
        {"RetentionEdited", [](sandbox::CloudState& w) { group_of(w).retention_days = 7; }, pipeline::Kind::kLogGroup,
         Action::kUpdate},
        {"RetentionLifted", [](sandbox::CloudState& w) { group_of(w).retention_days.reset(); },
         pipeline::Kind::kLogGroup, Action::kUpdate},
        {"LogStreamDeleted", [](sandbox::CloudState& w) { group_of(w).streams.clear(); }, pipeline::Kind::kLogStream,
         Action::kCreate},
        {"LogGroupDeleted", [](sandbox::CloudState& w) { w.logs->groups.clear(); }, pipeline::Kind::kLogGroup,
         Action::kCreate},
        {"BucketTagRemoved", [](sandbox::CloudState& w) { bucket_of(w).tags.erase("fhctl:bucket"); },
         pipeline::Kind::kBucket, Action::kUpdate},
        {"BlockLoosened", [](sandbox::CloudState& w) { bucket_of(w).public_access_block->block_acls = false; },
         pipeline::Kind::kBucket, Action::kUpdate},
        {"RuleDeleted", [](sandbox::CloudState& w) { bucket_of(w).lifecycle.clear(); }, pipeline::Kind::kBucket,
         Action::kUpdate},
        {"DocumentDeleted",
         [](sandbox::CloudState& w) { bucket_of(w).objects.erase("_fhctl/logs/us-west-2/pipeline.json"); },
         pipeline::Kind::kSettings, Action::kUpdate},
        {"ManifestDeleted",
         [](sandbox::CloudState& w) { bucket_of(w).objects.erase("_fhctl/logs/us-west-2/manifest.json"); },
         pipeline::Kind::kManifest, Action::kUpdate},
    }),
    [](const auto& row) { return std::string(row.param.name); });

TEST(LifeTest, ForeignThingsStopARunBeforeItsFirstChange) {
  for (const char* taken : {"stream", "role", "log group", "bucket"}) {
    SCOPED_TRACE(taken);
    Simulation world;
    ASSERT_TRUE(world.up(2).succeeded());
    sandbox::CloudState& cloud = world.cloud.world();
    // The same resources, created by another program: without our tags.
    if (std::string(taken) == "stream") stream_of(cloud).tags.clear();
    if (std::string(taken) == "role") role_of(cloud).tags.clear();
    if (std::string(taken) == "log group") group_of(cloud).tags.clear();
    if (std::string(taken) == "bucket") bucket_of(cloud).tags.clear();
    const RunResult refused = world.up(3);
    ASSERT_TRUE(refused.outcome && *refused.outcome);
    ASSERT_TRUE((**refused.outcome).error);
    EXPECT_EQ((**refused.outcome).error->kind, ErrorKind::kPrecondition) << refused.error();
    EXPECT_TRUE(refused.changing.empty());
  }
}

TEST(LifeTest, TwoPipelinesWithSimilarNamesDoNotTouchEachOther) {
  Simulation world;
  world.name = "app";
  ASSERT_TRUE(world.up(2).succeeded());
  world.files.files.clear();
  world.name = "app-2";
  ASSERT_TRUE(world.up(2).succeeded());
  ASSERT_TRUE(world.destroy().succeeded());
  EXPECT_EQ(world.cloud.world().firehose->streams.size(), 2u);
  world.files.files.clear();
  world.name = "app";
  EXPECT_TRUE(changed_nothing(world.up(2)));
}

TEST(LifeTest, AFullQuotaKeepsWhatWasMadeAndPublishesIt) {
  sandbox::Options options = Simulation::quick_options();
  options.streams_max = 3;
  Simulation world(options);
  const RunResult run = world.up(5);
  ASSERT_TRUE(run.outcome && *run.outcome);
  ASSERT_TRUE((**run.outcome).error);
  EXPECT_EQ((**run.outcome).error->kind, ErrorKind::kPartial) << run.error();
  EXPECT_EQ(streams_in(manifest_of(world), "active").size(), 3u);
}

TEST(LifeTest, StoppingReleasesTheLockAndTheSameCommandContinues) {
  Simulation world;
  Disturbance stop;
  stop.intervene = [&](int number, const http::Request&) -> std::optional<Result<http::Response>> {
    if (number == 45) world.signals.raise(2);
    return std::nullopt;
  };
  const RunResult stopped = world.up(6, stop);
  ASSERT_TRUE(stopped.outcome);
  EXPECT_FALSE(stopped.succeeded());
  const auto& bucket = bucket_of(world.cloud.world());
  EXPECT_FALSE(bucket.objects.contains("_fhctl/logs/us-west-2/lock"));
  world.signals.count = 0;
  const RunResult again = world.up(6);
  ASSERT_TRUE(again.succeeded()) << again.error();
  EXPECT_EQ(streams_in(manifest_of(world), "active").size(), 6u);
}

TEST(LifeTest, ASecondRunWaitsForTheLockAndThenGivesUp) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  pipeline::LockBody other;
  other.run_id = "other";
  other.holder = "ci-runner-42";
  other.host = "ci-runner-42";
  other.boot_id = "another boot";
  other.pid = 993;
  other.lease_s = 3600;
  sandbox::ObjectVersion object;
  object.body = pipeline::format_lock(other);
  object.etag = "\"0123\"";
  object.modified = world.driver.wall_now();
  bucket_of(world.cloud.world()).objects["_fhctl/logs/us-west-2/lock"].push_back(object);
  const RunResult locked = world.scale(2);
  ASSERT_TRUE(locked.outcome);
  ASSERT_FALSE(*locked.outcome);
  EXPECT_EQ(locked.outcome->error().kind, ErrorKind::kLocked);
  EXPECT_NE(locked.outcome->error().message.find("ci-runner-42"), std::string::npos);
  EXPECT_TRUE(locked.changing.empty());
  EXPECT_GE(locked.took, std::chrono::minutes(2));
  world.pass(std::chrono::hours(2));  // the lease ends
  EXPECT_TRUE(world.scale(2).succeeded());
}

// The lease ends while the machine sleeps, and the lock is removed: streams that became ACTIVE are not published, and
// the run fails. No change is retried either.
TEST(LifeTest, ARunThatSleptThroughItsLeaseFails) {
  Simulation world;
  Disturbance asleep;
  bool slept = false;
  asleep.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
    if (slept || route.operation != "DescribeDeliveryStream") return {};
    slept = true;
    world.cloud.world().s3->buckets.begin()->second.objects.erase("_fhctl/logs/us-west-2/lock");
    return {FaultKind::kAsleep, std::chrono::minutes(20)};
  };
  const RunResult run = world.up(2, asleep);
  ASSERT_TRUE(slept);
  EXPECT_FALSE(run.succeeded());
  EXPECT_NE(run.error().find("lock"), std::string::npos) << run.error();
  world.pass(std::chrono::minutes(2));
  ASSERT_TRUE(world.up(2).succeeded());
  EXPECT_EQ(streams_in(manifest_of(world), "active"), (std::vector<std::string>{"logs-1", "logs-2"}));
}

// A stream lost its tags between the plan and the change. It is not deleted, and the run reports it, even with --force,
// which applies only to what the plan showed.
TEST(LifeTest, AStreamThatIsNotOursAnyMoreIsReported) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  for (const bool force : {false, true}) {
    int asked = 0;
    Disturbance late;
    late.fault = [&](int, const http::Request&, const sandbox::Route& route) -> Fault {
      const bool second = route.operation == "ListTagsForDeliveryStream" && route.resource == "logs-2" && ++asked >= 2;
      return {second ? FaultKind::kTagsLate : FaultKind::kNone, {}};
    };
    ConvergeOptions options;
    options.intent.verb = Intent::Verb::kScale;
    options.intent.count = 1;
    options.intent.no_drain = true;
    options.intent.force = force;
    const RunResult run = world.run(options, late);
    EXPECT_FALSE(run.succeeded());
    const char* said = force ? "delivery stream logs-2 does not carry this pipeline's tags any more"
                             : "delivery stream logs-2 is in the manifest and does not carry this pipeline's tags";
    EXPECT_EQ(run.error().rfind(said, 0), 0u) << run.error();
    EXPECT_TRUE(world.cloud.world().firehose->streams.contains({"us-west-2", "logs-2"}));
  }
  EXPECT_TRUE(world.scale(1).succeeded());
}

TEST(LifeTest, ABucketThatCannotBeReadIsReported) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  const std::string before = world.snapshot();
  Disturbance denied;
  denied.fault = [](int, const http::Request&, const sandbox::Route& route) -> Fault {
    return {route.operation == "HeadBucket" ? FaultKind::kDenied : FaultKind::kNone, {}};
  };
  const RunResult run = world.destroy(denied);
  EXPECT_FALSE(run.succeeded());
  EXPECT_NE(run.error().find("may not look at it"), std::string::npos) << run.error();
  EXPECT_EQ(world.snapshot(), before);
  ConvergeOptions rest;
  rest.intent.verb = Intent::Verb::kDestroy;
  rest.intent.keep_bucket = rest.intent.no_drain = rest.intent.force = true;
  const RunResult forced = world.run(rest, denied);
  EXPECT_TRUE(forced.succeeded()) << forced.error();
  world.pass(std::chrono::minutes(1));
  world.cloud.advance(world.driver.wall_now());
  EXPECT_TRUE(world.cloud.world().firehose->streams.empty());
}

// A manifest that cannot be read may have been published just now: the next generation must be larger all the same.
TEST(LifeTest, AManifestThatCannotBeReadIsSuperseded) {
  Simulation world;
  ASSERT_TRUE(world.up(1).succeeded());
  const std::int64_t before = manifest_of(world)["generation"];
  Disturbance garbled;
  garbled.fault = [](int, const http::Request&, const sandbox::Route& route) -> Fault {
    const bool reads = route.operation == "GetObject" && route.resource.ends_with("/manifest.json");
    return {reads ? FaultKind::kGarbled : FaultKind::kNone, {}};
  };
  (void)world.up(2, garbled);
  EXPECT_GT(manifest_of(world)["generation"], before + 50);
}

// Producers still have the deleted manifest, and accept only a larger generation.
TEST(LifeTest, AManifestThatIsDeletedRightAfterItWasPublishedIsSuperseded) {
  Simulation world;
  ASSERT_TRUE(world.up(2).succeeded());
  ASSERT_TRUE(world.scale(1).succeeded());
  const std::int64_t before = manifest_of(world)["generation"];
  world.cloud.world().s3->buckets.at(kBucketOfLogs).objects.erase("_fhctl/logs/us-west-2/manifest.json");
  ASSERT_TRUE(world.scale(1).succeeded());
  EXPECT_GT(manifest_of(world)["generation"], before);
}

}  // namespace
}  // namespace life_test
}  // namespace fhctl::test
