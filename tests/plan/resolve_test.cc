// Which streams become members, which are deleted, and what is refused. resolve_desired() and diff() are pure
// functions, so these are tables.
#include <functional>

#include <gtest/gtest.h>

#include "core/base/time.h"
#include "core/plan/build_plan.h"
#include "core/plan/desired.h"
#include "core/plan/resolve.h"

namespace fhctl::pipeline {
namespace resolve_test {
namespace {

constexpr const char* kId = "5c0e2b7f9a1d4e36";

Tags our_tags() {
  return {
      {kPipelineTag, "logs"}, {kRegionTag, "us-west-2"}, {kIdTag, kId}, {kBucketTag, "logs-123456789012-us-west-2"}};
}

Spec spec_of_logs() {
  Spec spec;
  spec.name = "logs";
  return *resolve_names(spec, "123456789012", "us-west-2");
}

// Observes a pipeline with these members, and existing streams "1:ACTIVE 2:DELETING" with the pipeline's tags.
Observed world(const Members& members, const std::map<int, std::string>& streams) {
  Observed observed;
  observed.identity = {"123456789012", "aws", "us-west-2", "arn:aws:iam::123456789012:user/somebody"};
  observed.name = "logs";
  observed.spec = spec_of_logs();
  observed.id = kId;
  observed.document = Document{"logs", "123456789012", "us-west-2", kId, "", "", {}, members};
  for (const auto& [number, status] : streams) {
    StreamState stream;
    stream.number = number;
    stream.description.name = stream_name("logs", number);
    stream.description.status = firehose::StreamStatus::parse(status);
    stream.description.type = "DirectPut";
    stream.tags = our_tags();
    observed.streams[number] = stream;
  }
  return observed;
}

// The numbers of all its streams.
void publish(Observed& there) {
  there.manifest.emplace();
  there.manifest->epoch = kId;
  for (const auto& [number, stream] : there.streams)
    there.manifest->streams.emplace_back().name = stream.description.name;
}

Intent scale_to(int count, bool no_drain) {
  Intent intent;
  intent.verb = Intent::Verb::kScale;
  intent.count = count;
  intent.no_drain = no_drain;
  return intent;
}

struct Row {
  const char* name;
  Members members;
  std::map<int, std::string> streams;
  int count;
  std::string wanted;        // members afterwards
  std::set<int> delete_now;  // to be deleted, with consent
};

class DecideTest : public testing::TestWithParam<Row> {};

TEST_P(DecideTest, ChoosesMembers) {
  const Row& row = GetParam();
  const Desired desired =
      resolve_desired(spec_of_logs(), scale_to(row.count, true), world(row.members, row.streams), "new");
  EXPECT_TRUE(desired.problems.empty());
  EXPECT_EQ(format_members(desired.members), row.wanted);
  EXPECT_EQ(desired.delete_now, row.delete_now);
  EXPECT_EQ(desired.id, kId);
}

INSTANTIATE_TEST_SUITE_P(
    Tables, DecideTest,
    testing::ValuesIn(std::vector<Row>{
        {"GrowsAtTheEnd", {1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}}, 4, "1-4", {}},
        {"FillsTheLowestGap", {1, 3}, {{1, "ACTIVE"}, {3, "ACTIVE"}}, 3, "1-3", {}},
        {"TakesBackWhatDrains", {1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {5, "ACTIVE"}}, 3, "1-2,5", {}},
        {"SkipsNamesThatAreBeingDeleted", {1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "DELETING"}}, 3, "1-2,4", {}},
        {"ShrinksFromTheEnd",
         {1, 2, 3, 4},
         {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}, {4, "ACTIVE"}},
         2,
         "1-2",
         {3, 4}},
        {"ShrinksByWhatWasNeverMadeFirst", {1, 2, 3, 4}, {{2, "ACTIVE"}, {3, "ACTIVE"}, {4, "ACTIVE"}}, 3, "2-4", {}},
        {"ShrinksByWhatFailedBeforeWhatDelivers",
         {1, 2, 3, 4},
         {{1, "CREATING_FAILED"}, {2, "DELETING_FAILED"}, {3, "CREATING"}, {4, "ACTIVE"}},
         1,
         "3",
         {1, 2, 4}},
        {"TakesWhatNobodyKnowsForAlive", {1, 2}, {{1, "PAUSED"}, {2, "ACTIVE"}}, 1, "1", {2}},
        {"FinishesAnOldDrain", {1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}}, 2, "1-2", {3}},
        {"LeavesWhatIsGoingAlready", {1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "DELETING"}}, 2, "1-2", {}},
        {"KeepsAMemberThatWasDeletedByHand", {1, 2, 3}, {{1, "ACTIVE"}, {3, "ACTIVE"}}, 3, "1-3", {}},
    }),
    [](const auto& row) { return std::string(row.param.name); });

