#include "core/services/logs.h"

#include "tests/services/fixture.h"

namespace fhctl::logs {
namespace logs_test {
namespace {

using test::answer;
using test::json_fault;

class LogsTest : public test::ServiceTest {};

TEST_F(LogsTest, CreatesWithTags) {
  auto create = [](aws::Client& client) { return create_log_group(client, "/fh/a", {{"k", "v"}}); };
  // Some servers respond with an empty body and another Content-Type.
  EXPECT_TRUE(with_answer(answer(200, "", {{"Content-Type", "text/html; charset=utf-8"}}), create));
  EXPECT_EQ(header("X-Amz-Target"), "Logs_20140328.CreateLogGroup");
  EXPECT_EQ(request().body, R"({"logGroupName":"/fh/a","tags":{"k":"v"}})");
  EXPECT_EQ(with_answer(json_fault("ResourceAlreadyExistsException"), create).error().kind, ErrorKind::kAlreadyExists);
  EXPECT_EQ(with_answer(json_fault("LimitExceededException"), create).error().kind, ErrorKind::kQuota);

  EXPECT_TRUE(with_answer(answer(200), [](aws::Client& client) { return create_log_stream(client, "g", "s"); }));
  EXPECT_EQ(request().body, R"({"logGroupName":"g","logStreamName":"s"})");
}

TEST_F(LogsTest, FindsByTheExactName) {
  auto find = [](aws::Client& client) { return find_log_group(client, "/fh/a"); };
  auto group = with_answers(
      {answer(200, R"({"logGroups":[{"logGroupName":"/fh/a-other","arn":"arn:other:*"}],"nextToken":"t"})"),
       answer(200, R"({"logGroups":[{"logGroupName":"/fh/a","arn":"arn:aws:logs:r:1:log-group:/fh/a:*",
                       "retentionInDays":30,"storedBytes":5,"kmsKeyId":"k"}]})")},
      find);
  ASSERT_TRUE(group);
  ASSERT_TRUE(*group);
  EXPECT_EQ((*group)->arn, "arn:aws:logs:r:1:log-group:/fh/a");
  EXPECT_EQ((*group)->retention_days, 30);
  EXPECT_EQ((*group)->stored_bytes, 5);
  EXPECT_EQ((*group)->kms_key_id, "k");
  EXPECT_EQ(request(0).body, R"({"limit":50,"logGroupNamePrefix":"/fh/a"})");
  EXPECT_EQ(request(1).body, R"({"limit":50,"logGroupNamePrefix":"/fh/a","nextToken":"t"})");

