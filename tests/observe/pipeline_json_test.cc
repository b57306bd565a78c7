#include "core/observe/pipeline_json.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/spec/spec_keys.h"

namespace fhctl::pipeline {
namespace pipeline_json_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Document example() {
  return {.pipeline = "logs",
          .account = "123456789012",
          .region = "us-west-2",
          .id = "5c0e2b7f9a1d4e36",
          .created_by = "arn:aws:iam::123456789012:user/\xC3\xBC\"x\"",
          .created_at = "2026-01-20T10:04:11Z",
          .spec = {{"delivery.prefix", "logs/"}, {"tags.team", "x"}},
          .members = {1, 2, 4}};
}

TEST(Document, IsReadBackAsItWasWritten) {
  Result<Document> read = parse_document(format_document(example()), "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, example());
  Document empty = example();
  empty.members.clear();
  empty.spec.clear();
  read = parse_document(format_document(empty), "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, empty);
}

TEST(Document, HasItsKeysInAFixedOrder) {
  const std::string text = format_document(example());
  EXPECT_TRUE(starts_with(text, "{\n  \"schema\": \"fhctl.pipeline/1\",\n  \"pipeline\": \"logs\",\n")) << text;
  EXPECT_THAT(text, HasSubstr("  \"members\": \"1-2,4\",\n  \"spec_values\": \"set\",\n  \"spec\": {\n    "
                              "\"delivery.prefix\": \"logs/\",\n"));
  EXPECT_TRUE(ends_with(text, "}\n"));
}

TEST(Document, WhatANewerVersionAddedIsIgnoredAndKept) {
  std::string text = replace_all(format_document(example()), "pipeline/1\"",
                                 "pipeline/1.3\", \"more\": {\"b\": [1, 2.5, null], \"a\": \"x\"}");
  text = replace_all(text, "\"spec\": {",
                     "\"spec\": {\"delivery.later\": {\"deep\": true}, \"delivery.compression\": \"brotli\", "
                     "\"delivery.newline\": true,");
  Result<Document> read = parse_document(text, "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec, example().spec);
  EXPECT_THAT(unreadable_keys(*read), ElementsAre("delivery.compression", "delivery.newline"));
  read->members = {7};  // a writer changes something else
  const std::string written = format_document(*read);
  Result<Json> json = parse_json(written, "written");
  ASSERT_TRUE(json) << written;
  EXPECT_EQ((*json)["schema"], "fhctl.pipeline/1.3");
  EXPECT_EQ((*json)["members"], "7");
  EXPECT_EQ((*json)["more"], Json::parse(R"({"b": [1, 2.5, null], "a": "x"})"));
  EXPECT_EQ((*json)["spec"]["delivery.later"], Json::parse(R"({"deep": true})"));
  EXPECT_EQ((*json)["spec"]["delivery.compression"], "brotli");
  EXPECT_EQ((*json)["spec"]["delivery.newline"], true);
  EXPECT_EQ(*parse_document(written, "again"), *read);
}

TEST(Document, AValueThatAUserSetsReplacesOneThatCouldNotBeRead) {
  Document document = example();
  document.unknown_spec = {{"delivery.compression", "\"brotli\""}};
  document.spec["delivery.compression"] = "gzip";
  EXPECT_THAT(format_document(document), HasSubstr("\"delivery.compression\": \"gzip\""));
  EXPECT_THAT(format_document(document), Not(HasSubstr("brotli")));
}

TEST(Document, NeverTakesWhatBelongsToOneMachine) {
  for (const SpecKey& key : spec_keys()) {
    const std::string text = replace_all(format_document(example()), "\"spec\": {",
                                         fmt::format("\"spec\": {{\"{}\": \"{}\",", key.key, key.example));
    const Result<Document> read = parse_document(text, "pipeline.json");
    ASSERT_TRUE(read) << read.error().message;
    const bool local = key.key == "name" || key.key == "count" || key.key == "manifest.file";
    const std::string name(key.key);
    EXPECT_EQ(read->spec.contains(name) || read->unknown_spec.contains(name), !local) << key.key;
    EXPECT_EQ(format_document(*read).find(fmt::format("\"{}\":", key.key)) == std::string::npos, local) << key.key;
  }
}

// A document as fhctl 0.1 wrote it: every key, defaults included.
constexpr const char* kOldDocument = R"({
  "schema": "fhctl.pipeline/1", "pipeline": "logs", "account": "123456789012", "region": "us-west-2",
  "id": "33674debea70259d", "created_by": "arn:aws:iam::123456789012:user/sandbox",
  "created_at": "2026-11-29T20:37:23Z", "members": "1-2",
  "spec": {
    "bucket.abort_uploads_days": "7", "bucket.existing": "", "bucket.name": "logs-123456789012-us-west-2",
    "delivery.buffer_interval": "60s", "delivery.buffer_size": "5MiB", "delivery.compression": "gzip",
    "delivery.error_prefix": "errors/!{firehose:error-output-type}/", "delivery.kms_key": "",
    "delivery.newline": "false", "delivery.prefix": "logs/", "drain.flush_margin": "60s", "drain.lag": "120s",
    "drain.patience": "600s", "drain.period": "60s", "drain.quiet": "180s", "drain.time": "900s",
    "lock_lease": "60s", "logs.enabled": "true", "logs.group": "/aws/kinesisfirehose/logs",
    "logs.retention": "30d", "logs.stream": "S3Delivery", "manifest.parameter": "", "manifest.poll": "30s",
    "manifest.producers": "1", "manifest.record_ttl": "30s", "manifest.stale": "600s", "role.existing": "",
    "role.name": "logs-us-west-2-firehose", "role.path": "/", "role.permissions_boundary": "",
    "role.policy": "delivery", "role.trust": "none"
  }
})";

TEST(Document, TheDefaultsThatAnOldVersionStoredCountAsNotSet) {
  Result<Document> read = parse_document(kOldDocument, "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec, SpecValues{});
  EXPECT_FALSE(read->intent);
  std::string text =
      replace_all(kOldDocument, "\"60s\", \"delivery.buffer_size\"", "\"300s\", \"delivery.buffer_size\"");
  text = replace_all(text, "logs-123456789012-us-west-2", "bucket-of-mine");
  read = parse_document(text, "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec, (SpecValues{{"bucket.name", "bucket-of-mine"}, {"delivery.buffer_interval", "300s"}}));
}

TEST(Document, AValueThatAUserSetStaysAlsoWhereItEqualsTheDefault) {
  Document document = example();
  document.spec["delivery.buffer_interval"] = "60s";
  const Result<Document> read = parse_document(format_document(document), "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->spec, document.spec);
}

TEST(Document, SaysWhatAWriterMustKnow) {
  const auto missing = [](const std::string& required) {
    const std::string text =
        replace_all(format_document(example()), "pipeline/1\",", "pipeline/1\", \"requires\": " + required + ",");
    const Result<Document> read = parse_document(text, "pipeline.json");
    EXPECT_TRUE(read);
    EXPECT_THAT(format_document(*read), HasSubstr("\"requires\""));
    return missing_requirements(*read);
  };
  using Missing = std::vector<std::pair<std::string, std::string>>;
  EXPECT_EQ(missing(R"({"delivery.prefix": "0.1", "members": "0.1"})"), Missing{});
  EXPECT_EQ(missing(R"({"delivery.partitions": "0.9.0"})"), (Missing{{"delivery.partitions", "0.9.0"}}));
  EXPECT_EQ(missing(R"(["delivery.partitions", "spec"])"), (Missing{{"delivery.partitions", ""}}));
  EXPECT_EQ(missing("7"), (Missing{{"requires", ""}}));
  EXPECT_EQ(missing("null"), Missing{});
}

TEST(Document, RequiresAVersionThatKnowsTheExistingLogGroup) {
  Document document = example();
  document.spec["logs.existing"] = "company";
  const std::string text = format_document(document);
  EXPECT_EQ(Json::parse(text).at("requires"), (Json{{"logs.existing", "0.2.0"}}));
  Result<Document> read = parse_document(text, "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, document);
  EXPECT_TRUE(missing_requirements(*read).empty());
  // It is required no longer than the key is there, and beside what others require.
  for (const char* others :
       {R"({"delivery.later": "0.9.0", "logs.existing": "0.2.0"})", R"(["delivery.later", "logs.existing"])"}) {
    Json json = Json::parse(text);
    json["requires"] = Json::parse(others);
    read = parse_document(json.dump(), "pipeline.json");
    ASSERT_TRUE(read) << read.error().message;
    ASSERT_EQ(missing_requirements(*read).size(), 1u);
    EXPECT_EQ(Json::parse(format_document(*read)).at("requires"), Json::parse(others));
    read->spec.erase("logs.existing");
    EXPECT_THAT(format_document(*read), Not(HasSubstr("logs.existing")));
    EXPECT_THAT(format_document(*read), HasSubstr("delivery.later"));
  }
  for (const char* nothing : {"null", "{}", "[]"}) {
    Json json = Json::parse(text);
    json["requires"] = Json::parse(nothing);
    read = parse_document(json.dump(), "pipeline.json");
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(*parse_document(format_document(*read), "pipeline.json"), *read) << nothing;
  }
  document.spec.erase("logs.existing");
  EXPECT_FALSE(Json::parse(format_document(document)).contains("requires"));
  // A value that this version cannot read is required, too.
  read = parse_document(replace_all(text, "\"company\"", "7"), "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(Json::parse(format_document(*read)).at("requires"), (Json{{"logs.existing", "0.2.0"}}));
}

TEST(Document, KeepsTheNewestRequest) {
  Document document = example();
  document.intent = StoredIntent{"ab12cd34", "destroy", "host-1", "2026-11-29T20:37:23Z"};
  const Result<Document> read = parse_document(format_document(document), "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, document);
}

TEST(Document, ListsDroppedTagsThatFhctlMayHaveSet) {
  Document document = example();
  document.dropped_tags = {"cost centre", "team"};
  Result<Document> read = parse_document(format_document(document), "pipeline.json");
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read, document);
  const auto keys = [](const std::string& list) {
    const std::string text =
        replace_all(format_document(example()), "pipeline/1\",", "pipeline/1\", \"dropped_tags\": " + list + ",");
    const Result<Document> parsed = parse_document(text, "pipeline.json");
    EXPECT_TRUE(parsed);
    return parsed->dropped_tags;
  };
  EXPECT_EQ(keys(R"(["team", 7, "", "fhctl:id", "aws:x"])"), (std::set<std::string>{"team"}));
  EXPECT_EQ(keys(R"("team")"), std::set<std::string>{});
}

TEST(Document, SaysWhatIsWrong) {
  const std::string good = format_document(example());
  struct Row {
    std::string text;
    const char* says;
  };
  const Row rows[] = {{"", "pipeline.json"},
                      {good.substr(0, good.size() / 2), "pipeline.json"},
                      {"<html>", "pipeline.json"},
                      {"[]", "not a JSON object"},
                      {"{}", "schema is missing"},
                      {replace_all(good, "pipeline/1", "pipeline/2"), "schema \"fhctl.pipeline/2\" is not"},
                      {replace_all(good, "pipeline/1", "pipeline/10"), "schema \"fhctl.pipeline/10\" is not"},
                      {replace_all(good, "\"id\"", "\"di\""), "id is missing"},
                      {replace_all(good, "\"123456789012\"", "123456789012"), "account is missing or no text"},
                      {replace_all(good, "1-2,4", "2-1"), "members is missing or not of the form"},
                      {replace_all(good, "\"spec\"", "\"cepS\""), "spec is missing"}};
  for (const Row& row : rows) {
    Result<Document> read = parse_document(row.text, "pipeline.json");
    ASSERT_FALSE(read) << row.says;
    EXPECT_EQ(read.error().kind, ErrorKind::kProtocol);
    EXPECT_THAT(read.error().message, HasSubstr(row.says));
    EXPECT_THAT(read.error().message, HasSubstr("pipeline.json"));
  }
}

TEST(Document, EveryCutOffTextIsAnError) {
  const std::string good = format_document(example());
  for (std::size_t size = 0; size + 2 < good.size(); ++size) {
    EXPECT_FALSE(parse_document(std::string_view(good).substr(0, size), "pipeline.json")) << size;
  }
}

}  // namespace
}  // namespace pipeline_json_test
}  // namespace fhctl::pipeline