TEST(DecideTest, ShrinkingDrainsFirst) {
  const Observed there = world({1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}});
  const Desired desired = resolve_desired(spec_of_logs(), scale_to(1, false), there, "new");
  EXPECT_TRUE(desired.problems.empty());
  EXPECT_TRUE(desired.delete_now.empty());
  EXPECT_EQ(desired.drain_then_delete, std::set<int>{2});
  const Plan plan = diff(desired, there);
  EXPECT_EQ(plan.destroyed(), 1);
}

// Also if the manifest that listed it has been deleted, because producers keep the manifest that they have read.
TEST(DecideTest, AStreamInAnUnknownStateDrainsToo) {
  for (const auto& [status, drains] :
       {std::pair{"ACTIVE", true}, {"SUSPENDED", true}, {"CREATING", false}, {"DELETING_FAILED", false}}) {
    const Observed there = world({1}, {{1, "ACTIVE"}, {2, status}});
    const Desired desired = resolve_desired(spec_of_logs(), scale_to(1, false), there, "new");
    EXPECT_EQ(desired.drain_then_delete.contains(2), drains) << status;
    EXPECT_EQ(desired.delete_now.contains(2), !drains) << status;
  }
}

TEST(DecideTest, UpNeverShrinksWithoutConsent) {
  Spec spec = spec_of_logs();
  spec.count = 1;
  const Observed there = world({1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}});
  const Desired desired = resolve_desired(spec, Intent{}, there, "new");
  ASSERT_EQ(desired.problems.size(), 1u);
  EXPECT_EQ(desired.problems[0].kind, ErrorKind::kPrecondition);
  EXPECT_NE(desired.problems[0].hint.find("--allow-shrink"), std::string::npos);
  EXPECT_TRUE(desired.drain_then_delete.empty());
  EXPECT_TRUE(diff(desired, there).steps.empty());
  Intent allowed;
  allowed.allow_shrink = true;
  EXPECT_EQ(resolve_desired(spec, allowed, there, "new").drain_then_delete, std::set<int>{2});
}

TEST(DecideTest, IdleVictimsAreThoseWithTheLeastTraffic) {
  Observed there = world({1, 2, 3, 4}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}, {4, "ACTIVE"}});
  Intent intent = scale_to(2, false);
  intent.victims_idle = true;
  EXPECT_EQ(resolve_desired(spec_of_logs(), intent, there, "new").problems.size(), 1u);  // the metrics were not read
  there.traffic = Traffic{};
  there.traffic->records = {{1, 5}, {3, 1}, {4, 9}};  // the second had none
  EXPECT_EQ(format_members(resolve_desired(spec_of_logs(), intent, there, "new").members), "1,4");
  there.traffic->records.clear();
  EXPECT_EQ(format_members(resolve_desired(spec_of_logs(), intent, there, "new").members), "1-2");
  there.traffic->denied = true;
  EXPECT_EQ(resolve_desired(spec_of_logs(), intent, there, "new").problems.size(), 1u);
}