  auto absent = with_answer(answer(200, R"({"logGroups":[{"logGroupName":"/fh/ab","arn":"x"}]})"), find);
  ASSERT_TRUE(absent);
  EXPECT_FALSE(*absent);
}

TEST_F(LogsTest, AListThatDoesNotShowWhatThisRunCreatedIsReadAgain) {
  const auto nothing = answer(200, R"({"logGroups":[],"logStreams":[]})");
  const auto both =
      answer(200, R"({"logGroups":[{"logGroupName":"g","arn":"a"}],"logStreams":[{"logStreamName":"s"}]})");
  EXPECT_TRUE(*with_answers({answer(200), nothing, nothing, both}, [](aws::Client& client) {
    EXPECT_TRUE(create_log_group(client, "g", {}));
    return find_log_group(client, "g");
  }));
  EXPECT_EQ(requests.size(), 4u);
  EXPECT_TRUE(
      *with_answers({answer(200), nothing, json_fault("ResourceNotFoundException"), both}, [](aws::Client& client) {
        EXPECT_TRUE(create_log_stream(client, "g", "s"));
        client.note_created(aws::Service::kLogs, group_resource("g"));
        return log_stream_exists(client, "g", "s");
      }));
  EXPECT_EQ(requests.size(), 4u);
  EXPECT_FALSE(*with_answers({answer(200), nothing}, [](aws::Client& client) {
    EXPECT_TRUE(create_log_group(client, "other", {}));
    return find_log_group(client, "g");
  }));
  EXPECT_EQ(requests.size(), 2u);
}

TEST_F(LogsTest, AGroupThatThisRunDeletedIsAbsentAlthoughItIsListed) {
  const auto listed = answer(200, R"({"logGroups":[{"logGroupName":"g","arn":"a"}]})");
  EXPECT_FALSE(*with_answers({answer(200), listed}, [](aws::Client& client) {
    EXPECT_TRUE(delete_log_group(client, "g"));
    return find_log_group(client, "g");
  }));
}

TEST_F(LogsTest, TagsOfAGroupThatThisRunCreatedAreReadAgain) {
  const auto tags = with_answers({answer(200), json_fault("ResourceNotFoundException"), answer(200, R"({"tags":{}})")},
                                 [](aws::Client& client) {
                                   EXPECT_TRUE(create_log_group(client, "/fh/g", {}));
                                   return list_tags(client, group_arn("aws", "r", "1", "/fh/g"));
                                 });
  ASSERT_TRUE(tags);
  EXPECT_TRUE(*tags);
}

TEST_F(LogsTest, AnAnswerWithoutTheListIsNotAnEmptyList) {
  auto find = [](aws::Client& client) { return find_log_group(client, "g"); };
  for (const char* body : {"{}", "", R"({"logGroups":null})", R"({"logGroups":{}})",
                           R"({"logGroups":[{"logGroupName":"g","arn":"a","retentionInDays":4294967326}]})",
                           R"({"logGroups":[{"logGroupName":"g","arn":"a","retentionInDays":"30"}]})",
                           R"({"logGroups":[{"logGroupName":"g"}]})", R"({"logGroups":[],"nextToken":"t"})"}) {
    auto group = with_answer(answer(200, body), find);
    ASSERT_FALSE(group) << body;
    EXPECT_EQ(group.error().kind, ErrorKind::kProtocol) << body;
  }
}

TEST_F(LogsTest, DeletesAndRetains) {
  auto remove = [](aws::Client& client) { return delete_log_group(client, "g"); };
  EXPECT_TRUE(*with_answer(answer(200), remove));
  EXPECT_FALSE(*with_answer(json_fault("ResourceNotFoundException"), remove));
  EXPECT_EQ(with_answer(json_fault("AccessDeniedException"), remove).error().kind, ErrorKind::kDenied);
  EXPECT_TRUE(with_answer(answer(200), [](aws::Client& client) { return put_retention_policy(client, "g", 30); }));
  EXPECT_EQ(request().body, R"({"logGroupName":"g","retentionInDays":30})");
}

TEST_F(LogsTest, Streams) {
  auto exists = [](aws::Client& client) { return log_stream_exists(client, "g", "S3"); };
  EXPECT_FALSE(*with_answer(answer(200, R"({"logStreams":[{"logStreamName":"S3Delivery"}]})"), exists));
  EXPECT_TRUE(*with_answer(answer(200, R"({"logStreams":[{"logStreamName":"S3"}]})"), exists));
  EXPECT_EQ(request().body, R"({"limit":50,"logGroupName":"g","logStreamNamePrefix":"S3"})");
  EXPECT_FALSE(*with_answer(json_fault("ResourceNotFoundException"), exists));
}

TEST_F(LogsTest, TagsOfTheGroup) {
  auto list = [](aws::Client& client) { return list_tags(client, "arn:g"); };
  EXPECT_EQ(**with_answer(answer(200, R"({"tags":{"a":"1"}})"), list), (Tags{{"a", "1"}}));
  EXPECT_EQ(request().body, R"({"resourceArn":"arn:g"})");
  EXPECT_EQ(**with_answer(answer(200, "{}"), list), Tags{});
  EXPECT_FALSE(*with_answer(json_fault("ResourceNotFoundException"), list));
  EXPECT_EQ(with_answer(answer(200, R"({"tags":{"a":1}})"), list).error().kind, ErrorKind::kProtocol);

  EXPECT_TRUE(with_answer(answer(200), [](aws::Client& client) { return tag_resource(client, "a", {{"k", "v"}}); }));
  EXPECT_EQ(request().body, R"({"resourceArn":"a","tags":{"k":"v"}})");
  EXPECT_TRUE(with_answer(answer(200), [](aws::Client& client) { return untag_resource(client, "a", {"k"}); }));
  EXPECT_EQ(request().body, R"({"resourceArn":"a","tagKeys":["k"]})");
}

TEST_F(LogsTest, EventsEndWhereTheTokenRepeats) {
  auto read = [](aws::Client& client) { return get_log_events(client, "g", "s", 1000, 100); };
  auto events =
      with_answers({answer(200, R"({"events":[{"timestamp":1001,"message":"one"}],"nextForwardToken":"f/1"})"),
                    answer(200, R"({"events":[],"nextForwardToken":"f/2"})"),
                    answer(200, R"({"events":[{"timestamp":1002,"message":"two"}],"nextForwardToken":"f/3"})"),
                    answer(200, R"({"events":[],"nextForwardToken":"f/3"})")},
                   read);
  ASSERT_TRUE(events);
  ASSERT_EQ(events->size(), 2u);
  EXPECT_EQ((*events)[1].timestamp_ms, 1002);
  EXPECT_EQ((*events)[1].message, "two");
  EXPECT_EQ((*events)[1].stream, "s");
  EXPECT_EQ(requests.size(), 4u);
  EXPECT_EQ(request(0).body,
            R"({"limit":100,"logGroupName":"g","logStreamName":"s","startFromHead":true,"startTime":1000})");
  EXPECT_TRUE(with_answer(json_fault("ResourceNotFoundException"), read)->empty());
}

TEST_F(LogsTest, EventsAreBounded) {
  auto few = with_answer(answer(200, R"({"events":[{"timestamp":1,"message":"a"},{"timestamp":2,"message":"b"}],
                                         "nextForwardToken":"f"})"),
                         [](aws::Client& client) { return get_log_events(client, "g", "s", 0, 1); });
  EXPECT_EQ(few->size(), 1u);
  EXPECT_EQ(requests.size(), 1u);
}

TEST(Logs, RetentionValuesAreAList) {
  for (int days : {1, 30, 400, 731, 3653}) EXPECT_TRUE(valid_retention(days)) << days;
  for (int days : {-1, 0, 2, 13, 366, 3654}) EXPECT_FALSE(valid_retention(days)) << days;
}

TEST(Logs, Arn) { EXPECT_EQ(group_arn("aws", "r", "1", "/g"), "arn:aws:logs:r:1:log-group:/g"); }

}  // namespace
}  // namespace logs_test
}  // namespace fhctl::logs
