// When a command asks for confirmation, and what happens without a terminal.
#include "cli/confirm.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/cli/samples.h"
#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace confirm_test {
namespace {

using Verb = pipeline::Intent::Verb;

struct Row {
  const char* title;
  Verb verb;
  bool terminal;
  bool yes;
  const char* confirm_name;
  const char* origin;  // of the name
  const char* typed;
  std::optional<ErrorKind> refused;
};

TEST(Confirm, Table) {
  const char* flag = "the command line";
  const Row table[] = {
      {"y", Verb::kUp, true, false, "", flag, "y", std::nullopt},
      {"YES", Verb::kUp, true, false, "", flag, " YES ", std::nullopt},
      {"nothing typed", Verb::kUp, true, false, "", flag, "", ErrorKind::kCancelled},
      {"n", Verb::kScale, true, false, "", flag, "n", ErrorKind::kCancelled},
      {"no terminal", Verb::kUp, false, false, "", flag, "y", ErrorKind::kConfirmation},
      {"--yes without a terminal", Verb::kUp, false, true, "", "the default", "", std::nullopt},
      {"destroy: the name", Verb::kDestroy, true, false, "", "the default", "logs", std::nullopt},
      {"destroy: the name of the file", Verb::kDestroy, true, false, "", "fhctl.toml", "logs", std::nullopt},
      {"destroy: the name of FHCTL_NAME", Verb::kDestroy, true, false, "", "FHCTL_NAME", "logs", std::nullopt},
      {"destroy: y is not enough", Verb::kDestroy, true, false, "", "the default", "y", ErrorKind::kCancelled},
      {"destroy --confirm", Verb::kDestroy, false, false, "logs", "the default", "", std::nullopt},
      {"destroy --confirm --yes", Verb::kDestroy, false, true, "logs", "fhctl.toml", "", std::nullopt},
      {"another --confirm", Verb::kDestroy, false, false, "log", "the default", "", ErrorKind::kConfirmation},
      {"another --confirm and --yes", Verb::kDestroy, false, true, "log", flag, "", ErrorKind::kConfirmation},
      {"destroy --yes, default", Verb::kDestroy, false, true, "", "the default", "", ErrorKind::kConfirmation},
      {"destroy --yes, FHCTL_NAME", Verb::kDestroy, false, true, "", "FHCTL_NAME", "", ErrorKind::kConfirmation},
      {"destroy --yes, fhctl.toml", Verb::kDestroy, false, true, "", "fhctl.toml", "", ErrorKind::kConfirmation},
      {"destroy --yes at a terminal", Verb::kDestroy, true, true, "", "fhctl.toml", "logs", ErrorKind::kConfirmation},
      {"destroy --yes with a name", Verb::kDestroy, false, true, "", flag, "", std::nullopt},
      {"destroy without a terminal", Verb::kDestroy, false, false, "", flag, "", ErrorKind::kConfirmation},
  };
  for (const Row& row : table) {
    TestPlatform test;
    test.streams.in_terminal = test.streams.err_terminal = row.terminal;
    test.streams.lines = {row.typed};
    Globals globals;
    globals.yes = row.yes;
    ConfirmRequest request{row.verb, "logs", row.origin == std::string("the command line"), row.origin, std::nullopt};
    if (*row.confirm_name != 0) request.confirm_name = row.confirm_name;
    Context context(test.platform, globals, "up");
    const Result<void> agreed = confirm(request, birth_plan(), context);
    EXPECT_EQ(agreed.has_value(), !row.refused) << row.title;
    if (row.refused && !agreed) {
      EXPECT_EQ(agreed.error().kind, *row.refused) << row.title;
    }
    const bool asked = !test.err().empty();
    EXPECT_EQ(asked, would_ask(request, test.platform, globals)) << row.title;
  }
}

TEST(Confirm, NoInputNeverAsks) {
  TestPlatform test;
  test.streams.in_terminal = test.streams.err_terminal = true;
  test.streams.lines = {"y"};
  Globals globals;
  globals.no_input = true;
  Context context(test.platform, globals, "up");
  const Result<void> agreed = confirm({Verb::kUp, "logs", false, "", std::nullopt}, birth_plan(), context);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().kind, ErrorKind::kConfirmation);
  EXPECT_NE(agreed.error().message.find("--no-input"), std::string::npos);
}

TEST(Confirm, WordsForScripts) {
  TestPlatform test;
  const Globals globals;
  Context context(test.platform, globals, "up");
  const Result<void> agreed = confirm({Verb::kUp, "logs", false, "", std::nullopt}, birth_plan(), context);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().message, "refusing to change anything without confirmation: stdin is not a terminal");
  EXPECT_NE(agreed.error().hint.find("--yes"), std::string::npos);
}

TEST(Confirm, PrintsTheCommandThatNamesThePipeline) {
  struct Pasted {
    std::vector<std::string> words;
    const char* command;
  };
  const Pasted table[] = {
      {{"--yes"}, "fhctl destroy --confirm prod"},
      {{"--empty-bucket", "-y"}, "fhctl destroy --empty-bucket --confirm prod"},
      {{"--auto-approve", "--region", "us-west-2", "--keep-bucket"},
       "fhctl destroy --region us-west-2 --keep-bucket --confirm prod"},
      {{"--config", "my spec.toml", "--yes"}, "fhctl destroy --config 'my spec.toml' --confirm prod"},
      {{"--yes", "--"}, "fhctl destroy --confirm prod --"},
  };
  for (const Pasted& row : table) {
    TestPlatform test;
    Globals globals;
    globals.yes = true;
    Context context(test.platform, globals, "destroy", row.words);
    const Result<void> agreed =
        confirm({Verb::kDestroy, "prod", false, "fhctl.toml", std::nullopt}, birth_plan(), context);
    ASSERT_FALSE(agreed);
    EXPECT_EQ(agreed.error().message,
              "refusing to destroy the pipeline prod on a bare --yes: its name comes from fhctl.toml, not from the "
              "command line");
    EXPECT_EQ(agreed.error().hint, fmt::format("if prod is meant: `{}`", row.command));
  }
}

TEST(Confirm, CtrlCAtThePromptIsNo) {
  TestPlatform test;
  test.streams.in_terminal = test.streams.err_terminal = true;
  test.streams.lines = {"y"};
  test.signals.raise(2);
  const Globals globals;
  Context context(test.platform, globals, "up");
  EXPECT_FALSE(confirm({Verb::kUp, "logs", false, "", std::nullopt}, birth_plan(), context));
}

}  // namespace
}  // namespace confirm_test
}  // namespace fhctl::cli