TEST(DecideTest, WhatStaysMustTakeTheTraffic) {
  Observed there = world({1, 2, 3}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}});
  there.traffic = Traffic{};
  there.traffic->peak_bytes_per_s = 8.5 * (1 << 20);  // times 1.2 exceeds two streams of 5 MiB/s
  const Desired refused = resolve_desired(spec_of_logs(), scale_to(2, false), there, "new");
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_NE(refused.problems[0].message.find("8.5 MiB/s"), std::string::npos);
  EXPECT_NE(refused.problems[0].message.find("10.0 MiB/s"), std::string::npos);
  there.traffic->peak_bytes_per_s = 8.0 * (1 << 20);
  EXPECT_TRUE(resolve_desired(spec_of_logs(), scale_to(2, false), there, "new").problems.empty());
  there.traffic->peak_records_per_s = 900'000;
  Intent intent = scale_to(2, false);
  EXPECT_EQ(resolve_desired(spec_of_logs(), intent, there, "new").problems.size(), 1u);
  intent.force = true;
  EXPECT_TRUE(resolve_desired(spec_of_logs(), intent, there, "new").problems.empty());
}

TEST(DecideTest, UndrainTakesStreamsBackUntilTheyAreDeleted) {
  const Observed there = world({1}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}, {4, "DELETING"}});
  Intent intent;
  intent.verb = Intent::Verb::kUndrain;
  EXPECT_EQ(format_members(resolve_desired(spec_of_logs(), intent, there, "new").members), "1-3");
  intent.take_back = {"logs-3"};
  const Desired one = resolve_desired(spec_of_logs(), intent, there, "new");
  EXPECT_EQ(format_members(one.members), "1,3");
  EXPECT_TRUE(one.drain_then_delete.empty() && one.delete_now.empty());  // the others are left as they are
  for (const char* wrong : {"logs-4", "logs-9", "other-1"}) {
    intent.take_back = {wrong};
    EXPECT_EQ(resolve_desired(spec_of_logs(), intent, there, "new").problems.size(), 1u) << wrong;
  }
}

TEST(DecideTest, DestroyingDrainsUnlessTheDataGoesToo) {
  Observed there = world({1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}});
  there.bucket.answer = s3::HeadBucketResult::Answer::kOurs;
  there.bucket.tags = our_tags();
  Intent intent;
  intent.verb = Intent::Verb::kDestroy;
  intent.keep_bucket = true;
  EXPECT_EQ(resolve_desired(spec_of_logs(), intent, there, "new").drain_then_delete, (std::set<int>{1, 2}));
  intent.keep_bucket = false;
  intent.empty_bucket = true;
  EXPECT_EQ(resolve_desired(spec_of_logs(), intent, there, "new").delete_now, (std::set<int>{1, 2}));
  there.traffic = Traffic{};
  there.traffic->live[2] = WallTime(std::chrono::hours(500'000));
  const Desired busy = resolve_desired(spec_of_logs(), intent, there, "new");
  ASSERT_EQ(busy.problems.size(), 1u);
  EXPECT_NE(busy.problems[0].message.find("logs-2"), std::string::npos);
  EXPECT_NE(busy.problems[0].hint.find("try again 8m"), std::string::npos) << busy.problems[0].hint;
  intent.force = true;
  EXPECT_TRUE(resolve_desired(spec_of_logs(), intent, there, "new").problems.empty());
}

TEST(DecideTest, GivingUpAMemberThatWasNeverMadeNeedsNoConsent) {
  const Desired desired = resolve_desired(spec_of_logs(), scale_to(1, false), world({1, 2}, {{1, "ACTIVE"}}), "new");
  EXPECT_TRUE(desired.problems.empty());
  EXPECT_EQ(format_members(desired.members), "1");
}

TEST(DecideTest, ADrainThatWasBegunIsFinishedByUp) {
  const Observed there = world({1}, {{1, "ACTIVE"}, {2, "ACTIVE"}});
  const Desired desired = resolve_desired(spec_of_logs(), Intent{}, there, "new");
  EXPECT_TRUE(desired.problems.empty());
  EXPECT_EQ(desired.drain_then_delete, std::set<int>{2});
}

TEST(DecideTest, AStreamThatNeverCameUpGoesWithoutConsent) {
  const Desired desired =
      resolve_desired(spec_of_logs(), Intent{}, world({1}, {{1, "ACTIVE"}, {2, "CREATING_FAILED"}}), "new");
  EXPECT_EQ(desired.delete_now, std::set<int>{2});
}

TEST(DecideTest, ForeignStreamsAreNeverVictims) {
  Observed there = world({1}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}});
  there.streams.at(2).tags = {};
  there.streams.at(3).tags[kIdTag] = "another-life-0000";
  Intent destroy;
  destroy.verb = Intent::Verb::kDestroy;
  destroy.empty_bucket = true;
  const Desired desired = resolve_desired(spec_of_logs(), destroy, there, "new");
  EXPECT_EQ(desired.delete_now, std::set<int>{1});
}

