// Help, completion and the manual page: golden texts, and properties of all of them.
#include "cli/help.h"

#include <gtest/gtest.h>

#include "cli/completion.h"
#include "cli/globals.h"
#include "cli/views/style.h"
#include "core/base/text.h"
#include "tests/cli/golden.h"
#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace help_test {
namespace {

TEST(Help, OverviewIsShortAndNeedsNoNetwork) {
  TestPlatform test;
  EXPECT_EQ(test.run({}), 0);
  EXPECT_EQ(test.out(), overview());
  EXPECT_TRUE(test.err().empty());
  EXPECT_EQ(test.networks_opened, 0);
  EXPECT_LE(split(test.out(), '\n').size(), 26u);  // 25 lines and what follows the last newline
  expect_golden("overview.txt", test.out());
}

TEST(Help, EveryCommandExplainsItself) {
  for (const Command& command : command_table()) {
    TestPlatform test;
    EXPECT_EQ(test.run({std::string(command.name), "--help"}), 0) << command.name;
    const std::string by_flag = test.out();
    EXPECT_EQ(test.run({"help", std::string(command.name)}), 0) << command.name;
    EXPECT_EQ(test.out(), by_flag) << command.name;
    EXPECT_EQ(test.networks_opened, 0);
    EXPECT_FALSE(command.examples.empty()) << command.name;
    for (const std::string& line : split(by_flag, '\n')) EXPECT_LE(display_width(line), 80u) << line;
    expect_golden("help_" + std::string(command.name) + ".txt", by_flag);
  }
}

TEST(Help, HelpBeatsOtherMistakes) {
  TestPlatform test;
  EXPECT_EQ(test.run({"up", "--help", "--region"}), 0);
  EXPECT_NE(test.out().find("Usage: fhctl up"), std::string::npos);
}

TEST(Help, CompletionKnowsEveryCommandAndFlag) {
  Globals globals;
  Flags global_flags;
  bind_globals(globals, global_flags);
  for (const std::string& script : {bash_completion(), zsh_completion(), fish_completion()}) {
    for (const Command& command : command_table()) {
      if (command.hidden) continue;
      EXPECT_NE(script.find(command.name), std::string::npos) << command.name;
      Flags flags;
      const CommandAction targets = command.bind(flags);
      for (const Flag& flag : flags.flags) {
        EXPECT_NE(script.find(flag.name.substr(2)), std::string::npos) << command.name << " " << flag.name;
      }
    }
    for (const Flag& flag : global_flags.flags) EXPECT_NE(script.find(flag.name.substr(2)), std::string::npos);
  }
}

TEST(Help, ShowsHowAFlagIsWritten) {
  bool given = false;
  std::optional<std::string> value;
  Flags flags;
  flags.toggle("--yes", given, "do not ask").letter = 'y';
  flags.text("--bucket", "NAME", value, "the bucket");
  flags.optional_value("--empty", "NAME", given, value, "delete the data");
  EXPECT_EQ(flag_spelling(flags.flags[0]), "-y, --yes");
  EXPECT_EQ(flag_spelling(flags.flags[1]), "--bucket NAME");
  EXPECT_EQ(flag_spelling(flags.flags[2]), "--empty[=NAME]");
}

TEST(Help, ManualPageHasItsSections) {
  const std::string page = manual_page();
  for (const char* section : {".TH FHCTL 1", ".SH NAME", ".SH SYNOPSIS", ".SH COMMANDS", ".SH EXIT STATUS"}) {
    EXPECT_NE(page.find(section), std::string::npos) << section;
  }
  EXPECT_NE(page.find("\\-\\-detailed\\-exitcode"), std::string::npos);
}

TEST(Help, FlagsOfACommandDoNotCollide) {
  for (const Command& command : command_table()) {
    Globals globals;
    Flags flags;
    const CommandAction targets = command.bind(flags);
    bind_globals(globals, flags);
    std::set<std::string> seen;
    for (const std::string& spelling : flags.spellings()) {
      EXPECT_TRUE(seen.insert(spelling).second) << command.name << " " << spelling;
    }
  }
}

}  // namespace
}  // namespace help_test
}  // namespace fhctl::cli
