// Consistency delays: until the delay after a change is over, reads return the state before it, and changes that depend
// on it are judged by that state; afterwards everything is as without a delay.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "core/base/digest.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/cloud/cloud.h"
#include "sandbox/firehose/firehose.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3.h"
#include "sandbox/s3/s3_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace consistency_test {
namespace {

using std::chrono::seconds;

constexpr auto kDelay = seconds(10);
constexpr const char* kRegion = "eu-west-1";
constexpr const char* kTrust =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"firehose.amazonaws.com"},)"
    R"("Action":"sts:AssumeRole"}]})";
constexpr const char* kPolicy =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]})";

// "iam CreateRole RoleName=r", "logs CreateLogGroup {...}", "firehose ListDeliveryStreams {}", "s3 PUT /b?tagging
// BODY". $TRUST, $POLICY, $ARN and <XML> stand for what would be too long.
using Line = std::string;

std::string xml(const std::string& root, const std::string& content) {
  return "<" + root + " xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">" + content + "</" + root + ">";
}

struct Account {
  CloudState world;

  explicit Account(Duration delay) : world(options_with(delay)) { world.now = WallTime(seconds(1768903451)); }

  static Options options_with(Duration delay) {
    Options options;
    options.iam_delay = Duration::zero();
    options.firehose_calls_per_second = 0;
    options.stream_create = options.stream_delete = seconds(1);
    for (const auto& [name, member] : kConsistencyDelays) options.consistency.*member = delay;
    return options;
  }

  http::Response ask(const Line& line) {
    const std::size_t first = line.find(' ');
    const std::size_t second = std::min(line.size(), line.find(' ', first + 1));
    const std::string service = line.substr(0, first);
    const std::string operation = line.substr(first + 1, second - first - 1);
    const std::string rest = second < line.size() ? line.substr(second + 1) : "";
    http::Request request;
    request.method = "POST";
    request.path = "/";
    request.headers.set("Host", "127.0.0.1:4580");
    if (service == "s3") return ask_s3(std::move(request), operation, rest);
    const Incoming incoming{request, kRegion, "arn:aws:iam::123456789012:user/sandbox"};
    if (service == "iam") {
      request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
      request.body = "Action=" + operation + "&Version=2010-05-08";
      std::string fields = replace_all(rest, "$TRUST", percent_encode(kTrust));
      fields = replace_all(fields, "$POLICY", percent_encode(kPolicy));
      if (!fields.empty()) request.body += "&" + fields;
      return handle_iam(world, incoming);
    }
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", (service == "logs" ? "Logs_20140328." : "Firehose_20150804.") + operation);
    request.body = replace_all(rest, "$ARN", std::string("arn:aws:logs:") + kRegion + ":123456789012:log-group:g");
    return service == "logs" ? handle_logs(world, incoming) : handle_firehose(world, incoming);
  }

  http::Response ask_s3(http::Request request, const std::string& method, const std::string& rest) {
    const std::string target = rest.substr(0, rest.find(' '));
    request.method = method;
    request.path = target.substr(0, target.find('?'));
    request.query = contains(target, "?") ? target.substr(target.find('?') + 1) : "";
    request.body = target.size() < rest.size() ? rest.substr(target.size() + 1) : "";
    if (!request.body.empty()) request.headers.set("Content-MD5", to_base64(md5(request.body)));
    return handle_s3(world, {request, kRegion, "arn:aws:iam::123456789012:user/sandbox"});
  }

  // "200", "404 NoSuchEntity".
  std::string outcome(const Line& line) {
    const http::Response response = ask(line);
    const Json json = Json::parse(response.body, nullptr, false);
    std::string code = json.is_object() ? get_string(json, "__type").value_or("") : "";
    const std::size_t from = response.body.find("<Code>");
    if (from != std::string::npos) code = response.body.substr(from + 6, response.body.find("</Code>") - from - 6);
    return std::to_string(response.status) + (code.empty() ? "" : " " + code);
  }

  void pass(Duration time) {
    world.now += std::chrono::duration_cast<std::chrono::milliseconds>(time);
    advance_firehose(world);
  }

  // Carries out the lines one after the other, each when the one before is visible.
  void prepare(const std::vector<Line>& lines) {
    for (const Line& line : lines) {
      EXPECT_LT(ask(line).status, 300) << line << ": " << ask(line).body;
      pass(seconds(20));
    }
  }
};