TEST(DecideTest, AStreamThatLostItsTagsStandsInTheWayOfADestroy) {
  Observed there = world({1, 2, 3}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "DELETING"}});
  there.streams.at(2).tags = {};
  there.streams.at(3).tags = {};
  Intent destroy;
  destroy.verb = Intent::Verb::kDestroy;
  destroy.empty_bucket = true;
  EXPECT_TRUE(resolve_desired(spec_of_logs(), destroy, there, "new").problems.empty());  // it was never in a manifest
  publish(there);
  const Desired refused = resolve_desired(spec_of_logs(), destroy, there, "new");
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_EQ(refused.problems[0].kind, ErrorKind::kPrecondition);
  EXPECT_NE(refused.problems[0].message.find("logs-2"), std::string::npos);
  EXPECT_NE(refused.problems[0].hint.find(std::string(kIdTag) + "=" + kId), std::string::npos);
  destroy.force = true;
  const Desired forced = resolve_desired(spec_of_logs(), destroy, there, "new");
  EXPECT_TRUE(forced.problems.empty());
  EXPECT_EQ(forced.delete_now, std::set<int>{1});
}

TEST(DecideTest, AStreamThatNeedsTheRoleOrTheBucketStandsInTheWayOfADestroy) {
  struct Stream {
    const char* role;
    const char* bucket;
    bool keep;
    const char* says;  // nullptr: accepted
  };
  const std::string role = "arn:aws:iam::123456789012:role/logs-us-west-2-firehose";
  const std::string bucket = "arn:aws:s3:::logs-123456789012-us-west-2";
  const Stream rows[] = {
      {role.c_str(), bucket.c_str(), true, "logs-2 delivers through this role"},
      {role.c_str(), "arn:aws:s3:::other", false, "logs-2 delivers through this role"},
      {"arn:aws:iam::123456789012:role/other", bucket.c_str(), false, "logs-2 delivers into this bucket"},
      {"arn:aws:iam::123456789012:role/other", bucket.c_str(), true, nullptr},
      {"arn:aws:iam::123456789012:role/other", "arn:aws:s3:::other", false, nullptr}};
  for (const Stream& row : rows) {
    Observed there = world({1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}});
    there.streams.at(2).tags = {};
    there.streams.at(2).description.destination.role_arn = row.role;
    there.streams.at(2).description.destination.bucket_arn = row.bucket;
    Intent destroy;
    destroy.verb = Intent::Verb::kDestroy;
    destroy.keep_bucket = row.keep;
    destroy.empty_bucket = !row.keep;
    const Desired desired = resolve_desired(spec_of_logs(), destroy, there, "new");
    ASSERT_EQ(desired.problems.size(), row.says == nullptr ? 0u : 1u) << row.role << " " << row.bucket;
    EXPECT_TRUE(row.says == nullptr || desired.problems[0].message.find(row.says) != std::string::npos);
    destroy.force = true;
    EXPECT_TRUE(resolve_desired(spec_of_logs(), destroy, there, "new").problems.empty());
  }
}

