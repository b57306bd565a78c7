// Colours and formats, as environment, flags and terminal determine them.
#include "cli/globals.h"

#include <gtest/gtest.h>

#include "cli/views/style.h"
#include "tests/support/fakes.h"

namespace fhctl::cli {
namespace globals_test {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

TEST(Globals, WhetherToColour) {
  struct Row {
    const char* title;
    Values environment;
    const char* flag;
    bool terminal;
    bool expected;
  };
  const Row table[] = {
      {"a terminal", {}, "", true, true},
      {"a pipe", {}, "", false, false},
      {"NO_COLOR", {{"NO_COLOR", "1"}}, "", true, false},
      {"an empty NO_COLOR says nothing", {{"NO_COLOR", ""}}, "", true, true},
      {"a dumb terminal", {{"TERM", "dumb"}}, "", true, false},
      {"forced in a pipe", {{"CLICOLOR_FORCE", "1"}}, "", false, true},
      {"FORCE_COLOR", {{"FORCE_COLOR", "1"}}, "", false, true},
      {"FORCE_COLOR=0 forces nothing", {{"FORCE_COLOR", "0"}}, "", false, false},
      {"NO_COLOR beats force", {{"NO_COLOR", "1"}, {"FORCE_COLOR", "1"}}, "", true, false},
      {"the flag beats NO_COLOR", {{"NO_COLOR", "1"}}, "always", false, true},
      {"never", {{"FORCE_COLOR", "1"}}, "never", true, false},
  };
  for (const Row& row : table) {
    Globals globals;
    if (*row.flag != 0) globals.color = row.flag;
    EXPECT_EQ(use_color(globals, test::MapEnvironment(row.environment), row.terminal), row.expected) << row.title;
  }
}

TEST(Globals, Automation) {
  EXPECT_FALSE(in_automation(test::MapEnvironment()));
  EXPECT_TRUE(in_automation(test::MapEnvironment(Values{{"CI", "true"}})));
  EXPECT_FALSE(in_automation(test::MapEnvironment(Values{{"CI", "false"}})));
  EXPECT_TRUE(in_automation(test::MapEnvironment(Values{{"FHCTL_IN_AUTOMATION", "1"}})));
  EXPECT_EQ(ci_job_url(test::MapEnvironment(
                {{"GITHUB_SERVER_URL", "https://github.com"}, {"GITHUB_REPOSITORY", "o/r"}, {"GITHUB_RUN_ID", "7"}})),
            "https://github.com/o/r/actions/runs/7");
}

TEST(Style, WidthCountsWhatIsSeen) {
  EXPECT_EQ(display_width("abc"), 3u);
  EXPECT_EQ(display_width("✓ ü"), 3u);
  EXPECT_EQ(display_width("\x1b[32m+\x1b[0m"), 1u);
  EXPECT_EQ(cut_to_width("abcdefghij", 8), "abcde...");
  EXPECT_EQ(cut_to_width("üüüüüüüüüü", 8), "üüüüü...");
  EXPECT_EQ(cut_to_width("short", 8), "short");
}

TEST(Style, ColumnsOfTheEnvironmentWin) {
  test::FakeStreams streams;
  streams.width = 100;
  EXPECT_EQ(style_of_stdout({}, test::MapEnvironment(), streams).columns, 100);
  EXPECT_EQ(style_of_stdout({}, test::MapEnvironment(Values{{"COLUMNS", "40"}}), streams).columns, 40);
  EXPECT_EQ(style_of_stdout({}, test::MapEnvironment(Values{{"COLUMNS", "wide"}}), streams).columns, 100);
}

}  // namespace
}  // namespace globals_test
}  // namespace fhctl::cli
