#include "core/base/json.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace fhctl {
namespace json_test {
namespace {

using namespace std::string_literals;

std::string nested(int levels) {
  return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']');
}

TEST(ParseJson, SaysWhereADocumentBreaks) {
  struct Row {
    std::string text;
    std::string message;
  };
  const std::vector<Row> rows = {
      {"", "the answer is not valid JSON at line 1, column 1"},
      {"{\"a\": tru}", "the answer is not valid JSON at line 1, column 10"},
      {"{\n  \"a\": 1,\n}", "the answer is not valid JSON at line 3, column 1"},
      {"[1] x", "the answer is not valid JSON at line 1, column 5"},
      {"\"\xff\"", "the answer is not valid JSON at line 1, column 2"},
      {"[1e999]", "the answer holds a number that is too large"},
      {nested(65), "the answer is nested deeper than 64 levels at line 1, column 65"},
  };
  for (const Row& row : rows) {
    const Result<Json> json = parse_json(row.text, "the answer");
    ASSERT_FALSE(json) << row.text;
    EXPECT_EQ(json.error().kind, ErrorKind::kProtocol);
    EXPECT_EQ(json.error().message, row.message) << row.text;
  }
}

TEST(ParseJson, TheDepthLimitDoesNotCountBracketsInStrings) {
  EXPECT_TRUE(parse_json(nested(64), "it"));
  EXPECT_TRUE(parse_json("\"\\\"" + nested(100) + "\"", "it"));
  EXPECT_FALSE(parse_json(std::string(5'000'000, '['), "it"));  // deep nesting does not overflow the stack
}

TEST(JsonMembers, AreReadByTypeAndNeverThrow) {
  const Json json =
      *parse_json(R"({"s":"x","i":-3,"u":18446744073709551615,"d":1.5,"b":true,"n":null,"o":{},"a":[1]})", "it");
  EXPECT_EQ(get_string(json, "s"), "x");
  EXPECT_EQ(get_integer(json, "i"), -3);
  EXPECT_EQ(get_integer(json, "u"), std::nullopt);
  EXPECT_EQ(get_integer(json, "d"), std::nullopt);
  EXPECT_EQ(get_number(json, "d"), 1.5);
  EXPECT_EQ(get_number(json, "i"), -3.0);
  EXPECT_EQ(get_bool(json, "b"), true);
  EXPECT_NE(get_object(json, "o"), nullptr);
  EXPECT_NE(get_array(json, "a"), nullptr);
  for (const std::string name : {"n", "absent"}) {
    EXPECT_EQ(get_string(json, name), std::nullopt);
    EXPECT_EQ(get_integer(json, name), std::nullopt);
    EXPECT_EQ(get_number(json, name), std::nullopt);
    EXPECT_EQ(get_bool(json, name), std::nullopt);
    EXPECT_EQ(get_object(json, name), nullptr);
    EXPECT_EQ(get_array(json, name), nullptr);
  }
  EXPECT_EQ(get_string(json["a"], "s"), std::nullopt);
  EXPECT_EQ(get_object(json["s"], "s"), nullptr);
}

TEST(JsonMembers, AnIntegerThatDoesNotFitIsNone) {
  const Json json = *parse_json(R"({"max":2147483647,"min":-2147483648,"over":2147483648,"wraps":4294967301})", "it");
  EXPECT_EQ(get_int(json, "max"), 2147483647);
  EXPECT_EQ(get_int(json, "min"), -2147483647 - 1);
  for (const std::string name : {"over", "wraps", "absent"}) EXPECT_EQ(get_int(json, name), std::nullopt) << name;
}

TEST(Dump, ReplacesBrokenUtf8) { EXPECT_EQ(dump(Json("a\xff")), "\"a\uFFFD\""); }

}  // namespace
}  // namespace json_test
}  // namespace fhctl