TEST(DecideTest, AStreamThatLostItsTagsIsNotLeftInSilence) {
  Observed there = world({1, 2, 3, 4}, {{1, "ACTIVE"}, {2, "ACTIVE"}, {3, "ACTIVE"}, {4, "ACTIVE"}});
  there.streams.at(4).tags = {};
  EXPECT_TRUE(resolve_desired(spec_of_logs(), scale_to(2, false), there, "new")
                  .problems.empty());  // it was never in a manifest
  publish(there);
  Intent shrink = scale_to(2, false);
  const Desired refused = resolve_desired(spec_of_logs(), shrink, there, "new");
  ASSERT_EQ(refused.problems.size(), 1u);
  EXPECT_EQ(refused.problems[0].kind, ErrorKind::kPrecondition);
  EXPECT_NE(refused.problems[0].message.find("logs-4 is in the manifest"), std::string::npos);
  EXPECT_NE(refused.problems[0].hint.find(std::string(kIdTag) + "=" + kId), std::string::npos);
  shrink.force = true;
  const Desired forced = resolve_desired(spec_of_logs(), shrink, there, "new");
  EXPECT_TRUE(forced.problems.empty());
  EXPECT_EQ(forced.drain_then_delete, std::set<int>{3});
  there.streams.at(4).description.status = firehose::Status::kDeleting;
  EXPECT_TRUE(resolve_desired(spec_of_logs(), scale_to(2, false), there, "new").problems.empty());
  there.streams.at(4).description.status = firehose::Status::kActive;
  there.manifest->epoch = "of another life";
  EXPECT_TRUE(resolve_desired(spec_of_logs(), scale_to(2, false), there, "new").problems.empty());
}

TEST(DecideTest, WhatLostItsTagsStandsInTheWayOfADestroy) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  there.role.emplace();
  there.log_group.emplace();
  there.bucket.answer = s3::HeadBucketResult::Answer::kOurs;
  Intent destroy;
  destroy.verb = Intent::Verb::kDestroy;
  destroy.empty_bucket = true;
  const auto problems = [&] { return resolve_desired(there.spec, destroy, there, "new").problems; };
  ASSERT_EQ(problems().size(), 3u);
  EXPECT_EQ(problems()[0].message, "role logs-us-west-2-firehose does not carry this pipeline's tags");
  EXPECT_EQ(problems()[1].message, "log group /aws/kinesisfirehose/logs does not carry this pipeline's tags");
  EXPECT_EQ(problems()[2].message, "bucket logs-123456789012-us-west-2 does not carry this pipeline's tags");
  EXPECT_NE(problems()[0].hint.find("--force leaves it behind"), std::string::npos);
  destroy.force = true;
  EXPECT_TRUE(problems().empty());
  destroy.force = false;

  destroy.keep_bucket = true;
  EXPECT_EQ(problems().size(), 2u);
  there.role->role.tags = there.log_group->tags = our_tags();
  EXPECT_TRUE(problems().empty());
  there.role->role.tags = there.log_group->tags = {};
  there.log_group->tags = {{kAdoptedTag, "true"}};
  EXPECT_EQ(problems().size(), 1u);  // an earlier run of the destroy gave an adopted group back
  there.log_group->tags = {};
  there.spec.existing_log_group = there.spec.log_group;
  EXPECT_EQ(problems().size(), 1u);
  there.spec.existing_log_group = "";
  EXPECT_EQ(problems().size(), 2u);
  there.spec.existing_role = there.spec.role;
  there.spec.error_logging = false;
  EXPECT_TRUE(problems().empty());  // the user's bucket, whatever its tags
  there.spec = spec_of_logs();
  there.document.reset();
  EXPECT_TRUE(problems().empty());  // nothing proves that they belonged to the pipeline
}

