#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/spec/spec.h"
#include "core/spec/spec_file.h"
#include "core/spec/spec_keys.h"
#include "core/spec/spec_template.h"
#include "core/spec/templates.h"

namespace fhctl::pipeline {
namespace spec_file_test {
namespace {

using ::testing::HasSubstr;

Result<SpecLayer> parse(std::string_view text) {
  Connection connection;
  return parse_spec_file(text, "fhctl.toml", connection);
}

std::string message_of(std::string_view text) {
  Result<SpecLayer> layer = parse(text);
  return layer ? "no error" : layer.error().message;
}

TEST(SpecFile, ReadsEveryKindOfValue) {
  Connection connection;
  Result<SpecLayer> layer = parse_spec_file(
      "name = \"logs\"\nregion = \"us-west-2\"\nprofile = \"team\"\ncount = 2\nlock_lease = 30\n"
      "[delivery]\nbuffer_interval = \"60s\"\nnewline = true\nprefix = 'a\\b/'\n"
      "[tags]\nteam = \"platform\"\n\"cost center\" = \"12\"\n",
      "fhctl.toml", connection);
  ASSERT_TRUE(layer) << layer.error().message;
  EXPECT_EQ(connection.region, "us-west-2");
  EXPECT_EQ(connection.profile, "team");
  EXPECT_EQ(layer->values, (SpecValues{{"name", "logs"},
                                       {"count", "2"},
                                       {"lock_lease", "30"},
                                       {"delivery.buffer_interval", "60s"},
                                       {"delivery.newline", "true"},
                                       {"delivery.prefix", "a\\b/"},
                                       {"tags.team", "platform"},
                                       {"tags.cost center", "12"}}));
  EXPECT_EQ(layer->origins["count"], "fhctl.toml line 4");
  EXPECT_EQ(layer->origins["tags.team"], "fhctl.toml line 11");
  Result<Spec> spec = merge_spec({*layer});
  ASSERT_TRUE(spec) << spec.error().message;
  EXPECT_EQ(spec->lock_lease_s, 30);  // a bare number is seconds
}

TEST(SpecFile, AnEmptyFileSaysNothing) {
  Result<SpecLayer> layer = parse("");
  ASSERT_TRUE(layer);
  EXPECT_TRUE(layer->values.empty());
}

TEST(SpecFile, EveryMistakeNamesItsLineAndKey) {
  struct Row {
    const char* text;
    const char* says;
  };
  const Row rows[] = {
      {"count = \n", "fhctl.toml:1:"},
      {"name = \"logs\"\n[delivery\n", "fhctl.toml:2:"},
      {"[=]\n", "fhctl.toml:1:2: "},
      {"[.a]\n", "fhctl.toml:1:2: "},
      {"name = \"a\"\nname = \"b\"\n", "fhctl.toml:2:"},
      {"count = 0\n", "fhctl.toml:1: count must be a whole number from 1 to 10000, not \"0\""},
      {"count = 2.5\n", "fhctl.toml:1: count must be a whole number, not a number with a fraction"},
      {"count = [1, 2]\n", "fhctl.toml:1: count must be a whole number, not a list"},
      {"name = 5\n", "fhctl.toml:1: name must be a string, not a number"},
      {"region = 5\n", "fhctl.toml:1: region must be a string, not a number"},
      {"cuont = 2\n", "fhctl.toml:1: there is no key cuont; did you mean count?"},
      {"\n[delivery]\nbuffer-interval = 60\n", "buffer-interval; did you mean delivery.buffer_interval?"},
      {"[delivry]\nprefix = \"x\"\n", "there is no key delivry; did you mean delivery?"},
      {"bucket = \"logs\"\n", "fhctl.toml:1: bucket is a table: write its keys below [bucket]"},
      {"[delivery]\nbuffer_size = 5\n", "a size needs its unit, not a number"},
      {"[delivery]\nnewline = \"yes\"\n", "delivery.newline must be true or false"},
      {"[delivery]\nbuffer_interval = 2026-01-20\n", "not a date or time"},
      {"[delivery.prefix]\nx = 1\n", "delivery.prefix must be a string, not a table"},
      {"tags = \"x\"\n", "tags must be a table of strings, not a string"},
      {"[tags]\nteam = 1\n", "fhctl.toml:2: tags.team must be a string, not a number"},
      {"[tags]\n\"aws:x\" = \"1\"\n", "fhctl.toml:2: the tag \"aws:x\" must not begin with aws:"}};
  for (const Row& row : rows) EXPECT_THAT(message_of(row.text), HasSubstr(row.says));
}

TEST(SpecFile, AllMistakesAtOnce) {
  std::string message =
      message_of("count = \"abc\"\nfoo = 1\n[logs]\nretention = 30\n[delivery]\ncompression = \"xz\"\n");
  std::vector<std::string> lines = split(message, '\n');
  ASSERT_EQ(lines.size(), 4u) << message;
  EXPECT_TRUE(std::is_sorted(lines.begin(), lines.end())) << "in the order of the file";
}

TEST(SpecFile, BrokenTextIsAnErrorAndNothingElse) {
  for (const char* text :
       {"\xff\xfe", "[[[", "a.b.c", "= 1", "x = \"\\u12\"", "x = {a = ", "\"", "[tags]\nx = \"\xc3\""}) {
    EXPECT_FALSE(parse(text)) << text;
  }
}

// Removes the comment marks, so that every example is set.
std::string uncommented(const std::string& text) {
  std::string all;
  for (const std::string& line : split(text, '\n')) {
    std::string_view rest = line;
    bool assignment = starts_with(rest, "# ") && contains(rest, " = ") && !contains(rest.substr(2), ": ");
    all += std::string(assignment ? rest.substr(2) : rest) + "\n";
  }
  return all;
}

TEST(InitFile, SaysExactlyWhatWasChosen) {
  SpecValues chosen = {{"name", "logs"},
                       {"count", "3"},
                       {"delivery.prefix", "a\"b\\c/"},
                       {"delivery.newline", "true"},
                       {"delivery.buffer_interval", "90s"},
                       {"tags.cost \"center\"", "12"}};
  Connection connection;
  Result<SpecLayer> layer =
      parse_spec_file(format_init_file({.region = "eu-west-1", .profile = ""}, {}), "fhctl.toml", connection);
  ASSERT_TRUE(layer) << layer.error().message;
  EXPECT_TRUE(layer->values.empty());
  EXPECT_EQ(connection.region, "eu-west-1");
  EXPECT_EQ(connection.profile, "");
  chosen.erase("tags.cost \"center\"");
  chosen["tags.cost center"] = "12";
  layer = parse_spec_file(format_init_file({}, chosen), "fhctl.toml", connection);
  ASSERT_TRUE(layer) << layer.error().message;
  EXPECT_EQ(layer->values, chosen);
}

TEST(SpecFile, DepthCostsNoStack) {
  const auto repeated = [](std::string_view part) {
    std::string text;
    for (int i = 0; i < 200'000; ++i) text += part;
    return text;
  };
  const std::string texts[] = {
      "[" + repeated("a.") + "a]\n", repeated("a.") + "a = 1\n", "a = {" + repeated("b.") + "c = 1}\n",
      "a = " + repeated("{b="),      "a = " + repeated("["),     "a = {b = '''it's''', " + repeated("b.") + "c = 1}\n"};
  for (const std::string& text : texts) {
    EXPECT_EQ(message_of("\n" + text), "fhctl.toml:2: this is nested too deep for a setting") << text.substr(0, 20);
  }
}

TEST(SpecFile, DotsInTextAndCommentsAreFree) {
  EXPECT_EQ(
      message_of("# .......... [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\ndelivery.prefix = \"..........\\\"../\"\n"),
      "no error");
  EXPECT_EQ(message_of("[delivery]\nprefix = '''..........'..'''\nerror_prefix = \"\"\"..........\"\"\"\n"),
            "no error");
}

TEST(SpecFile, ALetterRightBehindAValueIsAMistake) {
  for (const char* text : {"count = 1\u00f6\n", "count = 1979-05-2\u026907:32:00\n", "count = true\u0400\n"}) {
    Result<SpecLayer> layer = parse(text);
    ASSERT_FALSE(layer) << text;
    EXPECT_EQ(layer.error().kind, ErrorKind::kUsage) << text;
  }
}

TEST(InitFile, ShowsEveryKeyWithFlagVariableAndDefault) {
  const std::string text = format_init_file({}, {});
  for (const SpecKey& key : spec_keys()) {
    EXPECT_THAT(text, HasSubstr(std::string("# ") + std::string(key.help) + "\n# " + std::string(key.flag) + " " +
                                std::string(key.form) + " or " + std::string(key.environment) + "; "));
  }
  EXPECT_THAT(text, HasSubstr("default \"60s\"\n# buffer_interval = \"60s\"\n"));
  EXPECT_THAT(text, HasSubstr("no default, for example:\n# count = 2\n"));
  EXPECT_THAT(text, HasSubstr("because only your account can have it: \"scaling-firehose-ACCOUNT-REGION-an\"\n"));
  EXPECT_THAT(format_init_file({.region = "us-west-2", .profile = ""}, {{"name", "web"}}),
              HasSubstr("\"web-ACCOUNT-us-west-2-an\""));
  EXPECT_EQ(format_init_file({.region = "me-south-1", .profile = ""}, {}).find("-an\""), std::string::npos);
  EXPECT_EQ(text.find("{{"), std::string::npos);
  for (const std::string& line : split(text, '\n')) EXPECT_LE(line.size(), 120u) << line;
}

TEST(InitFile, ItsCommentedLinesAreRightToo) {
  Result<SpecLayer> layer = parse(uncommented(format_init_file({}, {})));
  ASSERT_TRUE(layer) << layer.error().message;
  std::size_t keys = layer->values.size();
  EXPECT_EQ(keys, spec_keys().size() + 1) << "every key, and one tag";
}

TEST(Templates, AreInTheBinary) {
  EXPECT_THAT(std::string(template_text("fhctl.toml")), HasSubstr("{{keys}}"));
  EXPECT_THAT(std::string(template_text("trust-policy.json")), HasSubstr("firehose.amazonaws.com"));
  EXPECT_TRUE(template_text("embed.cmake").empty());
  EXPECT_TRUE(template_text("none").empty());
}

}  // namespace
}  // namespace spec_file_test
}  // namespace fhctl::pipeline
