// The sandbox's CloudWatch Logs.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/logs/logs.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace logs_test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t kNowMs = 1768903451000;

struct Logs : testing::Test {
  CloudState world{Options{}};

  Logs() { world.now = WallTime(std::chrono::milliseconds(kNowMs)); }

  http::Response ask(const std::string& operation, const std::string& body, const std::string& region = "us-east-1") {
    http::Request request;
    request.method = "POST";
    request.headers.set("Content-Type", "application/x-amz-json-1.1");
    request.headers.set("X-Amz-Target", "Logs_20140328." + operation);
    request.body = body;
    return handle_logs(world, {request, region, "arn:aws:iam::123456789012:user/sandbox"});
  }
  std::string outcome(const std::string& operation, const std::string& body) {
    const http::Response response = ask(operation, body);
    const Result<Json> json = parse_json(response.body, "answer");
    const std::string code = json ? get_string(*json, "__type").value_or("") : "";
    return std::to_string(response.status) + (code.empty() ? "" : " " + code);
  }
  Json answer(const std::string& operation, const std::string& body) {
    const http::Response response = ask(operation, body);
    EXPECT_EQ(response.status, 200) << response.body;
    const Result<Json> json = parse_json(response.body, "answer");
    return json ? *json : Json();
  }
  static std::vector<std::string> texts(const Json& list, const std::string& member) {
    std::vector<std::string> out;
    for (const Json& element : list) out.push_back(element.at(member).get<std::string>());
    return out;
  }
  void put(const std::vector<std::string>& messages) {
    Json events = Json::array();
    std::int64_t time = kNowMs - 1000;
    for (const std::string& message : messages) events.push_back({{"timestamp", time++}, {"message", message}});
    const Json body{{"logGroupName", "g"}, {"logStreamName", "s"}, {"logEvents", events}};
    EXPECT_EQ(outcome("PutLogEvents", dump(body)), "200");
  }
  void make_stream() {
    ask("CreateLogGroup", R"({"logGroupName":"g"})");
    ask("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
  }
};

TEST_F(Logs, RequestsAreChecked) {
  ask("CreateLogGroup", R"({"logGroupName":"g"})");
  ask("CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})");
  const struct {
    std::string operation, body, expected;
  } kCases[] = {
      {"CreateLogGroup", R"({"logGroupName":"/aws/kinesisfirehose/x"})", "200"},
      {"CreateLogGroup", R"({"logGroupName":"aws/x"})", "400 InvalidParameterException"},
      {"CreateLogGroup", R"({"logGroupName":"bad name!"})", "400 InvalidParameterException"},
      {"CreateLogGroup", R"({"logGroupName":""})", "400 InvalidParameterException"},
      {"CreateLogGroup", "{}", "400 InvalidParameterException"},
      {"CreateLogGroup", R"({"logGroupName":"x","foo":1})", "400 SerializationException"},
      {"CreateLogGroup", R"({"logGroupName":1})", "400 SerializationException"},
      {"CreateLogGroup", "nonsense", "400 SerializationException"},
      {"CreateLogGroup", R"({"logGroupName":"x","tags":{}})", "400 InvalidParameterException"},
      {"CreateLogGroup", R"({"logGroupName":"x","tags":{"aws:x":""}})", "400 InvalidParameterException"},
      {"CreateLogGroup", R"({"logGroupName":"g"})", "400 ResourceAlreadyExistsException"},
      {"CreateLogStream", R"({"logGroupName":"g","logStreamName":"s"})", "400 ResourceAlreadyExistsException"},
      {"CreateLogStream", R"({"logGroupName":"g","logStreamName":"a:b"})", "400 InvalidParameterException"},
      {"CreateLogStream", R"({"logGroupName":"h","logStreamName":"s"})", "400 ResourceNotFoundException"},
      {"PutRetentionPolicy", R"({"logGroupName":"g","retentionInDays":13})", "400 InvalidParameterException"},
      {"PutRetentionPolicy", R"({"logGroupName":"g","retentionInDays":30})", "200"},
      {"PutRetentionPolicy", R"({"logGroupName":"h","retentionInDays":30})", "400 ResourceNotFoundException"},
      {"DescribeLogGroups", R"({"limit":51})", "400 InvalidParameterException"},
      {"DescribeLogGroups", R"({"nextToken":"!"})", "400 InvalidParameterException"},
      {"DescribeLogGroups", R"({"logGroupNamePrefix":"a","logGroupNamePattern":"a"})", "400 InvalidParameterException"},
      {"DescribeLogStreams", R"({"logGroupName":"g","logGroupIdentifier":"g"})", "400 ValidationException"},
      {"DescribeLogStreams", "{}", "400 InvalidParameterException"},
      {"DescribeLogStreams", R"({"logGroupName":"g","orderBy":"LastEventTime","logStreamNamePrefix":"s"})",
       "400 InvalidParameterException"},
      {"DeleteLogGroup", R"({"logGroupName":"h"})", "400 ResourceNotFoundException"},
      {"DeleteLogStream", R"({"logGroupName":"g","logStreamName":"t"})", "400 ResourceNotFoundException"},
      {"MakeLogGroup", "{}", "400 UnknownOperationException"},
  };
  for (const auto& row : kCases) EXPECT_EQ(outcome(row.operation, row.body), row.expected) << row.operation << row.body;
}

TEST_F(Logs, GroupsAreDescribedWithBothArns) {
  ask("CreateLogGroup", R"({"logGroupName":"/fh/a","tags":{"k":"v"}})");
  ask("CreateLogGroup", R"({"logGroupName":"/fh/ab"})");
  ask("CreateLogGroup", R"({"logGroupName":"/fh/a"})", "eu-west-1");
  ask("PutRetentionPolicy", R"({"logGroupName":"/fh/a","retentionInDays":30})");
  const Json both = answer("DescribeLogGroups", R"({"logGroupNamePrefix":"/fh/a"})");
  EXPECT_THAT(texts(both["logGroups"], "logGroupName"), ElementsAre("/fh/a", "/fh/ab"));
  const Json& group = both["logGroups"][0];
  EXPECT_EQ(group["arn"], "arn:aws:logs:us-east-1:123456789012:log-group:/fh/a:*");
  EXPECT_EQ(group["logGroupArn"], "arn:aws:logs:us-east-1:123456789012:log-group:/fh/a");
  EXPECT_EQ(group["retentionInDays"], 30);
  EXPECT_EQ(group["creationTime"], kNowMs);
  EXPECT_FALSE(both["logGroups"][1].contains("retentionInDays"));
  const Json exact = answer("DescribeLogGroups", R"({"logGroupIdentifiers":["/fh/a"]})");
  EXPECT_THAT(texts(exact["logGroups"], "logGroupName"), ElementsAre("/fh/a"));
  const Json pattern = answer("DescribeLogGroups", R"({"logGroupNamePattern":"ab"})");
  EXPECT_THAT(texts(pattern["logGroups"], "logGroupName"), ElementsAre("/fh/ab"));
  EXPECT_EQ(pattern["logGroups"][0]["logGroupArn"], "arn:aws:logs:us-east-1:123456789012:log-group:/fh/ab");
  EXPECT_FALSE(pattern["logGroups"][0].contains("storedBytes"));
  EXPECT_FALSE(pattern["logGroups"][0].contains("deletionProtectionEnabled"));
}

TEST_F(Logs, AnEmptyPageFollowsASearchByPattern) {
  ask("CreateLogGroup", R"({"logGroupName":"/fh/ab"})");
  const Json first = answer("DescribeLogGroups", R"({"logGroupNamePattern":"ab"})");
  EXPECT_EQ(first["logGroups"].size(), 1u);
  const Json next{{"logGroupNamePattern", "ab"}, {"nextToken", first.at("nextToken")}};
  const Json second = answer("DescribeLogGroups", dump(next));
  EXPECT_EQ(second["logGroups"], Json::array());
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(Logs, ErrorsHaveTheMessagesOfAws) {
  make_stream();
  const std::string long_name(513, 'a');
  const struct {
    std::string operation, body, message;
  } kCases[] = {
      {"CreateLogGroup", R"({"logGroupName":")" + long_name + R"("})",
       "Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
      {"CreateLogStream", R"({"logGroupName":"g","logStreamName":")" + long_name + R"("})",
       "Invalid LogGroup or LogStream, both must have length less than or equal to 512."},
      {"DescribeLogGroups", R"({"logGroupNamePrefix":"a","logGroupNamePattern":"a"})",
       "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."},
      {"DescribeLogStreams", R"({"logGroupName":"g","logGroupIdentifier":"g"})",
       "LogGroup name and LogGroup ARN are mutually exclusive parameters."},
  };
  for (const auto& row : kCases) {
    const Result<Json> body = parse_json(ask(row.operation, row.body).body, "answer");
    ASSERT_TRUE(body);
    EXPECT_EQ(get_string(*body, "message"), row.message);
  }
}

TEST_F(Logs, OnlyAStreamWithEventsHasASequenceToken) {
  make_stream();
  const auto stream = [&] { return answer("DescribeLogStreams", R"({"logGroupName":"g"})")["logStreams"][0]; };
  EXPECT_FALSE(stream().contains("uploadSequenceToken"));
  put({"x"});
  EXPECT_TRUE(stream().contains("uploadSequenceToken"));
}

TEST_F(Logs, GroupsPage) {
  for (const char* name : {"a", "b", "c"}) ask("CreateLogGroup", dump(Json{{"logGroupName", name}}));
  const Json first = answer("DescribeLogGroups", R"({"limit":2})");
  EXPECT_THAT(texts(first["logGroups"], "logGroupName"), ElementsAre("a", "b"));
  const Json second = answer("DescribeLogGroups", dump(Json{{"limit", 2}, {"nextToken", first["nextToken"]}}));
  EXPECT_THAT(texts(second["logGroups"], "logGroupName"), ElementsAre("c"));
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(Logs, TaggingWantsTheArnWithoutItsStar) {
  ask("CreateLogGroup", R"({"logGroupName":"g","tags":{"a":"1"}})");
  const std::string arn = "arn:aws:logs:us-east-1:123456789012:log-group:g";
  const auto tag = [](const std::string& of) { return dump(Json{{"resourceArn", of}, {"tags", {{"b", "2"}}}}); };
  EXPECT_EQ(outcome("TagResource", tag(arn)), "200");
  EXPECT_EQ(outcome("TagResource", tag(arn + ":*")), "400 InvalidParameterException");
  EXPECT_EQ(outcome("TagResource", tag(arn + "h")), "400 ResourceNotFoundException");
  EXPECT_EQ(outcome("UntagResource", dump(Json{{"resourceArn", arn}, {"tagKeys", {"a"}}})), "200");
  EXPECT_EQ(answer("ListTagsForResource", dump(Json{{"resourceArn", arn}}))["tags"], (Json{{"b", "2"}}));
  Json many = Json::object();
  for (int i = 0; i < 50; ++i) many["k" + std::to_string(i)] = "";
  EXPECT_EQ(outcome("TagResource", dump(Json{{"resourceArn", arn}, {"tags", many}})), "400 TooManyTagsException");
}

TEST_F(Logs, StreamsAreOrderedByNameOrTime) {
  ask("CreateLogGroup", R"({"logGroupName":"g"})");
  for (const char* name : {"c", "a", "b"}) {
    ask("CreateLogStream", dump(Json{{"logGroupName", "g"}, {"logStreamName", name}}));
  }
  append_log_event(world, "us-east-1", "g", "a", "x");
  const auto streams = [&](const std::string& body) {
    return texts(answer("DescribeLogStreams", body)["logStreams"], "logStreamName");
  };
  EXPECT_THAT(streams(R"({"logGroupName":"g"})"), ElementsAre("a", "b", "c"));
  EXPECT_THAT(streams(R"({"logGroupName":"g","descending":true})"), ElementsAre("c", "b", "a"));
  EXPECT_THAT(streams(R"({"logGroupName":"g","logStreamNamePrefix":"b"})"), ElementsAre("b"));
  EXPECT_THAT(streams(R"({"logGroupName":"g","orderBy":"LastEventTime","descending":true,"limit":1})"),
              ElementsAre("a"));
  EXPECT_THAT(streams(R"({"logGroupIdentifier":"arn:aws:logs:us-east-1:123456789012:log-group:g:*"})"),
              ElementsAre("a", "b", "c"));
}

TEST_F(Logs, EventsAreReadForwardUntilTheTokenStays) {
  make_stream();
  put({"1", "2", "3"});
  const std::string base = R"("logGroupName":"g","logStreamName":"s","limit":2)";
  Json page = answer("GetLogEvents", "{" + base + R"(,"startFromHead":true})");
  EXPECT_THAT(texts(page["events"], "message"), ElementsAre("1", "2"));
  page = answer("GetLogEvents", "{" + base + R"(,"nextToken":)" + page["nextForwardToken"].dump() + "}");
  EXPECT_THAT(texts(page["events"], "message"), ElementsAre("3"));
  const std::string end = page["nextForwardToken"].dump();
  page = answer("GetLogEvents", "{" + base + R"(,"nextToken":)" + end + "}");
  EXPECT_THAT(page["events"], IsEmpty());
  EXPECT_EQ(page["nextForwardToken"].dump(), end);
  page = answer("GetLogEvents", "{" + base + R"(,"nextToken":)" + page["nextBackwardToken"].dump() + "}");
  EXPECT_THAT(texts(page["events"], "message"), ElementsAre("2", "3"));
  EXPECT_EQ(outcome("GetLogEvents", "{" + base + R"(,"nextToken":"x"})"), "400 InvalidParameterException");
}

TEST_F(Logs, WithoutATokenTheNewestComeFirst) {
  make_stream();
  put({"1", "2", "3"});
  const Json page = answer("GetLogEvents", R"({"logGroupName":"g","logStreamName":"s","limit":2})");
  EXPECT_THAT(texts(page["events"], "message"), ElementsAre("2", "3"));
  const Json late = answer(
      "GetLogEvents",
      dump(
          Json{{"logGroupName", "g"}, {"logStreamName", "s"}, {"startTime", kNowMs - 999}, {"endTime", kNowMs - 998}}));
  EXPECT_THAT(texts(late["events"], "message"), ElementsAre("2"));
}

TEST_F(Logs, BatchesAreChecked) {
  make_stream();
  const auto outcome_of = [&](const Json& events) {
    return outcome("PutLogEvents", dump(Json{{"logGroupName", "g"}, {"logStreamName", "s"}, {"logEvents", events}}));
  };
  const auto event = [](std::int64_t time) { return Json{{"timestamp", time}, {"message", "m"}}; };
  EXPECT_EQ(outcome_of(Json::array()), "400 InvalidParameterException");
  EXPECT_EQ(outcome_of(Json::array({event(2), event(1)})), "400 InvalidParameterException");
  EXPECT_EQ(outcome_of(Json::array({event(kNowMs - 90000000), event(kNowMs)})), "400 InvalidParameterException");
  const Json large{{"timestamp", kNowMs}, {"message", std::string(1048576, 'm')}};
  EXPECT_EQ(outcome_of(Json::array({large})), "400 InvalidParameterException");
  const Json body{
      {"logGroupName", "g"}, {"logStreamName", "s"}, {"logEvents", {event(kNowMs), event(kNowMs + 3 * 3600 * 1000)}}};
  EXPECT_EQ(answer("PutLogEvents", dump(body))["rejectedLogEventsInfo"], (Json{{"tooNewLogEventStartIndex", 1}}));
}

TEST_F(Logs, FilterFindsWords) {
  make_stream();
  put({"S3.NoSuchBucket once", "S3.AccessDenied", "fine"});
  const auto found = [&](const std::string& pattern) {
    const Json body{{"logGroupName", "g"}, {"filterPattern", pattern}};
    return texts(answer("FilterLogEvents", dump(body))["events"], "message");
  };
  EXPECT_EQ(found("").size(), 3u);
  EXPECT_THAT(found("S3 once"), ElementsAre("S3.NoSuchBucket once"));
  EXPECT_THAT(found("?once ?fine"), ElementsAre("S3.NoSuchBucket once", "fine"));
  EXPECT_THAT(found("S3 -once"), ElementsAre("S3.AccessDenied"));
  EXPECT_THAT(found("\"NoSuchBucket once\""), ElementsAre("S3.NoSuchBucket once"));
  const Json first = answer("FilterLogEvents", R"({"logGroupName":"g","limit":2})");
  EXPECT_EQ(first["events"].size(), 2u);
  const Json body{{"logGroupName", "g"}, {"nextToken", first["nextToken"]}};
  const Json second = answer("FilterLogEvents", dump(body));
  EXPECT_THAT(texts(second["events"], "message"), ElementsAre("fine"));
  EXPECT_FALSE(second.contains("nextToken"));
}

TEST_F(Logs, FirehoseWritesWhereThereIsAStream) {
  make_stream();
  EXPECT_TRUE(append_log_event(world, "us-east-1", "g", "s", "m"));
  EXPECT_FALSE(append_log_event(world, "eu-west-1", "g", "s", "m"));
  EXPECT_FALSE(append_log_event(world, "us-east-1", "g", "t", "m"));
}

TEST_F(Logs, ProtectedGroupsStay) {
  ask("CreateLogGroup", R"({"logGroupName":"g","deletionProtectionEnabled":true})");
  EXPECT_EQ(outcome("DeleteLogGroup", R"({"logGroupName":"g"})"), "400 ValidationException");
  ask("PutLogGroupDeletionProtection", R"({"logGroupIdentifier":"g","deletionProtectionEnabled":false})");
  EXPECT_EQ(outcome("DeleteLogGroup", R"({"logGroupName":"g"})"), "200");
}

TEST_F(Logs, SavingBringsEverythingBack) {
  make_stream();
  put({"1"});
  const std::string saved = save_logs(world);
  CloudState other{Options{}};
  ASSERT_TRUE(load_logs(other, saved));
  EXPECT_EQ(save_logs(other), saved);
  EXPECT_FALSE(load_logs(other, "[{}]"));
}

}  // namespace
}  // namespace logs_test
}  // namespace fhctl::sandbox