TEST(DecideTest, CountsAreChecked) {
  for (const int count : {0, -1, 10'001, 1'000'000'000}) {
    const Desired desired = resolve_desired(spec_of_logs(), scale_to(count, true), world({1}, {{1, "ACTIVE"}}), "new");
    ASSERT_EQ(desired.problems.size(), 1u) << count;
    EXPECT_EQ(desired.problems[0].kind, ErrorKind::kUsage) << count;
  }
  // Only AWS knows whether the quota was raised, so this is a warning, not a refusal.
  const Desired raised = resolve_desired(spec_of_logs(), scale_to(6'000, true), world({1}, {{1, "ACTIVE"}}), "new");
  EXPECT_TRUE(raised.problems.empty());
  EXPECT_FALSE(raised.notes.empty());
}

TEST(DecideTest, ExpectCurrentGuardsAgainstOthers) {
  Intent intent = scale_to(4, true);
  intent.expect_current = 3;
  const Desired desired = resolve_desired(spec_of_logs(), intent, world({1, 2}, {{1, "ACTIVE"}, {2, "ACTIVE"}}), "new");
  ASSERT_EQ(desired.problems.size(), 1u);
  EXPECT_EQ(format_members(desired.members), "1-2");
}

TEST(DecideTest, ALostDocumentIsRebuiltFromLiveStreams) {
  Observed there = world({}, {{2, "ACTIVE"}, {5, "CREATING"}, {6, "DELETING"}});
  there.document.reset();
  const Desired desired = resolve_desired(spec_of_logs(), Intent{}, there, "new");
  EXPECT_EQ(format_members(desired.members), "2,5");
  EXPECT_EQ(desired.id, kId);
}

TEST(DecideTest, AnInterruptedFirstUpStillGetsItsDefaultCount) {
  Observed there = world({}, {});
  there.document.reset();  // only the bucket with our tags exists
  const Desired desired = resolve_desired(spec_of_logs(), Intent{}, there, "new");
  EXPECT_EQ(format_members(desired.members), "1-2");
}

TEST(DecideTest, NamesCannotChangeInPlace) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  for (const char* what : {"bucket", "role", "log group"}) {
    Spec other = spec_of_logs();
    if (std::string(what) == "bucket") other.bucket = "another-bucket";
    if (std::string(what) == "role") other.role = "another-role";
    if (std::string(what) == "log group") other.log_group = "/another/group";
    const Desired desired = resolve_desired(other, Intent{}, there, "new");
    ASSERT_EQ(desired.problems.size(), 1u) << what;
    EXPECT_NE(desired.problems[0].message.find("cannot be changed in place"), std::string::npos) << what;
  }
}

TEST(DecideTest, AnExistingLogGroupIsNotTakenForTheOwnOne) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  Spec other = spec_of_logs();
  other.existing_log_group = other.log_group;
  const Desired desired = resolve_desired(other, Intent{}, there, "new");
  ASSERT_EQ(desired.problems.size(), 1u);
  EXPECT_NE(desired.problems[0].message.find("log group ownership cannot be changed in place"), std::string::npos);
}

TEST(DecideTest, OnlyTheOwnLogGroupIsDeletedByName) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  Intent destroy;
  destroy.verb = Intent::Verb::kDestroy;
  destroy.delete_log_group = "another";
  ASSERT_EQ(resolve_desired(there.spec, destroy, there, "new").problems.size(), 1u);
  destroy.delete_log_group = there.spec.log_group;
  const Desired desired = resolve_desired(there.spec, destroy, there, "new");
  EXPECT_TRUE(desired.problems.empty());
  EXPECT_TRUE(desired.delete_log_group);
  there.spec.existing_log_group = there.spec.log_group;
  ASSERT_EQ(resolve_desired(there.spec, destroy, there, "new").problems.size(), 1u);
}

