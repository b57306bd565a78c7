// The plan for roles and log groups that exist already, and for adopted log groups.
#include "core/plan/build_plan.h"
#include "tests/support/settled_pipeline.h"

namespace fhctl::pipeline {
namespace existing_resources_test {
namespace {

class ExistingTable : public testing::TestWithParam<DiffRow> {};

TEST_P(ExistingTable, SaysExactlyThis) {
  World world = settled();
  GetParam().change(world);
  EXPECT_EQ(lines_of(world.plan()), GetParam().lines) << join(lines_of(world.plan()), "\n");
}

std::string row_name(const testing::TestParamInfo<DiffRow>& row) { return row.param.name; }

constexpr const char* kRoleArn = "arn:aws:iam::123456789012:role/service-role/team";
constexpr const char* kFirehosePrincipal = R"({"Service": "firehose.amazonaws.com"})";

std::string trust_of(const std::string& principal, const std::string& condition) {
  return R"({"Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": )" + principal +
         (condition.empty() ? "" : R"(, "Condition": )" + condition) + "}]}";
}

// A policy for all resources.
std::string permissions_of(const std::string& actions, const char* effect) {
  return fmt::format(R"({{"Statement": [{{"Effect": "{}", "Action": {}, "Resource": "*"}}]}})", effect, actions);
}

// The pipeline delivers with an existing role that fits, given by its name.
void external_role(World& world) {
  world.spec.role.clear();
  world.spec.existing_role = "team";
  RoleState& role = world.observed.role.emplace();
  role.role.name = "team";
  role.role.arn = kRoleArn;
  role.role.trust_policy = trust_of(kFirehosePrincipal, "");
  role.policies = RolePolicies{{permissions_of(R"(["s3:*", "logs:*"])", "Allow")}, {}, {}};
  for (const int number : {1, 2}) world.destination(number).role_arn = kRoleArn;
  world.observed.document->spec = stored_of(world.spec);
}

// The pipeline logs into an existing log group.
void external_log_group(World& world) {
  world.spec.existing_log_group = world.spec.log_group = "company";
  world.observed.log_group->tags.clear();
  world.observed.role->policy = delivery_policy(world.spec, kScope);
  for (const int number : {1, 2}) world.destination(number).log_group = "company";
  world.observed.document->spec = stored_of(world.spec);
}

INSTANTIATE_TEST_SUITE_P(
    Role, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"ExternalAndGoneByItsArn",
         [](World& world) {
           external_role(world);
           world.spec.existing_role = kRoleArn;
           world.observed.role.reset();
         },
         {"! role arn:aws:iam::123456789012:role/service-role/team does not exist"}},
        {"External", [](World& world) { external_role(world); }, {}},
        {"ExternalByItsArn",
         [](World& world) {
           external_role(world);
           world.spec.existing_role = kRoleArn;
           world.observed.document->spec = stored_of(world.spec);
         },
         {}},
        {"ExternalByAnotherArn",
         [](World& world) {
           external_role(world);
           world.spec.existing_role = "arn:aws:iam::123456789012:role/team";
         },
         {"~ stream logs-1 {role: arn:aws:iam::123456789012:role/service-role/team -> "
          "arn:aws:iam::123456789012:role/team}",
          "~ stream logs-2 {role: arn:aws:iam::123456789012:role/service-role/team -> "
          "arn:aws:iam::123456789012:role/team}",
          "! role arn:aws:iam::123456789012:role/team does not exist; the role of that name is "
          "arn:aws:iam::123456789012:role/service-role/team"}},
        {"ExternalOfAnotherAccount",
         [](World& world) {
           external_role(world);
           world.spec.existing_role = "arn:aws:iam::999999999999:role/team";
           for (const int number : {1, 2}) world.destination(number).role_arn = world.spec.existing_role;
         },
         {"! role arn:aws:iam::999999999999:role/team belongs to account 999999999999, but this pipeline is in account "
          "123456789012 (aws): Firehose takes only roles of its own account, because iam:PassRole does not work across "
          "accounts"}},
        {"ExternalOfAnotherPartition",
         [](World& world) {
           external_role(world);
           world.spec.existing_role = "arn:aws-cn:iam::123456789012:role/team";
           for (const int number : {1, 2}) world.destination(number).role_arn = world.spec.existing_role;
         },
         {"! role arn:aws-cn:iam::123456789012:role/team belongs to partition aws-cn, but this pipeline is in account "
          "123456789012 (aws): Firehose takes only roles of its own account, because iam:PassRole does not work across "
          "accounts"}},
        {"ExternalThatMayNotBeRead",
         [](World& world) {
           external_role(world);
           world.observed.role->denied = Error{.kind = ErrorKind::kDenied, .message = "denied"};
         },
         {"! the ARN of role team is not known, because iam:GetRole was denied"}},
        {"ExternalThatMayNotBeReadByItsArn",
         [](World& world) {
           external_role(world);
           world.spec.existing_role = kRoleArn;
           world.observed.document->spec = stored_of(world.spec);
           world.observed.role->role = {};
           world.observed.role->role.name = "team";
           world.observed.role->denied = Error{.kind = ErrorKind::kDenied, .message = "denied"};
           world.observed.role->policies->denied = {"iam:ListRolePolicies"};
         },
         {"** role team is used without a check that Firehose may assume it and deliver with it (denied: "
          "iam:GetRole, iam:ListRolePolicies)."}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Trust, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"ExternalForAnotherService",
         [](World& world) {
           external_role(world);
           world.observed.role->role.trust_policy = trust_of(R"({"Service": "logs.us-west-2.amazonaws.com"})", "");
         },
         {"! role team cannot deliver: firehose.amazonaws.com may not assume it, because its trust policy names "
          "logs.us-west-2.amazonaws.com"}},
        {"ExternalForUsers",
         [](World& world) {
           external_role(world);
           world.observed.role->role.trust_policy = trust_of(R"({"AWS": "123456789012"})", "");
         },
         {"! role team cannot deliver: firehose.amazonaws.com may not assume it, because its trust policy names no "
          "service"}},
        {"ExternalForAnotherAccount",
         [](World& world) {
           external_role(world);
           world.observed.role->role.trust_policy =
               trust_of(kFirehosePrincipal, R"({"StringEquals": {"aws:SourceAccount": "999999999999"}})");
         },
         {"! role team cannot deliver: firehose.amazonaws.com may not assume it, because its trust policy does so only "
          "under conditions that are not met"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Conditions, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"ExternalForTheStreamsOfThisPipeline",
         [](World& world) {
           external_role(world);
           world.observed.role->role.trust_policy = trust_of(
               kFirehosePrincipal,
               R"({"ArnLike": {"aws:SourceArn": "arn:aws:firehose:us-west-2:123456789012:deliverystream/logs-*"},)"
               R"( "StringEquals": {"sts:ExternalId": "123456789012", "aws:SourceAccount": "123456789012"}})");
         },
         {}},
        {"ExternalForTheStreamsOfAnother",
         [](World& world) {
           external_role(world);
           world.observed.role->role.trust_policy = trust_of(
               kFirehosePrincipal,
               R"({"ArnLike": {"aws:SourceArn": "arn:aws:firehose:us-west-2:123456789012:deliverystream/web-*"}})");
         },
         {"! role team cannot deliver: firehose.amazonaws.com may not assume it, because its trust policy does so only "
          "under conditions that are not met"}},
        {"ExternalUnderAConditionThatIsNotKnown",
         [](World& world) {
           external_role(world);
           world.observed.role->role.trust_policy =
               trust_of(kFirehosePrincipal, R"({"StringEquals": {"aws:SourceOrgID": "o-1"}})");
         },
         {"** whether firehose.amazonaws.com may assume role team is not certain: its trust policy has "
          "aws:SourceOrgID, which fhctl cannot judge."}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    Permissions, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"ExternalWithTheDeliveryPolicy",
         [](World& world) {
           external_role(world);
           world.observed.role->policies->documents = {delivery_policy(world.spec, kScope)};
         },
         {}},
        {"ExternalThatMayNothing",
         [](World& world) {
           external_role(world);
           world.observed.role->policies->documents.clear();
         },
         {"** role team does not allow what delivery needs: s3:PutObject, s3:AbortMultipartUpload, "
          "s3:GetBucketLocation, s3:ListBucket, logs:PutLogEvents. Delivery fails unless another policy allows it, "
          "such as that of the bucket or the key."}},
        {"ExternalThatMayNotLog",
         [](World& world) {
           external_role(world);
           world.observed.role->policies->documents = {permissions_of(R"("s3:*")", "Allow")};
         },
         {"** role team does not allow what delivery needs: logs:PutLogEvents. Delivery fails unless another policy "
          "allows it, such as that of the bucket or the key."}},
        {"ExternalThatMayNotWriteErrors",
         [](World& world) {
           external_role(world);
           world.observed.role->policies->documents = {
               permissions_of(R"(["s3:GetBucketLocation", "s3:ListBucket", "logs:*"])", "Allow"),
               R"({"Statement": {"Effect": "Allow", "Action": "s3:*", "Resource": )"
               R"("arn:aws:s3:::logs-123456789012-us-west-2/logs/*"}})"};
         },
         {"** role team does not allow what delivery needs: s3:PutObject, s3:AbortMultipartUpload. Delivery fails "
          "unless another policy allows it, such as that of the bucket or the key."}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    UncertainPermissions, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"ExternalWithAttachedPolicies",
         [](World& world) {
           external_role(world);
           world.observed.role->policies->documents = {permissions_of(R"("s3:*")", "Allow")};
           world.observed.role->policies->attached = {"arn:aws:iam::aws:policy/CloudWatchLogsFullAccess"};
         },
         {"* whether role team allows logs:PutLogEvents was not checked: fhctl does not read the policies that are "
          "attached to it (arn:aws:iam::aws:policy/CloudWatchLogsFullAccess)."}},
        {"ExternalThatDenies",
         [](World& world) {
           external_role(world);
           world.observed.role->policies->documents.push_back(permissions_of(R"("s3:PutObject")", "Deny"));
           world.observed.role->policies->attached = {"arn:aws:iam::aws:policy/AmazonS3FullAccess"};
         },
         {"** role team denies what delivery needs: s3:PutObject."}},
        {"ExternalWhosePoliciesMayNotBeRead",
         [](World& world) {
           external_role(world);
           world.observed.role->policies = RolePolicies{{}, {}, {"iam:GetRolePolicy"}};
         },
         {"** whether role team allows what delivery needs was not checked (denied: iam:GetRolePolicy)."}},
        {"ExternalWithAKey",
         [](World& world) {
           external_role(world);
           world.spec.kms_key = "arn:aws:kms:us-west-2:123456789012:key/1234";
           for (const int number : {1, 2}) world.destination(number).kms_key_arn = world.spec.kms_key;
           world.observed.document->spec = stored_of(world.spec);
         },
         {"** role team does not allow what delivery needs: kms:GenerateDataKey, kms:Decrypt. Delivery fails unless "
          "another policy allows it, such as that of the bucket or the key."}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    AdoptedLogGroup, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"AdoptedNow",
         [](World& world) {
           world.observed.log_group->tags.clear();
           world.observed.log_group->group.retention_days.reset();
           world.observed.log_group->stream_exists = false;
           world.intent.adopt_log_group = true;
           world.observed.document.reset();
         },
         {"~ log_group [adopted: it gets fhctl's tags] {tag fhctl:bucket:  -> logs-123456789012-us-west-2} {tag "
          "fhctl:id:  -> 5c0e2b7f9a1d4e36} {tag fhctl:pipeline:  -> logs} {tag fhctl:region:  -> us-west-2} {tag team: "
          " -> web}",
          "+ log_stream",
          "* log group /aws/kinesisfirehose/logs keeps its retention (never expires), because it is adopted; "
          "--log-retention changes it."}},
        {"OfAnotherPipelineIsNotAdopted",
         [](World& world) {
           world.observed.log_group->tags[kPipelineTag] = "web";
           world.intent.adopt_log_group = true;
         },
         {"! log group /aws/kinesisfirehose/logs belongs to pipeline web in us-west-2"}},
        {"AdoptedBeforeKeepsItsRetention",
         [](World& world) {
           world.observed.log_group->tags[kAdoptedTag] = "true";
           world.observed.log_group->group.retention_days = 400;
         },
         {}},
        {"AdoptedBeforeWithARetentionOfTheUser",
         [](World& world) {
           world.observed.log_group->tags[kAdoptedTag] = "true";
           world.observed.log_group->group.retention_days = 400;
           world.spec.log_retention_days = 60;
           world.observed.document->spec = stored_of(world.spec);
         },
         {"~ log_group {retention: 400 days -> 60 days}"}},
        {"AdoptedAndSwitchedOff",
         [](World& world) {
           world.observed.log_group->tags[kAdoptedTag] = "true";
           world.spec.error_logging = false;
         },
         {"~ role_policy {policy}",
          "~ log_group [the spec switched error logging off] [it was adopted: it stays with its events, and loses "
          "fhctl's tags] {tag fhctl:pipeline: logs -> } {tag fhctl:region: us-west-2 -> } {tag fhctl:id: "
          "5c0e2b7f9a1d4e36 -> } {tag fhctl:bucket: logs-123456789012-us-west-2 -> }",
          "~ stream logs-1 {error logging: on -> off}", "~ stream logs-2 {error logging: on -> off}"}},
    }),
    row_name);

INSTANTIATE_TEST_SUITE_P(
    LogGroup, ExistingTable,
    testing::ValuesIn(std::vector<DiffRow>{
        {"External", [](World& world) { external_log_group(world); }, {}},
        {"ExternalAndGone",
         [](World& world) {
           external_log_group(world);
           world.observed.log_group.reset();
         },
         {"! log group company does not exist"}},
        {"ExternalWithoutItsStream",
         [](World& world) {
           external_log_group(world);
           world.observed.log_group->stream_exists = false;
         },
         {"+ log_stream: in a group that is not fhctl's: `destroy` leaves both"}},
        {"ExternalWithAnyRetention",
         [](World& world) {
           external_log_group(world);
           world.observed.log_group->group.retention_days = 1;
         },
         {}},
        {"ExternalThatMayNotBeRead",
         [](World& world) {
           external_log_group(world);
           world.observed.log_group = LogGroupState{};
           world.observed.log_group->denied = {"logs:DescribeLogGroups", "logs:DescribeLogStreams"};
         },
         {"** log group company is used without a check that it and its log stream S3Delivery exist (denied: "
          "logs:DescribeLogGroups, logs:DescribeLogStreams)."}},
        {"ExternalSwitchedOff",
         [](World& world) {
           external_log_group(world);
           world.spec.error_logging = false;
           world.observed.log_group.reset();
         },
         {"~ role_policy {policy}", "~ stream logs-1 {error logging: on -> off}",
          "~ stream logs-2 {error logging: on -> off}"}},
    }),
    row_name);

TEST(ExistingRole, ARefusalSaysWhichTrustPolicyIsNeeded) {
  World world = settled();
  external_role(world);
  world.spec.trust = Trust::kExternalId;
  world.observed.role->role.trust_policy = trust_of(R"({"Service": "ec2.amazonaws.com"})", "");
  const Plan plan = world.plan();
  ASSERT_EQ(plan.blockers.size(), 1u);
  EXPECT_EQ(plan.blockers[0].kind, ErrorKind::kPrecondition);
  EXPECT_EQ(plan.blockers[0].hint,
            R"(add what this trust policy has to the role's: {"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
            R"("Principal":{"Service":"firehose.amazonaws.com"},"Action":"sts:AssumeRole",)"
            R"("Condition":{"StringEquals":{"sts:ExternalId":"123456789012"}}}]})");
}

TEST(ExistingRole, ANameThatMayNotBeReadIsADenial) {
  World world = settled();
  external_role(world);
  world.observed.role->denied = Error{.kind = ErrorKind::kDenied, .message = "denied", .aws_code = "AccessDenied"};
  const Plan plan = world.plan();
  ASSERT_EQ(plan.blockers.size(), 1u);
  EXPECT_EQ(plan.blockers[0].kind, ErrorKind::kDenied);
  EXPECT_EQ(plan.blockers[0].aws_code, "AccessDenied");
  EXPECT_EQ(plan.blockers[0].hint,
            "give the ARN, with its path: `--existing-role arn:aws:iam::123456789012:role/team`");
}

TEST(LogGroup, ARefusalNamesBothWaysOut) {
  World world = settled();
  world.observed.log_group->tags.clear();
  Plan plan = world.plan();
  ASSERT_EQ(plan.blockers.size(), 1u);
  EXPECT_EQ(plan.blockers[0].hint,
            "`--adopt-log-group` takes it over, `--existing-log-group` uses it without changing it");
  world.observed.log_group->tags[kPipelineTag] = "web";
  plan = world.plan();
  ASSERT_EQ(plan.blockers.size(), 1u);
  EXPECT_EQ(plan.blockers[0].hint, "give another --log-group");
}

}  // namespace
}  // namespace existing_resources_test
}  // namespace fhctl::pipeline
