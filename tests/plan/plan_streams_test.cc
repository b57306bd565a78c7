// The plan for streams, for the metadata objects (pipeline.json and manifest), and for a destroy.
#include "core/plan/manifest_build.h"
#include "core/plan/resolve.h"
#include "tests/support/settled_pipeline.h"

namespace fhctl::pipeline {
namespace plan_streams_test {
namespace {

class StreamsDiffTable : public testing::TestWithParam<DiffRow> {};

TEST_P(StreamsDiffTable, SaysExactlyThis) {
  World world = settled();
  GetParam().change(world);
  EXPECT_EQ(lines_of(world.plan()), GetParam().lines) << join(lines_of(world.plan()), "\n");
}

std::string row_name(const testing::TestParamInfo<DiffRow>& row) { return row.param.name; }

INSTANTIATE_TEST_SUITE_P(
    Streams, StreamsDiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"Gone",
         [](World& world) { world.observed.streams.erase(2); },
         {"+ stream logs-2 (drift) [not there, though it is a member: never made, or deleted outside fhctl]: 60 s / 5 "
          "MiB, gzip"}},
        {"OneMore", [](World& world) { world.spec.count = 3; }, {"+ stream logs-3: 60 s / 5 MiB, gzip"}},
        {"OfSomebodyElse",
         [](World& world) { world.observed.streams.at(2).tags.clear(); },
         {"! delivery stream logs-2 exists already and is not this pipeline's"}},
        {"OfAnEarlierLife",
         [](World& world) { world.observed.streams.at(2).tags[kIdTag] = "0000"; },
         {"! delivery stream logs-2 is left over from an earlier pipeline logs"}},
        {"Failed",
         [](World& world) {
           firehose::Description& stream = world.observed.streams.at(2).description;
           stream.status = firehose::Status::kCreatingFailed;
           stream.failure_type = "KMS_KEY_NOT_FOUND";
           stream.failure_details = "no such key";
         },
         {"-/+ stream logs-2 [CREATING_FAILED: KMS_KEY_NOT_FOUND: no such key]: 60 s / 5 MiB, gzip"}},
        {"FailedForNoReason",
         [](World& world) { world.observed.streams.at(2).description.status = firehose::Status::kCreatingFailed; },
         {"-/+ stream logs-2 [CREATING_FAILED: no reason given]: 60 s / 5 MiB, gzip"}},
        {"BeingDeleted",
         [](World& world) { world.observed.streams.at(2).description.status = firehose::Status::kDeleting; },
         {"+ stream logs-2 (drift) [is being deleted; made again when it is gone]: 60 s / 5 MiB, gzip"}},
        {"CouldNotBeDeleted",
         [](World& world) { world.observed.streams.at(2).description.status = firehose::Status::kDeletingFailed; },
         {"~ manifest [it does not say what the streams and the spec are now]",
          "** delivery stream logs-2 is DELETING_FAILED: fhctl leaves it alone."}},
        {"InAStateThatNobodyKnows",
         [](World& world) {
           world.observed.streams.at(2).description.status = firehose::StreamStatus::parse("PAUSED");
         },
         {"~ manifest [logs-2 is PAUSED]", "** delivery stream logs-2 is PAUSED: fhctl leaves it alone."}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    LiveStreams, StreamsDiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"BeingMade",
         [](World& world) {
           world.observed.streams.at(2).description.status = firehose::Status::kCreating;
           world.destination(2).buffer_interval_s = 900;
         },
         {}},
        {"OfAnotherSource",
         [](World& world) { world.observed.streams.at(2).description.type = "KinesisStreamAsSource"; },
         {"! delivery stream logs-2 has the source KinesisStreamAsSource, which cannot be changed in place"}},
        {"ToAnotherDestination",
         [](World& world) { world.observed.streams.at(2).description.has_s3_destination = false; },
         {"! delivery stream logs-2 does not deliver to S3, which cannot be changed in place"}},
        {"ForeignProcessingIsKept",
         [](World& world) {
           world.destination(2).foreign_processing = true;
           world.destination(2).append_delimiter = !world.destination(2).append_delimiter;
         },
         {"* delivery stream logs-2 has processing that fhctl did not set; it is kept."}},
        {"EveryFieldOfTheDestination",
         [](World& world) {
           firehose::S3Destination& there = world.destination(2);
           there = {};
           there.buffer_size_mib = 64;
           there.append_delimiter = !world.destination(1).append_delimiter;
           there.kms_key_arn = "arn:aws:kms:us-west-2:123456789012:key/1";
           there.logging_enabled = false;
         },
         {"~ stream logs-2 (drift) {role:  -> arn:aws:iam::123456789012:role/logs-us-west-2-firehose} {bucket:  -> "
          "arn:aws:s3:::logs-123456789012-us-west-2} {prefix:  -> logs/} {error prefix:  -> "
          "errors/!{firehose:error-output-type}/} {buffer interval: 300 s -> 60 s} {buffer size: 64 MiB -> 5 MiB} "
          "{compression: UNCOMPRESSED -> GZIP} {KMS key: arn:aws:kms:us-west-2:123456789012:key/1 -> none} {error "
          "logging: off -> on} {log group:  -> /aws/kinesisfirehose/logs} {log stream:  -> S3Delivery} {newline: on -> "
          "off}"}},
        {"AnotherSpecIsNoDrift",
         [](World& world) { world.spec.buffer_interval_s = 300; },
         {"~ stream logs-1 {buffer interval: 60 s -> 300 s}", "~ stream logs-2 {buffer interval: 60 s -> 300 s}"}},
        {"OneLess",
         [](World& world) {
           world.intent.verb = Intent::Verb::kScale;
           world.intent.count = 1;
         },
         {"- stream logs-2: drained first: at least 9m 11s"}},
        {"OneLessAtOnce",
         [](World& world) {
           world.intent.verb = Intent::Verb::kScale;
           world.intent.count = 1;
           world.intent.no_drain = true;
         },
         {"- stream logs-2: WITHOUT A DRAIN: what it still holds may be lost"}},
        {"ADrainGoesOn",
         [](World& world) {
           world.observed.document->members = {1};
           const Desired desired = resolve_desired(world.spec, world.intent, world.observed, "new");
           world.observed.manifest = build_manifest(desired, streams_now(desired, world.observed), {}, kNow);
         },
         {"- stream logs-2: draining since 2026-01-20T10:04:11Z"}},
        {"ATag",
         [](World& world) { world.observed.streams.at(1).tags.erase("team"); },
         {"~ stream logs-1 (drift) {tag team:  -> web}"}},
        {"LoggingThatIsOffHasNoPlace",
         [](World& world) {
           world.spec.error_logging = false;
           world.observed.log_group.reset();
           world.destination(1).logging_enabled = false;
           world.destination(1).log_group = "anything";
         },
         {"~ role_policy {policy}", "~ stream logs-2 {error logging: on -> off}"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(Paper, StreamsDiffTable,
                         testing::ValuesIn(std::vector<DiffRow>{
                             {"DocumentLost",
                              [](World& world) { world.observed.document.reset(); },
                              {"~ settings (drift) [lost: rebuilt from the live streams and their tags]"}},
                             {"KeysChangedAddedAndGone",
                              [](World& world) {
                                world.observed.document->spec["drain.quiet"] = "9s";
                                world.observed.document->spec["manifest.poll"] = "9s";
                                world.spec.lock_lease_s = 20;
                              },
                              {"~ settings {lock_lease: 60s (default) -> 20s} {drain.quiet: 9s -> 180s (default)} "
                               "{manifest.poll: 9s -> 30s (default)}"}},
                             {"ManifestGone",
                              [](World& world) { world.observed.manifest.reset(); },
                              {"~ manifest [never published, or deleted outside fhctl]"}},
                             {"PaperOnlyWhenNothingElseChanges",
                              [](World& world) {
                                world.observed.manifest.reset();
                                world.observed.role->policy.reset();
                              },
                              {"+ role_policy (drift) [missing]: S3 write, logs:PutLogEvents"}},
                         }),
                         row_name);

void destroy(World& world) {
  world.intent.verb = Intent::Verb::kDestroy;
  world.observed.destroy = DestroyReading{};
}

INSTANTIATE_TEST_SUITE_P(
    Destroy, StreamsDiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"All",
         destroy,
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group", "- bucket: empty"}},
        {"KeepsABucket",
         [](World& world) {
           destroy(world);
           world.intent.keep_bucket = true;
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group", "- settings",
          "* Bucket logs-123456789012-us-west-2 and its data are kept."}},
        {"LeavesWhatIsForeignByForce",
         [](World& world) {
           destroy(world);
           world.intent.force = true;
           world.observed.role->role.tags.clear();
           world.observed.log_group->tags.clear();
           world.observed.bucket.tags.clear();
           world.observed.streams.at(1).tags.clear();
           world.observed.streams.at(2).tags[kIdTag] = "0000";
         },
         {"** Delivery stream logs-2 is left over from an earlier life of this pipeline and stays."}},
        {"NothingIsThere",
         [](World& world) {
           destroy(world);
           world.observed.role.reset();
           world.observed.log_group.reset();
           world.observed.bucket = {};
           world.observed.streams.clear();
         },
         {}},
        {"PartsAreMissing",
         [](World& world) {
           destroy(world);
           world.observed.role->policy.reset();
           world.observed.log_group->stream_exists = false;
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role", "- log_group", "- bucket: empty"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    DestroyWithData, StreamsDiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"Blocked",
         [](World& world) {
           destroy(world);
           *world.observed.destroy = {
               .bucket = {.data = true, .data_seen = 1, .other_pipelines = {"web/us-west-2"}, .object_lock = true},
               .role = {
                   .foreign_policies = {"theirs"}, .attached_policies = {"ReadOnly"}, .instance_profiles = {"web"}}};
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group",
          "- bucket: 1 object or version: ALL DATA WILL BE DELETED",
          "! role logs-us-west-2-firehose has inline policies that fhctl did not make: theirs",
          "! role logs-us-west-2-firehose has attached policies: ReadOnly",
          "! role logs-us-west-2-firehose is in instance profiles: web",
          "! bucket logs-123456789012-us-west-2 is also used by web/us-west-2",
          "! bucket logs-123456789012-us-west-2 has Object Lock: its objects cannot be deleted for a time that fhctl "
          "does not override",
          "! bucket logs-123456789012-us-west-2 is not empty: 1 object or version"}},
        {"TheDataToo",
         [](World& world) {
           destroy(world);
           world.intent.empty_bucket = true;
           world.observed.destroy->bucket.data = true;
           world.observed.destroy->bucket.data_seen = 1000;
           world.observed.destroy->bucket.data_more = true;
         },
         {"- stream logs-1: ACTIVE", "- stream logs-2: ACTIVE", "- role_policy", "- role", "- log_stream",
          "- log_group", "- bucket: more than 1,000 objects and versions: ALL DATA WILL BE DELETED"}},
        {"ManyObjects",
         [](World& world) {
           destroy(world);
           world.observed.destroy->bucket.data = true;
           world.observed.destroy->bucket.data_seen = 2;
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group",
          "- bucket: 2 objects and versions: ALL DATA WILL BE DELETED",
          "! bucket logs-123456789012-us-west-2 is not empty: 2 objects and versions"}},
        {"OneVersionAndMore",
         [](World& world) {
           destroy(world);
           world.observed.destroy->bucket.data = world.observed.destroy->bucket.data_more = true;
           world.observed.destroy->bucket.data_seen = 1;
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group",
          "- bucket: more than 1 objects and versions: ALL DATA WILL BE DELETED",
          "! bucket logs-123456789012-us-west-2 is not empty: more than 1 objects and versions"}},
        {"AnEmptyBucketIsNoData",
         [](World& world) {
           destroy(world);
           world.intent.empty_bucket = true;
         },
         {"- stream logs-1: ACTIVE", "- stream logs-2: ACTIVE", "- role_policy", "- role", "- log_stream",
          "- log_group", "- bucket: empty"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    DestroyOfAGuardedBucket, StreamsDiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"WhatTheBucketForbids",
         [](World& world) {
           destroy(world);
           world.intent.empty_bucket = true;
           BucketObstacles& bucket = world.observed.destroy->bucket;
           bucket.mfa_delete = true;
           bucket.denied.own = {"s3:DeleteBucket"};
           bucket.denied.data = {"s3:DeleteObject"};  // there is no data
           bucket.not_readable = {{"policy (s3:GetBucketPolicy)", make_error(ErrorKind::kDenied, "no")}};
         },
         {"- stream logs-1: ACTIVE", "- stream logs-2: ACTIVE", "- role_policy", "- role", "- log_stream",
          "- log_group", "- bucket: empty",
          "! bucket logs-123456789012-us-west-2 has MFA Delete: its versions can only be deleted with a code of the "
          "root "
          "user's MFA device",
          "! the policy of bucket logs-123456789012-us-west-2 denies everybody s3:DeleteBucket",
          "* the policy (s3:GetBucketPolicy) of bucket logs-123456789012-us-west-2 may not be read: it may forbid "
          "deleting."}},
        {"WhatItForbidsOfTheData",
         [](World& world) {
           destroy(world);
           world.intent.empty_bucket = true;
           world.observed.destroy->bucket.data = true;
           world.observed.destroy->bucket.data_seen = 2;
           world.observed.destroy->bucket.denied.data = {"s3:DeleteObject", "s3:DeleteObjectVersion"};
         },
         {"- stream logs-1: ACTIVE", "- stream logs-2: ACTIVE", "- role_policy", "- role", "- log_stream",
          "- log_group", "- bucket: 2 objects and versions: ALL DATA WILL BE DELETED",
          "! the policy of bucket logs-123456789012-us-west-2 denies everybody s3:DeleteObject, "
          "s3:DeleteObjectVersion"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    DestroyOfParts, StreamsDiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"NobodyLookedIntoTheBucket",
         [](World& world) {
           destroy(world);
           world.observed.destroy.reset();
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group", "- bucket"}},
        {"AnExternalRoleIsKept",
         [](World& world) {
           world.observed.spec.existing_role = world.observed.spec.role;
           destroy(world);
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- log_stream", "- log_group", "- bucket: empty"}},
        {"AnExternalLogGroupIsKept",
         [](World& world) {
           world.observed.spec.existing_log_group = world.observed.spec.log_group;
           world.observed.log_group.reset();
           destroy(world);
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- bucket: empty",
          "* Log group /aws/kinesisfirehose/logs and its log stream S3Delivery are kept: they are not fhctl's."}},
        {"AnAdoptedLogGroupIsGivenBack",
         [](World& world) {
           world.observed.log_group->tags[kAdoptedTag] = "true";
           destroy(world);
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role",
          "~ log_group [it was adopted: it stays with its events, and loses fhctl's tags] {tag fhctl:pipeline: logs -> "
          "} {tag fhctl:region: us-west-2 -> } {tag fhctl:id: 5c0e2b7f9a1d4e36 -> } {tag fhctl:bucket: "
          "logs-123456789012-us-west-2 -> }",
          "- bucket: empty",
          "* Log group /aws/kinesisfirehose/logs was adopted and is kept; `--delete-log-group "
          "/aws/kinesisfirehose/logs` deletes it with its events."}},
        {"AnAdoptedLogGroupIsDeletedWhereItIsNamed",
         [](World& world) {
           world.observed.log_group->tags[kAdoptedTag] = "true";
           destroy(world);
           world.intent.delete_log_group = world.observed.spec.log_group;
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group", "- bucket: empty"}},
        {"ABucketThatMayNotBeRead",
         [](World& world) {
           destroy(world);
           world.observed.bucket.answer = s3::HeadBucketResult::Answer::kForbidden;
         },
         {"! bucket logs-123456789012-us-west-2 belongs to another account, or this identity may not look at it"}},
        {"ABucketThatMayNotBeReadAndNothingElse",
         [](World& world) {
           world.observed.streams.clear();
           world.observed.document.reset();
           world.observed.id.clear();
           destroy(world);
           world.observed.bucket.answer = s3::HeadBucketResult::Answer::kForbidden;
         },
         {"! bucket logs-123456789012-us-west-2 belongs to another account, or this identity may not look at it"}},
        {"ABucketThatMayNotBeReadIsDoneWithoutByForce",
         [](World& world) {
           destroy(world);
           world.intent.keep_bucket = world.intent.no_drain = world.intent.force = true;
           world.observed.bucket.answer = s3::HeadBucketResult::Answer::kForbidden;
         },
         {"- stream logs-1: WITHOUT A DRAIN: what it still holds may be lost",
          "- stream logs-2: WITHOUT A DRAIN: what it still holds may be lost", "- role_policy", "- role",
          "- log_stream", "- log_group"}},
        {"AnExternalBucketIsKept",
         [](World& world) {
           world.observed.spec.existing_bucket = world.observed.spec.bucket;
           world.observed.document.reset();
           destroy(world);
         },
         {"- stream logs-1: drained first: at least 9m 11s", "- stream logs-2: drained first: at least 9m 11s",
          "- role_policy", "- role", "- log_stream", "- log_group",
          "* Bucket logs-123456789012-us-west-2 and its data are kept: it is not fhctl's."}},
    }),
    row_name);

}  // namespace
}  // namespace plan_streams_test
}  // namespace fhctl::pipeline