const Line kMakeRole = "iam CreateRole RoleName=r&AssumeRolePolicyDocument=$TRUST";
const Line kPutPolicy = "iam PutRolePolicy RoleName=r&PolicyName=p&PolicyDocument=$POLICY";
const Line kMakeGroup = R"(logs CreateLogGroup {"logGroupName":"g"})";
const Line kMakeLogStream = R"(logs CreateLogStream {"logGroupName":"g","logStreamName":"s"})";
const Line kMakeBucket =
    "s3 PUT /bucket-1 " + xml("CreateBucketConfiguration", "<LocationConstraint>eu-west-1</LocationConstraint>");
const Line kTagBucket =
    "s3 PUT /bucket-1?tagging " + xml("Tagging", "<TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet>");
const Line kMakeStream =
    R"(firehose CreateDeliveryStream {"DeliveryStreamName":"f","ExtendedS3DestinationConfiguration":)"
    R"({"RoleARN":"arn:aws:iam::123456789012:role/r","BucketARN":"arn:aws:s3:::bucket-1"}})";
const std::string kRole = "RoleName=r";
const std::string kGroup = R"({"logGroupName":"g"})";
const std::string kStream = R"({"DeliveryStreamName":"f"})";

struct Case {
  std::vector<Line> before;
  Line change;
  Line dependent;      // sent right after the change
  std::string during;  // its outcome until the change is visible
  std::string after;
};

std::vector<Case> cases_of_iam() {
  const std::string policy = "RoleName=r&PolicyName=p";
  return {
      {{}, kMakeRole, "iam GetRole " + kRole, "404 NoSuchEntity", "200"},
      {{}, kMakeRole, kPutPolicy, "404 NoSuchEntity", "200"},
      {{}, kMakeRole, "iam ListRolePolicies " + kRole, "404 NoSuchEntity", "200"},
      {{}, kMakeRole, "iam ListRoleTags RoleName=R", "404 NoSuchEntity", "200"},
      {{}, kMakeRole, kMakeRole, "409 EntityAlreadyExists", "409 EntityAlreadyExists"},
      {{kMakeRole}, kPutPolicy, "iam GetRolePolicy " + policy, "404 NoSuchEntity", "200"},
      {{kMakeRole}, kPutPolicy, "iam DeleteRolePolicy " + policy, "404 NoSuchEntity", "200"},
      {{kMakeRole}, kPutPolicy, "iam DeleteRole " + kRole, "409 DeleteConflict", "409 DeleteConflict"},
      {{kMakeRole, kPutPolicy},
       "iam DeleteRolePolicy " + policy,
       "iam DeleteRole " + kRole,
       "409 DeleteConflict",
       "200"},
      {{kMakeRole, kPutPolicy},
       "iam DeleteRolePolicy " + policy,
       "iam GetRolePolicy " + policy,
       "200",
       "404 NoSuchEntity"},
      {{kMakeRole}, "iam DeleteRole " + kRole, "iam GetRole " + kRole, "200", "404 NoSuchEntity"},
      {{kMakeRole}, "iam DeleteRole " + kRole, kMakeRole, "409 EntityAlreadyExists", "200"},
      {{kMakeRole}, "iam DeleteRole " + kRole, "iam DeleteRole " + kRole, "404 NoSuchEntity", "404 NoSuchEntity"},
  };
}

std::vector<Case> cases_of_logs() {
  const std::string log_stream = R"({"logGroupName":"g","logStreamName":"s"})";
  const std::string events =
      R"({"logGroupName":"g","logStreamName":"s","logEvents":[{"timestamp":1768903451000,"message":"m"}]})";
  return {
      {{}, kMakeGroup, kMakeLogStream, "400 ResourceNotFoundException", "200"},
      {{},
       kMakeGroup,
       R"(logs PutRetentionPolicy {"logGroupName":"g","retentionInDays":7})",
       "400 ResourceNotFoundException",
       "200"},
      {{},
       kMakeGroup,
       R"(logs TagResource {"resourceArn":"$ARN","tags":{"k":"v"}})",
       "400 ResourceNotFoundException",
       "200"},
      {{}, kMakeGroup, R"(logs ListTagsForResource {"resourceArn":"$ARN"})", "400 ResourceNotFoundException", "200"},
      {{},
       kMakeGroup,
       R"(logs DescribeLogStreams {"logGroupIdentifier":"$ARN:*"})",
       "400 ResourceNotFoundException",
       "200"},
      {{}, kMakeGroup, "logs DeleteLogGroup " + kGroup, "400 ResourceNotFoundException", "200"},
      {{kMakeGroup}, "logs DeleteLogGroup " + kGroup, kMakeGroup, "400 ResourceAlreadyExistsException", "200"},
      {{kMakeGroup},
       "logs DeleteLogGroup " + kGroup,
       "logs DescribeLogStreams " + kGroup,
       "200",
       "400 ResourceNotFoundException"},
      {{kMakeGroup},
       "logs DeleteLogGroup " + kGroup,
       "logs DeleteLogGroup " + kGroup,
       "400 ResourceNotFoundException",
       "400 ResourceNotFoundException"},
      {{kMakeGroup}, kMakeLogStream, "logs PutLogEvents " + events, "400 ResourceNotFoundException", "200"},
      {{kMakeGroup}, kMakeLogStream, "logs GetLogEvents " + log_stream, "400 ResourceNotFoundException", "200"},
  };
}

