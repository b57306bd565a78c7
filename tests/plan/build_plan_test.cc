// The plan for bucket, role and log group.
#include "core/plan/build_plan.h"
#include "tests/support/settled_pipeline.h"

namespace fhctl::pipeline {
namespace build_plan_test {
namespace {

class DiffTable : public testing::TestWithParam<DiffRow> {};

TEST_P(DiffTable, SaysExactlyThis) {
  World world = settled();
  GetParam().change(world);
  EXPECT_EQ(lines_of(world.plan()), GetParam().lines) << join(lines_of(world.plan()), "\n");
}

std::string row_name(const testing::TestParamInfo<DiffRow>& row) { return row.param.name; }

void nothing(World&) {}

constexpr const char* kKey = "arn:aws:kms:us-west-2:123456789012:key/1234";

// A bucket of somebody else's, which this pipeline has used from its beginning.
void use_their_bucket(World& world) {
  world.spec.existing_bucket = "theirs";
  world.spec.bucket.clear();
  world.observed.spec = world.spec;
  world.observed.document->spec = stored_of(world.spec);
  for (auto& [number, stream] : world.observed.streams) {
    stream.description.destination.bucket_arn = "arn:aws:s3:::theirs";
    stream.tags[kBucketTag] = "theirs";
  }
  world.observed.role->role.tags[kBucketTag] = world.observed.log_group->tags[kBucketTag] = "theirs";
  world.observed.role->policy = delivery_policy(world.spec, kScope);
  world.observed.bucket.tags.clear();
  const Desired desired = resolve_desired(world.spec, world.intent, world.observed, "new");
  world.observed.manifest = build_manifest(desired, streams_now(desired, world.observed), std::nullopt, kNow);
}

INSTANTIATE_TEST_SUITE_P(
    Bucket, DiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"Settled", nothing, {}},
        {"Gone",
         [](World& world) { world.observed.bucket = {}; },
         {"+ bucket (drift) [deleted outside fhctl]: us-west-2, public access blocked, encrypted"}},
        {"Unborn",
         [](World& world) {
           world.observed.bucket = {};
           world.observed.id.clear();
         },
         {"+ bucket: us-west-2, public access blocked, encrypted",
          "! role logs-us-west-2-firehose is left over from an earlier pipeline logs (its fhctl:id is "
          "5c0e2b7f9a1d4e36, this one's is )",
          "! log group /aws/kinesisfirehose/logs is left over from an earlier pipeline logs (its fhctl:id is "
          "5c0e2b7f9a1d4e36, this one's is )",
          "! delivery stream logs-1 is left over from an earlier pipeline logs",
          "! delivery stream logs-2 is left over from an earlier pipeline logs"}},
        {"OfAnotherAccount",
         [](World& world) { world.observed.bucket.answer = s3::HeadBucketResult::Answer::kForbidden; },
         {"! bucket logs-123456789012-us-west-2 belongs to another account, or this identity may not look at it"}},
        {"InAnotherRegion",
         [](World& world) {
           world.observed.bucket.answer = s3::HeadBucketResult::Answer::kOtherRegion;
           world.observed.bucket.region = "eu-west-1";
         },
         {"! bucket logs-123456789012-us-west-2 is in eu-west-1, not in us-west-2"}},
        {"InARegionThatIsNotSaid",
         [](World& world) { world.observed.bucket.answer = s3::HeadBucketResult::Answer::kOtherRegion; },
         {"! bucket logs-123456789012-us-west-2 is in another region, not in us-west-2"}},
        {"WithoutTags",
         [](World& world) { world.observed.bucket.tags.clear(); },
         {"! bucket logs-123456789012-us-west-2 exists already and is not fhctl's: it has no fhctl: tags"}},
        {"Adopted",
         [](World& world) {
           world.observed.bucket.tags.clear();
           world.intent.adopt_bucket = true;
         },
         {"~ bucket [adopted: it gets fhctl's tags] {tag fhctl:bucket:  -> logs-123456789012-us-west-2} {tag fhctl:id: "
          " -> 5c0e2b7f9a1d4e36} {tag fhctl:pipeline:  -> logs} {tag fhctl:region:  -> us-west-2} {tag team:  -> "
          "web}"}},
        {"OfAnotherPipelineIsNotAdopted",
         [](World& world) {
           world.observed.bucket.tags[kPipelineTag] = "other";
           world.intent.adopt_bucket = true;
         },
         {"! bucket logs-123456789012-us-west-2 belongs to pipeline other in us-west-2"}},
        {"OfAnEarlierLife",
         [](World& world) { world.observed.bucket.tags[kIdTag] = "0000"; },
         {"! bucket logs-123456789012-us-west-2 is left over from an earlier pipeline logs (its fhctl:id is 0000, this "
          "one's is 5c0e2b7f9a1d4e36)"}},
        {"OfAPipelineOfNoRegion",
         [](World& world) { world.observed.bucket.tags.erase(kRegionTag); },
         {"! bucket logs-123456789012-us-west-2 exists already and is not fhctl's: it has no fhctl: tags"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    BucketOfOthers, DiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"NameOfANamespaceThatIsNotTheirs",
         [](World& world) {
           world.spec.bucket = "logs-an";
           world.observed.bucket = {};
           world.observed.document.reset();
         },
         {"~ role {tag fhctl:bucket: logs-123456789012-us-west-2 -> logs-an}", "~ role_policy {policy}",
          "~ log_group {tag fhctl:bucket: logs-123456789012-us-west-2 -> logs-an}",
          "~ stream logs-1 {bucket: arn:aws:s3:::logs-123456789012-us-west-2 -> arn:aws:s3:::logs-an} {tag "
          "fhctl:bucket: logs-123456789012-us-west-2 -> logs-an}",
          "~ stream logs-2 {bucket: arn:aws:s3:::logs-123456789012-us-west-2 -> arn:aws:s3:::logs-an} {tag "
          "fhctl:bucket: logs-123456789012-us-west-2 -> logs-an}",
          "! bucket.name cannot be \"logs-an\": it ends with '-an', which S3 keeps for account-regional names; those "
          "of "
          "account 123456789012 in us-west-2 end with '-123456789012-us-west-2-an'"}},
        {"TheirsIsUsed", use_their_bucket, {}},
        {"TheirsIsHidden",
         [](World& world) {
           use_their_bucket(world);
           world.observed.bucket.tags_problem = make_error(ErrorKind::kDenied, "no");
           world.observed.bucket.encryption_problem = make_error(ErrorKind::kDenied, "no");
         },
         {"* the tags of bucket theirs may not be read.",
          "** the default encryption of bucket theirs may not be read: if it has a KMS key, the delivery role may lack "
          "permission to use it"}},
        {"TheirsIsOfAnotherAccount",
         [](World& world) {
           use_their_bucket(world);
           world.observed.bucket.answer = s3::HeadBucketResult::Answer::kForbidden;
         },
         {"! bucket theirs belongs to another account, or this identity may not look at it"}},
        {"TheirsIsNotOfThatAccount",
         [](World& world) {
           use_their_bucket(world);
           world.spec.bucket_owner = "999999999999";
           world.observed.document->spec = stored_of(world.spec);
           world.observed.bucket.answer = s3::HeadBucketResult::Answer::kForbidden;
         },
         {"~ role {tag fhctl:bucket-owner:  -> 999999999999}", "~ role_policy {policy}",
          "~ log_group {tag fhctl:bucket-owner:  -> 999999999999}",
          "~ stream logs-1 (drift) {tag fhctl:bucket-owner:  -> 999999999999}",
          "~ stream logs-2 (drift) {tag fhctl:bucket-owner:  -> 999999999999}",
          "! bucket theirs is not one of account 999999999999, or this identity may not look at it"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    BucketKey, DiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"KeyOfTheBucket",
         [](World& world) {
           world.observed.bucket.settings.encryption = {"aws:kms", kKey, true};
         },
         {"~ role_policy {policy}", "* bucket logs-123456789012-us-west-2 encrypts with the KMS key " +
                                        std::string(kKey) + "; the delivery role may use it."}},
        {"KeyOfTheBucketAndAnotherOfTheSpec",
         [](World& world) {
           world.observed.bucket.settings.encryption = {"aws:kms", "alias/ours", true};
           world.spec.kms_key = kKey;
           world.observed.document->spec = stored_of(world.spec);
           world.observed.role->policy = delivery_policy(world.spec, kScope);
           for (const int number : {1, 2}) world.destination(number).kms_key_arn = kKey;
         },
         {}},
        {"KeyOfAnotherAccount",
         [](World& world) {
           const std::string key = "arn:aws:kms:us-west-2:999999999999:key/1";
           world.observed.bucket.settings.encryption = {"aws:kms", key, true};
           PolicyScope scope = kScope;
           scope.bucket_key = key;
           world.observed.role->policy = delivery_policy(world.spec, scope);
         },
         {"** bucket logs-123456789012-us-west-2 encrypts with the KMS key arn:aws:kms:us-west-2:999999999999:key/1 of "
          "another account"}},
        {"AliasOfAKey",
         [](World& world) {
           world.observed.bucket.settings.encryption = {"aws:kms", "alias/ours", true};
         },
         {"** bucket logs-123456789012-us-west-2 encrypts with the KMS key alias/ours, and a role's policy cannot name "
          "an alias"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    BucketSettings, DiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"EachBlockOff",
         [](World& world) { world.observed.bucket.settings.public_access = {}; },
         {"~ bucket {public access block: BlockPublicAcls: off -> on} {public access block: IgnorePublicAcls: off -> "
          "on} {public access block: BlockPublicPolicy: off -> on} {public access block: RestrictPublicBuckets: off -> "
          "on}"}},
        {"OneBlockOff",
         [](World& world) { world.observed.bucket.settings.public_access.ignore_public_acls = false; },
         {"~ bucket {public access block: IgnorePublicAcls: off -> on}"}},
        {"NotEncrypted",
         [](World& world) { world.observed.bucket.settings.encryption.algorithm.clear(); },
         {"~ bucket {default encryption: none -> AES256}"}},
        {"StricterEncryption",
         [](World& world) { world.observed.bucket.settings.encryption.algorithm = "aws:kms"; },
         {}},
        {"RuleGone",
         [](World& world) { world.observed.bucket.settings.lifecycle.rules.clear(); },
         {"~ bucket {lifecycle rule fhctl-abort-uploads: none -> unfinished uploads end after 7 days}"}},
        {"RuleEdited",
         [](World& world) {
           world.observed.bucket.settings.lifecycle.rules = {
               s3::abort_uploads_rule(std::string(kAbortUploadsRule), 90)};
         },
         {"~ bucket {lifecycle rule fhctl-abort-uploads: edited -> unfinished uploads end after 7 days}"}},
        {"RuleNotWanted",
         [](World& world) { world.spec.abort_uploads_days = 0; },
         {"~ bucket {lifecycle rule fhctl-abort-uploads: there -> none}"}},
        {"RuleNeitherWantedNorThere",
         [](World& world) {
           world.spec.abort_uploads_days = 0;
           world.observed.document->spec = stored_of(world.spec);
           world.observed.bucket.settings.lifecycle.rules.clear();
         },
         {}},
        {"ATagChangedAndAnotherDropped",
         [](World& world) {
           world.observed.bucket.tags["team"] = "sales";
           world.observed.bucket.tags["old"] = "1";
           world.observed.document->spec["tags.old"] = "1";
         },
         {"~ bucket {tag team: sales -> web} {tag old: 1 -> }"}},
        {"ATagThatAnEarlierRunDropped",
         [](World& world) {
           world.observed.bucket.tags["old"] = "1";
           world.observed.document->dropped_tags = {"old", "gone", "team"};
         },
         {"~ bucket {tag old: 1 -> }"}},
        {"ATagOfSomebodyElse", [](World& world) { world.observed.bucket.tags["cost"] = "1"; }, {}},
        {"ExternalAndGone",
         [](World& world) {
           world.spec.existing_bucket = "theirs";
           world.observed.document.reset();
           world.observed.bucket = {};
         },
         {"~ role {tag fhctl:bucket: logs-123456789012-us-west-2 -> theirs}", "~ role_policy {policy}",
          "~ log_group {tag fhctl:bucket: logs-123456789012-us-west-2 -> theirs}",
          "~ stream logs-1 {bucket: arn:aws:s3:::logs-123456789012-us-west-2 -> arn:aws:s3:::theirs} {tag "
          "fhctl:bucket: logs-123456789012-us-west-2 -> theirs}",
          "~ stream logs-2 {bucket: arn:aws:s3:::logs-123456789012-us-west-2 -> arn:aws:s3:::theirs} {tag "
          "fhctl:bucket: logs-123456789012-us-west-2 -> theirs}",
          "! bucket theirs does not exist"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Role, DiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"Gone",
         [](World& world) { world.observed.role.reset(); },
         {"+ role (drift) [missing: without it delivery fails, Firehose keeps data for up to 24 hours]: assumed by "
          "firehose.amazonaws.com",
          "+ role_policy (drift) [went with its role]: S3 write, logs:PutLogEvents"}},
        {"NotYetMade",
         [](World& world) {
           world.observed.role.reset();
           world.observed.document.reset();
         },
         {"+ role: assumed by firehose.amazonaws.com", "+ role_policy: S3 write, logs:PutLogEvents"}},
        {"OfSomebodyElse",
         [](World& world) { world.observed.role->role.tags.clear(); },
         {"! role logs-us-west-2-firehose exists already and is not fhctl's: it has no fhctl: tags"}},
        {"TrustChanged",
         [](World& world) { world.observed.role->role.trust_policy = "{}"; },
         {"~ role {trust policy}"}},
        {"PolicyChanged", [](World& world) { world.observed.role->policy = "{}"; }, {"~ role_policy {policy}"}},
        {"PolicyGone",
         [](World& world) { world.observed.role->policy.reset(); },
         {"+ role_policy (drift) [missing]: S3 write, logs:PutLogEvents"}},
        {"PolicyNotYetMade",
         [](World& world) {
           world.observed.role->policy.reset();
           world.observed.document.reset();
         },
         {"+ role_policy: S3 write, logs:PutLogEvents"}},
        {"ABoundaryOfSomebodyElseIsKept",
         [](World& world) { world.observed.role->role.permissions_boundary = "arn:aws:iam::aws:policy/Theirs"; },
         {"* role logs-us-west-2-firehose has the permissions boundary arn:aws:iam::aws:policy/Theirs, which the spec "
          "does not name; it is kept."}},
        {"ABoundaryThatIsMissing",
         [](World& world) {
           world.spec.permissions_boundary = "arn:aws:iam::aws:policy/Ours";
           world.observed.document->spec = stored_of(world.spec);
         },
         {"~ role {permissions boundary: none -> arn:aws:iam::aws:policy/Ours}"}},
        {"ABoundaryThatIsAnother",
         [](World& world) {
           world.observed.role->role.permissions_boundary = "arn:aws:iam::aws:policy/Theirs";
           world.spec.permissions_boundary = "arn:aws:iam::aws:policy/Ours";
           world.observed.document->spec = stored_of(world.spec);
         },
         {"~ role {permissions boundary: arn:aws:iam::aws:policy/Theirs -> arn:aws:iam::aws:policy/Ours}"}},
        {"ExternalAndGone",
         [](World& world) {
           world.spec.existing_role = "theirs";
           world.observed.document.reset();
           world.observed.role.reset();
         },
         {"~ stream logs-1 {role: arn:aws:iam::123456789012:role/logs-us-west-2-firehose -> "
          "arn:aws:iam::123456789012:role/theirs}",
          "~ stream logs-2 {role: arn:aws:iam::123456789012:role/logs-us-west-2-firehose -> "
          "arn:aws:iam::123456789012:role/theirs}",
          "! role theirs does not exist"}},
        {"ATag", [](World& world) { world.observed.role->role.tags.erase("team"); }, {"~ role {tag team:  -> web}"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Logs, DiffTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"Gone",
         [](World& world) { world.observed.log_group.reset(); },
         {"+ log_group (drift) [missing]: retention 30 days", "+ log_stream (drift)"}},
        {"NotYetMade",
         [](World& world) {
           world.observed.log_group.reset();
           world.observed.document.reset();
         },
         {"+ log_group: retention 30 days", "+ log_stream"}},
        {"OfSomebodyElse",
         [](World& world) { world.observed.log_group->tags.clear(); },
         {"! log group /aws/kinesisfirehose/logs exists already and is not fhctl's: it has no fhctl: tags"}},
        {"RetentionShorter",
         [](World& world) { world.observed.log_group->group.retention_days = 7; },
         {"~ log_group {retention: 7 days -> 30 days}"}},
        {"RetentionNever",
         [](World& world) { world.observed.log_group->group.retention_days.reset(); },
         {"~ log_group {retention: never expires -> 30 days}"}},
        {"NoRetentionWanted",
         [](World& world) {
           world.spec.log_retention_days = 0;
           world.observed.document->spec = stored_of(world.spec);
         },
         {"* log group /aws/kinesisfirehose/logs keeps events for 30 days; fhctl does not lift that."}},
        {"StreamGone",
         [](World& world) { world.observed.log_group->stream_exists = false; },
         {"+ log_stream (drift) [missing]"}},
        {"StreamNotYetMade",
         [](World& world) {
           world.observed.log_group->stream_exists = false;
           world.observed.document.reset();
         },
         {"+ log_stream"}},
        {"SwitchedOff",
         [](World& world) { world.spec.error_logging = false; },
         {"~ role_policy {policy}", "- log_group [the spec switched error logging off]", "- log_stream",
          "~ stream logs-1 {error logging: on -> off}", "~ stream logs-2 {error logging: on -> off}"}},
        {"SwitchedOffWithoutItsStream",
         [](World& world) {
           world.spec.error_logging = false;
           world.observed.log_group->stream_exists = false;
         },
         {"~ role_policy {policy}", "- log_group [the spec switched error logging off]",
          "~ stream logs-1 {error logging: on -> off}", "~ stream logs-2 {error logging: on -> off}"}},
        {"SwitchedOffAndOfSomebodyElse",
         [](World& world) {
           world.spec.error_logging = false;
           world.observed.log_group->tags.clear();
         },
         {"~ role_policy {policy}", "~ stream logs-1 {error logging: on -> off}",
          "~ stream logs-2 {error logging: on -> off}",
          "** log group /aws/kinesisfirehose/logs does not carry this pipeline's tags and stays."}},
        {"OffForLongAndOfSomebodyElse",
         [](World& world) {
           world.spec.error_logging = false;
           world.observed.document->spec = stored_of(world.spec);
           world.observed.log_group->tags.clear();
         },
         {"~ role_policy {policy}", "~ stream logs-1 (drift) {error logging: on -> off}",
          "~ stream logs-2 (drift) {error logging: on -> off}"}},
        {"ATag",
         [](World& world) { world.observed.log_group->tags["team"] = "sales"; },
         {"~ log_group {tag team: sales -> web}"}},
    }),
    row_name);

}  // namespace
}  // namespace build_plan_test
}  // namespace fhctl::pipeline