TEST(DecideTest, AnExistingRoleKeepsItsArn) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  there.document.reset();
  Spec spec = spec_of_logs();
  spec.existing_role = "team";
  EXPECT_EQ(resolve_desired(spec, Intent{}, there, "new").role_arn, "arn:aws:iam::123456789012:role/team");
  there.role.emplace();
  there.role->role.name = "team";
  there.role->role.arn = "arn:aws:iam::123456789012:role/service-role/team";
  EXPECT_EQ(resolve_desired(spec, Intent{}, there, "new").role_arn, there.role->role.arn);
  spec.existing_role = "arn:aws:iam::123456789012:role/a/team";
  EXPECT_EQ(resolve_desired(spec, Intent{}, there, "new").role_arn, spec.existing_role);
}

TEST(DecideTest, WhatANewerVersionRequiresStopsEveryWriter) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  there.document->requires_version = {{"delivery.partitions", "0.9.0"}, {"delivery.prefix", "0.1.0"}, {"spec", ""}};
  for (const Intent::Verb verb :
       {Intent::Verb::kUp, Intent::Verb::kScale, Intent::Verb::kUndrain, Intent::Verb::kDestroy}) {
    Intent intent;
    intent.verb = verb;
    const Desired desired = resolve_desired(spec_of_logs(), intent, there, "new");
    ASSERT_FALSE(desired.problems.empty());
    EXPECT_EQ(desired.problems[0].kind, ErrorKind::kPrecondition);
    EXPECT_EQ(desired.problems[0].message,
              "pipeline.json requires \"delivery.partitions\", which this version of fhctl does not know");
    EXPECT_EQ(desired.problems[0].hint, "use fhctl 0.9.0 or newer for this pipeline");
  }
}

TEST(DecideTest, AnUnreadableValueStopsWritersUnlessItIsReplaced) {
  Observed there = world({1}, {{1, "ACTIVE"}});
  there.document->unknown_spec = {{"delivery.compression", "\"brotli\""}, {"delivery.new_key", "7"}};
  Spec spec = spec_of_logs();
  ASSERT_EQ(resolve_desired(spec, Intent{}, there, "new").problems.size(), 1u);
  EXPECT_EQ(resolve_desired(spec, Intent{}, there, "new").problems[0].message,
            "pipeline.json has delivery.compression = \"brotli\", which this version of fhctl cannot read");
  spec.given["delivery.compression"] = "gzip";
  EXPECT_TRUE(resolve_desired(spec, Intent{}, there, "new").problems.empty());
  Intent destroy;
  destroy.verb = Intent::Verb::kDestroy;
  EXPECT_TRUE(resolve_desired(spec_of_logs(), destroy, there, "new").problems.empty());
  there.document->unknown_spec = {{"role.name", "[]"}};  // the destroy would otherwise use the default role name
  EXPECT_EQ(resolve_desired(spec_of_logs(), destroy, there, "new").problems.size(), 1u);
}

// What a destroy with --empty-bucket observes: a pipeline created on 2026-03-01 with a managed bucket.
Observed world_for_emptying() {
  Observed there = world({1}, {{1, "ACTIVE"}});
  there.document->created_at = "2026-03-01T12:00:00Z";
  there.bucket.answer = s3::HeadBucketResult::Answer::kOurs;
  there.bucket.tags = our_tags();
  there.destroy.emplace();
  there.destroy->bucket.data = true;
  there.destroy->bucket.data_seen = 1;
  there.destroy->bucket.created = parse_iso8601("2026-03-01T12:00:00Z");
  there.destroy->bucket.oldest_data = parse_iso8601("2026-03-01T12:00:01Z");
  return there;
}