std::vector<Case> cases_of_s3() {
  return {
      {{}, kMakeBucket, "s3 HEAD /bucket-1", "404", "200"},
      {{}, kMakeBucket, kTagBucket, "404 NoSuchBucket", "204"},
      {{}, kMakeBucket, "s3 PUT /bucket-1/key body", "404 NoSuchBucket", "200"},
      {{}, kMakeBucket, "s3 GET /bucket-1?list-type=2", "404 NoSuchBucket", "200"},
      {{}, kMakeBucket, "s3 DELETE /bucket-1", "404 NoSuchBucket", "204"},
      {{}, kMakeBucket, kMakeBucket, "409 BucketAlreadyOwnedByYou", "409 BucketAlreadyOwnedByYou"},
      {{kMakeBucket}, "s3 DELETE /bucket-1", "s3 HEAD /bucket-1", "200", "404"},
      {{kMakeBucket}, "s3 DELETE /bucket-1", kMakeBucket, "409 OperationAborted", "200"},
      {{kMakeBucket}, "s3 DELETE /bucket-1", "s3 PUT /bucket-1/key body", "404 NoSuchBucket", "404 NoSuchBucket"},
      {{kMakeBucket}, "s3 DELETE /bucket-1", "s3 DELETE /bucket-1", "404 NoSuchBucket", "404 NoSuchBucket"},
      {{kMakeBucket}, kTagBucket, "s3 GET /bucket-1?tagging", "404 NoSuchTagSet", "200"},
  };
}

std::vector<Case> cases_of_firehose() {
  return {
      {{kMakeBucket, kMakeRole},
       kMakeStream,
       "firehose ListTagsForDeliveryStream " + kStream,
       "400 ResourceNotFoundException",
       "200"},
      {{kMakeBucket, kMakeRole}, kMakeStream, "firehose DescribeDeliveryStream " + kStream, "200", "200"},
  };
}

class Judged : public testing::TestWithParam<std::vector<Case> (*)()> {};

TEST_P(Judged, ByTheStateBeforeAChange) {
  for (const Case& one : GetParam()()) {
    for (const bool waits : {false, true}) {
      Account account(kDelay);
      account.prepare(one.before);
      ASSERT_LT(account.ask(one.change).status, 300) << one.change;
      account.pass(waits ? kDelay : kDelay - seconds(1));
      EXPECT_EQ(account.outcome(one.dependent), waits ? one.after : one.during)
          << one.dependent << (waits ? " after the delay of " : " too soon after ") << one.change;
    }
    Account immediate(Duration::zero());
    immediate.prepare(one.before);
    immediate.ask(one.change);
    EXPECT_EQ(immediate.outcome(one.dependent), one.after) << one.dependent << " without a delay after " << one.change;
  }
}

INSTANTIATE_TEST_SUITE_P(Consistency, Judged,
                         testing::Values(cases_of_iam, cases_of_logs, cases_of_s3, cases_of_firehose));

struct Shown {
  std::vector<Line> before;
  Line change;
  Line read;
  std::string text;
  bool appears;  // with the change; otherwise it disappears
};

