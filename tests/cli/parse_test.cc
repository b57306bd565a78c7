// Command-line parsing: flags in any position, negative numbers, and usage errors with suggestions.
#include "cli/parse.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/globals.h"

namespace fhctl::cli {
namespace parse_test {
namespace {

struct Targets {
  bool yes = false;
  std::optional<std::string> name;
  std::optional<std::string> color;
  std::optional<int> count;
  std::optional<Duration> timeout;
  std::vector<std::string> tags;
  std::vector<std::string> words;
  bool emptied = false;
  std::optional<std::string> emptied_name;

  Flags flags() {
    Flags made;
    Flag& flag = made.toggle("--yes", yes, "do not ask");
    flag.letter = 'y';
    flag.synonyms = {"--auto-approve"};
    made.text("--name", "NAME", name, "the pipeline").letter = 'n';
    made.choice("--color", {"auto", "always", "never"}, color, "when");
    made.integer("--count", "N", count, "streams");
    made.duration("--timeout", timeout, "how long");
    made.custom(
        "--tag", "K=V",
        [this](const std::string& value) {
          tags.push_back(value);
          return ok();
        },
        "tags");
    made.optional_value("--empty", "NAME", emptied, emptied_name, "delete the data").letter = 'e';
    made.arguments("WORD", words, "words");
    return made;
  }
};

TEST(Parse, ReadsFlagsInEveryForm) {
  Targets targets;
  const Flags flags = targets.flags();
  ASSERT_TRUE(parse_words({"logs", "--count=3", "-y", "--timeout", "5m", "--tag", "a=b", "--tag", "c=d", "-1", "+2"},
                          flags, "scale"));
  EXPECT_TRUE(targets.yes);
  EXPECT_EQ(targets.count, 3);
  EXPECT_EQ(targets.timeout, Duration(std::chrono::minutes(5)));
  EXPECT_EQ(targets.tags, (std::vector<std::string>{"a=b", "c=d"}));
  EXPECT_EQ(targets.words, (std::vector<std::string>{"logs", "-1", "+2"}));
}

TEST(Parse, TakesTerraformsSpelling) {
  Targets targets;
  const Flags flags = targets.flags();
  ASSERT_TRUE(parse_words(normalise_words({"-auto-approve"}), flags, "up"));
  EXPECT_TRUE(targets.yes);
}

TEST(Parse, NegativeNumbersAreValues) {
  Targets targets;
  const Flags flags = targets.flags();
  ASSERT_TRUE(parse_words({"--count", "-1"}, flags, "up"));
  EXPECT_EQ(targets.count, -1);
}

TEST(Parse, ASwitchTakesNoValue) {
  for (const char* word : {"--yes=false", "--yes=true", "--yes=", "-y=1"}) {
    Targets targets;
    const Flags flags = targets.flags();
    const Result<void> parsed = parse_words({word}, flags, "up");
    ASSERT_FALSE(parsed) << word;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage);
    EXPECT_EQ(parsed.error().message, fmt::format("--yes takes no value, but \"{}\" gives it one", word));
    EXPECT_FALSE(targets.yes) << word;
  }
}

TEST(Parse, AnEmptyValueIsAValue) {
  Targets targets;
  const Flags flags = targets.flags();
  ASSERT_TRUE(parse_words({"--name=", "--yes"}, flags, "up"));
  EXPECT_EQ(targets.name, "");
  EXPECT_TRUE(targets.yes);
}

TEST(Parse, AnOptionalValueStandsInTheSameWord) {
  struct Row {
    std::vector<std::string> words;
    bool given;
    std::optional<std::string> value;
    std::vector<std::string> positionals;
  };
  const Row table[] = {
      {{"logs"}, false, std::nullopt, {"logs"}},
      {{"--empty"}, true, std::nullopt, {}},
      {{"--empty", "logs"}, true, std::nullopt, {"logs"}},
      {{"--empty=data", "logs"}, true, "data", {"logs"}},
      {{"--empty=[a]", "--empty"}, true, "[a]", {}},
      {{"--empty=a=b"}, true, "a=b", {}},
      {{"--empty", "--yes"}, true, std::nullopt, {}},
      {{"-e", "logs"}, true, std::nullopt, {"logs"}},
      {{"-e=data"}, true, "data", {}},
      {{"-ye", "logs"}, true, std::nullopt, {"logs"}},
      {{"--", "--empty=data"}, false, std::nullopt, {"--empty=data"}},
  };
  for (const Row& row : table) {
    Targets targets;
    const Flags flags = targets.flags();
    ASSERT_TRUE(parse_words(row.words, flags, "destroy")) << row.words.front();
    EXPECT_EQ(targets.emptied, row.given) << row.words.front();
    EXPECT_EQ(targets.emptied_name, row.value) << row.words.front();
    EXPECT_EQ(targets.words, row.positionals) << row.words.front();
  }
}

TEST(Parse, AWordAfterTwoDashesIsNotAFlag) {
  Targets targets;
  const Flags flags = targets.flags();
  ASSERT_TRUE(parse_words({"--", "--yes"}, flags, "up"));
  EXPECT_FALSE(targets.yes);
  EXPECT_EQ(targets.words, (std::vector<std::string>{"--yes"}));
}

TEST(Parse, BracketsArePartOfTheValue) {
  Targets targets;
  const Flags flags = targets.flags();
  const std::vector<std::string> words = {"[a,b]", "[]", "\x01[c]", "[d", "[]e]"};
  std::vector<std::string> all = {"--name", "[x,y]", "--tag=[z]"};
  all.insert(all.end(), words.begin(), words.end());
  ASSERT_TRUE(parse_words(all, flags, "up"));
  EXPECT_EQ(targets.words, words);
  EXPECT_EQ(targets.name, "[x,y]");
  EXPECT_EQ(targets.tags, (std::vector<std::string>{"[z]"}));
}

// An empty shell variable without quotes leaves the next flag where the value should be.
TEST(Parse, AFlagIsNotAValue) {
  struct Row {
    std::vector<std::string> words;
    const char* flag;
    const char* word;
  };
  const Row table[] = {
      {{"--name", "--yes"}, "--name", "--yes"},
      {{"--name", "-y"}, "--name", "-y"},
      {{"--name", "--auto-approve"}, "--name", "--auto-approve"},
      {{"--name", "--color=never"}, "--name", "--color=never"},
      {{"--name", "--name"}, "--name", "--name"},
      {{"--name", "-n=x"}, "--name", "-n=x"},
      {{"--name", "-nx"}, "--name", "-nx"},
      {{"--name", "-yn"}, "--name", "-yn"},
      {{"--name", "-ye"}, "--name", "-ye"},
      {{"--name", "--empty=data"}, "--name", "--empty=data"},
      {{"-n", "--yes"}, "--name", "--yes"},
      {{"-yn", "--yes"}, "--name", "--yes"},
      {{"logs", "--tag", "a=b", "--tag", "--count=3"}, "--tag", "--count=3"},
  };
  for (const Row& row : table) {
    Targets targets;
    const Flags flags = targets.flags();
    const Result<void> parsed = parse_words(row.words, flags, "up");
    ASSERT_FALSE(parsed) << row.word;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage) << row.word;
    EXPECT_EQ(parsed.error().message,
              fmt::format("the value of {} would be \"{}\", which is a flag of this command", row.flag, row.word));
    EXPECT_EQ(parsed.error().hint,
              fmt::format("write {}={} if that text is really meant as the value", row.flag, row.word));
    EXPECT_FALSE(targets.yes) << row.word;
    EXPECT_FALSE(targets.name) << row.word;
  }
}

TEST(Parse, WhatIsNotAFlagOfTheCommandIsAValue) {
  for (const std::string value : {"--frobnicate", "-x", "-", "--", "-1", "-yx", "-vendor/", "--yes-and-no", ""}) {
    Targets targets;
    const Flags flags = targets.flags();
    ASSERT_TRUE(parse_words({"--name", value, "--yes"}, flags, "up")) << value;
    EXPECT_EQ(targets.name, value);
    EXPECT_TRUE(targets.yes) << value;
  }
  for (const std::string value : {"--yes", "-y", "--color=never"}) {
    Targets targets;
    const Flags flags = targets.flags();
    ASSERT_TRUE(parse_words({"--name=" + value}, flags, "up")) << value;
    EXPECT_EQ(targets.name, value);
    EXPECT_FALSE(targets.yes) << value;
  }
}

struct Wrong {
  const char* title;
  std::vector<std::string> words;
  const char* message;
  const char* hint;
};

TEST(Parse, SaysWhatIsWrong) {
  const Wrong table[] = {
      {"unknown flag", {"--cuont", "3"}, "has no flag \"--cuont\"", "--count"},
      {"unknown flag with a value", {"--nmae=x"}, "has no flag \"--nmae\"", "--name"},
      {"nothing near", {"--frobnicate"}, "has no flag", "fhctl up --help"},
      {"missing value", {"--name"}, "--name needs a value", ""},
      {"no number", {"--count", "abc"}, "--count takes a whole number, not \"abc\"", ""},
      {"a number with an exponent", {"--count", "1e9"}, "takes a whole number", ""},
      {"too large a number", {"--count", "99999999999"}, "takes a whole number", ""},
      {"no duration", {"--timeout", "soon"}, "takes a duration", ""},
      {"not among the choices", {"--color", "alwais"}, "--color takes one of auto, always, never", "always"},
      {"an optional value that is empty", {"--empty="}, "--empty= has an empty value", "--empty=NAME"},
      {"no prefix abbreviations", {"--nam", "x"}, "has no flag \"--nam\"", "--name"},
  };
  for (const Wrong& row : table) {
    Targets targets;
    const Flags flags = targets.flags();
    const Result<void> parsed = parse_words(row.words, flags, "up");
    ASSERT_FALSE(parsed) << row.title;
    EXPECT_EQ(parsed.error().kind, ErrorKind::kUsage) << row.title;
    EXPECT_NE(parsed.error().message.find(row.message), std::string::npos)
        << row.title << ": " << parsed.error().message;
    EXPECT_NE(parsed.error().hint.find(row.hint), std::string::npos) << row.title << ": " << parsed.error().hint;
  }
}

TEST(Parse, OnePositionalTooManyIsSaid) {
  std::optional<std::string> name;
  Flags flags;
  flags.argument("NAME", name, "the pipeline");
  const Result<void> parsed = parse_words({"a", "b"}, flags, "up");
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("unexpected argument"), std::string::npos);
}

TEST(Parse, FindsTheCommandBehindGlobalFlags) {
  Globals globals;
  Flags flags;
  bind_globals(globals, flags);
  struct Row {
    std::vector<std::string> words;
    std::size_t at;
  };
  const Row table[] = {
      {{"up"}, 0},
      {{"--region", "us-west-2", "up"}, 2},
      {{"--region=us-west-2", "up"}, 1},
      {{"-o", "json", "-y", "describe", "up"}, 3},
      {{"--yes"}, 1},
      {{"--unknown", "up"}, 1},
      {{}, 0},
  };
  for (const Row& row : table) EXPECT_EQ(find_command(row.words, flags), row.at);
}

}  // namespace
}  // namespace parse_test
}  // namespace fhctl::cli