TEST(DecideTest, TheDataOfABucketThatExistedBeforeThePipelineNeedsItsName) {
  struct Case {
    const char* name;
    std::function<void(Observed&)> change;
    const char* says;  // nullptr: may be emptied
  };
  const Case cases[] = {
      {"created by fhctl", [](Observed&) {}, nullptr},
      {"no date known", [](Observed& there) { there.destroy->bucket.created.reset(); }, nullptr},
      {"created by a slow first run",
       [](Observed& there) { there.destroy->bucket.created = parse_iso8601("2026-03-01T11:56:00Z"); }, nullptr},
      {"tagged", [](Observed& there) { there.bucket.tags[kAdoptedTag] = "true"; }, "it was adopted"},
      {"older bucket", [](Observed& there) { there.destroy->bucket.created = parse_iso8601("2019-01-01T00:00:00Z"); },
       "it was created at 2019-01-01T00:00:00Z, before the pipeline (2026-03-01T12:00:00Z)"},
      {"older data than the oldest stream, without pipeline.json",
       [](Observed& there) {
         there.document.reset();
         there.streams.at(1).description.create_timestamp = 1772366405;  // 2026-03-01T12:00:05Z
       },
       "it has data of 2026-03-01T12:00:01Z"},
      {"older data", [](Observed& there) { there.destroy->bucket.oldest_data = parse_iso8601("2026-03-01T11:59:59Z"); },
       "it has data of 2026-03-01T11:59:59Z"},
  };
  for (const Case& one : cases) {
    Observed there = world_for_emptying();
    one.change(there);
    Intent destroy;
    destroy.verb = Intent::Verb::kDestroy;
    destroy.empty_bucket = true;
    const Desired desired = resolve_desired(spec_of_logs(), destroy, there, "new");
    ASSERT_EQ(desired.problems.size(), one.says == nullptr ? 0u : 1u) << one.name;
    if (one.says == nullptr) continue;
    EXPECT_NE(desired.problems[0].message.find(one.says), std::string::npos) << desired.problems[0].message;
    EXPECT_EQ(desired.problems[0].hint,
              "--empty-bucket=logs-123456789012-us-west-2 deletes bucket and data; --keep-bucket keeps both");
    destroy.empty_bucket_name = "logs-123456789012-us-west-2";
    EXPECT_TRUE(resolve_desired(spec_of_logs(), destroy, there, "new").problems.empty()) << one.name;
    destroy.empty_bucket_name = "payroll-2019";
    EXPECT_EQ(resolve_desired(spec_of_logs(), destroy, there, "new").problems.size(), 1u) << one.name;
    destroy.empty_bucket = false;
    destroy.keep_bucket = true;
    EXPECT_TRUE(resolve_desired(spec_of_logs(), destroy, there, "new").problems.empty()) << one.name;
  }
}

TEST(DiffTest, IsTheSameEachTimeAndInOrder) {
  Observed nothing = world({}, {});
  nothing.document.reset();
  nothing.id.clear();
  const Desired desired = resolve_desired(spec_of_logs(), scale_to(0, false), nothing, "birth-id");
  EXPECT_FALSE(desired.problems.empty());  // there is nothing to scale
  Spec spec = spec_of_logs();
  spec.count = 11;
  const Desired created_early = resolve_desired(spec, Intent{}, nothing, "birth-id");
  const Plan plan = diff(created_early, nothing);
  EXPECT_EQ(plan, diff(created_early, nothing));
  EXPECT_EQ(summary_line(plan), "Plan: 16 to add, 0 to change, 0 to destroy.");
  EXPECT_EQ(plan.steps[0].resource.kind, Kind::kBucket);
  EXPECT_EQ(plan.steps.back().resource.name, "logs-11");  // ordered by number, not as text
  EXPECT_EQ(created_early.id, "birth-id");
}

TEST(DiffTest, CoversOnlyWhatWasAgreedTo) {
  Plan agreed;
  agreed.steps = {{{Kind::kStream, "logs-2", 2}, Action::kDelete, "", {}, {}, false}};
  Plan less;
  less.steps = {{{Kind::kStream, "logs-9", 9}, Action::kCreate, "", {}, {}, false}};
  Plan more = agreed;
  more.steps.push_back({{Kind::kStream, "logs-1", 1}, Action::kDelete, "", {}, {}, false});
  EXPECT_TRUE(agreed.covers(less));
  EXPECT_TRUE(agreed.covers(agreed));
  EXPECT_FALSE(agreed.covers(more));
}

}  // namespace
}  // namespace resolve_test
}  // namespace fhctl::pipeline