TEST(Consistency, ListsAndSettingsShowAChangeAfterTheDelay) {
  const std::vector<Line> stream_made = {kMakeBucket, kMakeRole, kMakeStream};
  const Shown kCases[] = {
      {{}, kMakeRole, "iam ListRoles", "<RoleName>r<", true},
      {{kMakeRole}, "iam DeleteRole " + kRole, "iam ListRoles", "<RoleName>r<", false},
      {{kMakeRole}, kPutPolicy, "iam ListRolePolicies " + kRole, "<member>p<", true},
      {{kMakeRole},
       "iam TagRole RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=v",
       "iam GetRole " + kRole,
       "<Key>k<",
       true},
      {{}, kMakeGroup, "logs DescribeLogGroups {}", R"("logGroupName":"g")", true},
      {{kMakeGroup}, "logs DeleteLogGroup " + kGroup, "logs DescribeLogGroups {}", R"("logGroupName":"g")", false},
      {{kMakeGroup},
       R"(logs PutRetentionPolicy {"logGroupName":"g","retentionInDays":7})",
       "logs DescribeLogGroups {}",
       R"("retentionInDays":7)",
       true},
      {{kMakeGroup}, kMakeLogStream, "logs DescribeLogStreams " + kGroup, R"("logStreamName":"s")", true},
      {{kMakeGroup},
       R"(logs TagResource {"resourceArn":"$ARN","tags":{"k":"v"}})",
       R"(logs ListTagsForResource {"resourceArn":"$ARN"})",
       R"("k":"v")",
       true},
      {{}, kMakeBucket, "s3 GET /", "<Name>bucket-1<", true},
      {{kMakeBucket}, "s3 DELETE /bucket-1", "s3 GET /", "<Name>bucket-1<", false},
      {{kMakeBucket}, kTagBucket, "s3 GET /bucket-1?tagging", "<Key>k<", true},
      {{kMakeBucket},
       "s3 DELETE /bucket-1?publicAccessBlock",
       "s3 GET /bucket-1?publicAccessBlock",
       "<BlockPublicAcls>true<",
       false},
      {{kMakeBucket},
       "s3 PUT /bucket-1?versioning " + xml("VersioningConfiguration", "<Status>Enabled</Status>"),
       "s3 GET /bucket-1?versioning",
       "<Status>Enabled<",
       true},
      {{kMakeBucket},
       "s3 PUT /bucket-1?encryption " +
           xml("ServerSideEncryptionConfiguration",
               "<Rule><ApplyServerSideEncryptionByDefault><SSEAlgorithm>aws:kms</SSEAlgorithm>"
               "</ApplyServerSideEncryptionByDefault></Rule>"),
       "s3 GET /bucket-1?encryption",
       ">aws:kms<",
       true},
      {{kMakeBucket},
       "s3 PUT /bucket-1?lifecycle " +
           xml("LifecycleConfiguration",
               "<Rule><ID>i</ID><Status>Enabled</Status><Filter><Prefix>p</Prefix></Filter><Expiration><Days>7</Days>"
               "</Expiration></Rule>"),
       "s3 GET /bucket-1?lifecycle",
       "<ID>i<",
       true},
      {{kMakeBucket}, R"(s3 PUT /bucket-1?policy {"Statement":[]})", "s3 GET /bucket-1?policy", "Statement", true},
      {{kMakeBucket, kMakeRole}, kMakeStream, "firehose ListDeliveryStreams {}", R"("f")", true},
      {stream_made, R"(firehose TagDeliveryStream {"DeliveryStreamName":"f","Tags":[{"Key":"k","Value":"v"}]})",
       "firehose ListTagsForDeliveryStream " + kStream, R"("k")", true},
      {stream_made, "firehose DeleteDeliveryStream " + kStream, "firehose ListDeliveryStreams {}", R"("f")", false},
  };
  for (const Shown& one : kCases) {
    for (const bool waits : {false, true}) {
      Account account(kDelay);
      account.prepare(one.before);
      ASSERT_LT(account.ask(one.change).status, 300) << one.change;
      account.pass(seconds(2));  // by then a stream is deleted
      account.pass(waits ? kDelay : kDelay - seconds(4));
      EXPECT_EQ(contains(account.ask(one.read).body, one.text), waits == one.appears)
          << one.read << (waits ? " after the delay of " : " too soon after ") << one.change;
    }
  }
}

