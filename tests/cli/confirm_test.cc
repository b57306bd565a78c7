// Who is asked, and what happens where nobody can answer.
#include "cli/confirm.h"

#include <gtest/gtest.h>

#include "tests/cli/samples.h"
#include "tests/cli/test_world.h"

namespace fhctl::cli {
namespace {

using Verb = pipeline::Intent::Verb;

struct Row {
  const char* title;
  Verb verb;
  bool terminal;
  bool yes;
  const char* confirm_name;
  bool name_is_default;
  const char* typed;
  std::optional<ErrorKind> refused;
};

TEST(Confirm, Table) {
  const Row table[] = {
      {"y", Verb::kUp, true, false, "", false, "y", std::nullopt},
      {"YES", Verb::kUp, true, false, "", false, " YES ", std::nullopt},
      {"nothing typed", Verb::kUp, true, false, "", false, "", ErrorKind::kCancelled},
      {"n", Verb::kScale, true, false, "", false, "n", ErrorKind::kCancelled},
      {"no terminal", Verb::kUp, false, false, "", false, "y", ErrorKind::kConfirmation},
      {"--yes without a terminal", Verb::kUp, false, true, "", true, "", std::nullopt},
      {"destroy: the name", Verb::kDestroy, true, false, "", true, "logs", std::nullopt},
      {"destroy: y is not enough", Verb::kDestroy, true, false, "", true, "y", ErrorKind::kCancelled},
      {"destroy --confirm", Verb::kDestroy, false, false, "logs", true, "", std::nullopt},
      {"destroy --confirm with another name", Verb::kDestroy, false, false, "log", true, "", ErrorKind::kConfirmation},
      {"destroy --yes with the built-in name", Verb::kDestroy, false, true, "", true, "", ErrorKind::kConfirmation},
      {"destroy --yes with a name", Verb::kDestroy, false, true, "", false, "", std::nullopt},
      {"destroy without a terminal", Verb::kDestroy, false, false, "", false, "", ErrorKind::kConfirmation},
  };
  for (const Row& row : table) {
    TestWorld test;
    test.streams.in_terminal = test.streams.err_terminal = row.terminal;
    test.streams.lines = {row.typed};
    Globals globals;
    globals.yes = row.yes;
    ConfirmRequest request{row.verb, "logs", row.name_is_default, std::nullopt};
    if (*row.confirm_name != 0) request.confirm_name = row.confirm_name;
    Context context(test.world, globals, "up");
    const Result<void> agreed = confirm(request, birth_plan(), context);
    EXPECT_EQ(agreed.has_value(), !row.refused) << row.title;
    if (row.refused && !agreed) {
      EXPECT_EQ(agreed.error().kind, *row.refused) << row.title;
    }
    const bool asked = !test.err().empty();
    EXPECT_EQ(asked, would_ask(request, test.world, globals)) << row.title;
  }
}

TEST(Confirm, NoInputNeverAsks) {
  TestWorld test;
  test.streams.in_terminal = test.streams.err_terminal = true;
  test.streams.lines = {"y"};
  Globals globals;
  globals.no_input = true;
  Context context(test.world, globals, "up");
  const Result<void> agreed = confirm({Verb::kUp, "logs", false, std::nullopt}, birth_plan(), context);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().kind, ErrorKind::kConfirmation);
  EXPECT_NE(agreed.error().message.find("--no-input"), std::string::npos);
}

TEST(Confirm, WordsForScripts) {
  TestWorld test;
  const Globals globals;
  Context context(test.world, globals, "up");
  const Result<void> agreed = confirm({Verb::kUp, "logs", false, std::nullopt}, birth_plan(), context);
  ASSERT_FALSE(agreed);
  EXPECT_EQ(agreed.error().message, "refusing to change anything without confirmation: stdin is not a terminal.");
  EXPECT_NE(agreed.error().hint.find("--yes"), std::string::npos);
}

TEST(Confirm, CtrlCAtThePromptIsNo) {
  TestWorld test;
  test.streams.in_terminal = test.streams.err_terminal = true;
  test.streams.lines = {"y"};
  test.signals.raise(2);
  const Globals globals;
  Context context(test.world, globals, "up");
  EXPECT_FALSE(confirm({Verb::kUp, "logs", false, std::nullopt}, birth_plan(), context));
}

}  // namespace
}  // namespace fhctl::cli
