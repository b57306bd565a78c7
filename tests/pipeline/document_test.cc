#include "core/pipeline/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

using ::testing::HasSubstr;

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
  EXPECT_THAT(text, HasSubstr("  \"members\": \"1-2,4\",\n  \"spec\": {\n    \"delivery.prefix\": \"logs/\",\n"));
  EXPECT_TRUE(ends_with(text, "}\n"));
}

TEST(Document, ANewerMinorVersionAndUnknownMembersAreFine) {
  std::string text = replace_all(format_document(example()), "pipeline/1\"", "pipeline/1.3\", \"more\": [1]");
  EXPECT_TRUE(parse_document(text, "pipeline.json"));
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
                      {replace_all(good, "\"logs/\"", "7"), "spec.delivery.prefix is no text"},
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
}  // namespace fhctl::pipeline