// The requests of a lifecycle in which nothing depends on a change that is not visible yet.
TEST(Consistency, AfterTheDelayEverythingIsAsWithoutIt) {
  const std::vector<Line> lines = {kMakeBucket,
                                   kTagBucket,
                                   kMakeRole,
                                   kPutPolicy,
                                   kMakeGroup,
                                   kMakeLogStream,
                                   kMakeStream,
                                   "s3 PUT /bucket-1/key body",
                                   "s3 GET /bucket-1/key",
                                   "s3 GET /bucket-1?list-type=2",
                                   "s3 GET /bucket-1?tagging",
                                   "iam GetRole " + kRole,
                                   "iam ListRoles",
                                   "logs DescribeLogGroups {}",
                                   "logs DescribeLogStreams " + kGroup,
                                   "firehose ListDeliveryStreams {}",
                                   "firehose DescribeDeliveryStream " + kStream,
                                   "firehose DeleteDeliveryStream " + kStream,
                                   "iam DeleteRolePolicy RoleName=r&PolicyName=p",
                                   "iam DeleteRole " + kRole,
                                   "logs DeleteLogGroup " + kGroup,
                                   "s3 DELETE /bucket-1/key",
                                   "s3 DELETE /bucket-1",
                                   kMakeBucket,
                                   kMakeRole,
                                   kMakeGroup,
                                   "iam ListRoles",
                                   "logs DescribeLogGroups {}",
                                   "s3 GET /",
                                   "firehose ListDeliveryStreams {}"};
  Account immediate(Duration::zero());
  Account late(kDelay);
  for (const Line& line : lines) {
    const http::Response expected = immediate.ask(line);
    const http::Response response = late.ask(line);
    EXPECT_LT(expected.status, 300) << line << ": " << expected.body;
    EXPECT_EQ(response.status, expected.status) << line;
    EXPECT_EQ(response.body, expected.body) << line;
    for (Account* account : {&immediate, &late}) account->pass(kDelay + seconds(1));  // a stream is deleted after 1 s
  }
}

TEST(Consistency, ChangesInQuickSuccessionBecomeVisibleInTheirOrder) {
  Account account(kDelay);
  account.prepare({kMakeGroup});
  const auto retention = [&](int days) {
    return R"(logs PutRetentionPolicy {"logGroupName":"g","retentionInDays":)" + std::to_string(days) + "}";
  };
  const auto shown = [&] {
    const Json json = Json::parse(account.ask("logs DescribeLogGroups {}").body);
    return json["logGroups"][0].value("retentionInDays", 0);
  };
  account.ask(retention(1));
  account.pass(seconds(6));
  account.ask(retention(3));
  EXPECT_EQ(shown(), 0);
  account.pass(seconds(4));
  EXPECT_EQ(shown(), 1);
  account.pass(seconds(5));
  EXPECT_EQ(shown(), 1);
  account.pass(seconds(1));
  EXPECT_EQ(shown(), 3);
}

TEST(Consistency, ObjectsOfAVisibleBucketAreStronglyConsistent) {
  Account account(kDelay);
  account.prepare({kMakeBucket});
  ASSERT_EQ(account.outcome(kTagBucket), "204");
  EXPECT_EQ(account.outcome("s3 PUT /bucket-1/key body"), "200");
  EXPECT_EQ(account.ask("s3 GET /bucket-1/key").body, "body");
  EXPECT_TRUE(contains(account.ask("s3 GET /bucket-1?list-type=2").body, "<Key>key<"));
  EXPECT_EQ(account.outcome("s3 DELETE /bucket-1"), "409 BucketNotEmpty");
  EXPECT_EQ(account.outcome("s3 DELETE /bucket-1/key"), "204");
  EXPECT_EQ(account.outcome("s3 GET /bucket-1/key"), "404 NoSuchKey");
  account.ask("s3 PUT /bucket-1/key again");
  EXPECT_EQ(account.outcome("s3 GET /bucket-1?tagging"), "404 NoSuchTagSet");  // settings are still the earlier ones
  account.pass(kDelay);
  EXPECT_EQ(account.outcome("s3 GET /bucket-1?tagging"), "200");
  EXPECT_EQ(account.ask("s3 GET /bucket-1/key").body, "again");
}

// A client whose first object was accepted must find it, whatever its requests see of the bucket's settings.
TEST(Consistency, AnObjectInANewBucketIsFoundOnceItWasWritten) {
  Account account(kDelay);
  account.ask(kMakeBucket);
  EXPECT_EQ(account.outcome("s3 GET /bucket-1/key"), "404 NoSuchBucket");
  EXPECT_EQ(account.outcome("s3 PUT /bucket-1/key body"), "404 NoSuchBucket");
  account.world.lag = [](Duration) { return Duration::zero(); };
  EXPECT_EQ(account.outcome("s3 PUT /bucket-1/key body"), "200");
  account.world.lag = {};
  EXPECT_EQ(account.ask("s3 GET /bucket-1/key").body, "body");
  EXPECT_TRUE(contains(account.ask("s3 GET /bucket-1?list-type=2").body, "<Key>key<"));
  EXPECT_EQ(account.outcome("s3 PUT /bucket-1/other body"), "200");
  EXPECT_EQ(account.outcome("s3 GET /bucket-1?tagging"), "404 NoSuchBucket");
  EXPECT_EQ(account.outcome(kTagBucket), "404 NoSuchBucket");
}

// A refused change has no effect, and neither has a request that was judged by an earlier state.
TEST(Consistency, WhatIsRefusedChangesNothing) {
  Account account(kDelay);
  account.prepare({kMakeRole, kPutPolicy});
  account.ask("iam DeleteRolePolicy RoleName=r&PolicyName=p");
  ASSERT_EQ(account.outcome("iam DeleteRole " + kRole), "409 DeleteConflict");
  EXPECT_TRUE(account.world.iam->roles.contains("r"));
  EXPECT_TRUE(account.world.iam->roles.at("r").inline_policies.empty());
  ASSERT_EQ(account.outcome("iam TagRole RoleName=r&Tags.member.1.Key=k&Tags.member.1.Value=v"), "200");
  EXPECT_EQ(account.world.iam->roles.at("r").tags.size(), 1u);
  account.ask(kMakeGroup);
  account.ask(R"(logs CreateLogGroup {"logGroupName":"other"})");
  EXPECT_EQ(account.outcome(kMakeLogStream), "400 ResourceNotFoundException");
  EXPECT_EQ(account.world.logs->groups.size(), 2u);
  EXPECT_TRUE(account.world.logs->groups.at({kRegion, "g"}).streams.empty());
}

TEST(Consistency, EachServiceHasItsOwnDelay) {
  for (const auto& [name, member] : kConsistencyDelays) {
    Account account(Duration::zero());
    account.prepare({kMakeBucket, kMakeRole});
    account.world.options.consistency.*member = kDelay;
    account.ask(kPutPolicy);
    account.ask(kMakeGroup);
    account.ask(kTagBucket);
    account.ask(kMakeStream);
    const bool late[] = {
        !contains(account.ask("iam ListRolePolicies " + kRole).body, "<member>p<"),
        !contains(account.ask("logs DescribeLogGroups {}").body, R"("g")"),
        account.ask("s3 GET /bucket-1?tagging").status != 200,
        !contains(account.ask("firehose ListDeliveryStreams {}").body, R"("f")"),
    };
    for (std::size_t i = 0; i < std::size(late); ++i) {
      EXPECT_EQ(late[i], kConsistencyDelays[i].first == name) << name << " and " << kConsistencyDelays[i].first;
    }
  }
}

// As in the simulation: a client may see a change, then not, then again.
TEST(Consistency, TheLagOfEachRequestCanBeDrawn) {
  Account account(kDelay);
  std::vector<Duration> lags = {kDelay, Duration::zero(), kDelay, kDelay / 2};
  account.world.lag = [&](Duration delay) {
    EXPECT_EQ(delay, kDelay);
    const Duration lag = lags.back();
    lags.pop_back();
    return lag;
  };
  account.ask(kMakeRole);
  account.pass(seconds(7));
  EXPECT_EQ(account.outcome("iam GetRole " + kRole), "200");
  EXPECT_EQ(account.outcome("iam GetRole " + kRole), "404 NoSuchEntity");
  EXPECT_EQ(account.outcome(kPutPolicy), "200");
  // The role is older than its policy: 3 s later it is visible to everybody, and only its policy depends on the lag.
  account.pass(seconds(3));
  EXPECT_EQ(account.outcome("iam GetRolePolicy RoleName=r&PolicyName=p"), "404 NoSuchEntity");
  EXPECT_TRUE(lags.empty());
  account.pass(kDelay);
  EXPECT_EQ(account.outcome("iam GetRolePolicy RoleName=r&PolicyName=p"), "200");  // without drawing
}

}  // namespace
}  // namespace consistency_test
}  // namespace fhctl::sandbox
