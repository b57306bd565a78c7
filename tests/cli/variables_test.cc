// Which FHCTL_* variables count as mistyped, and which runs refuse them.
#include "cli/variables.h"

#include <fstream>
#include <regex>
#include <sstream>

#include <gtest/gtest.h>

#include "core/base/text.h"
#include "core/manifest/manifest_formats.h"
#include "core/spec/spec.h"
#include "core/spec/spec_keys.h"
#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace variables_test {
namespace {

std::string said_of(const std::string& name) {
  test::MapEnvironment environment;
  environment.values[name] = "x";
  const std::vector<MistypedVariable> mistyped = mistyped_variables(environment);
  return mistyped.empty() ? "" : mistyped.front().setting;
}

TEST(Variables, Table) {
  struct Row {
    const char* name;
    const char* setting;  // "": not mistyped
  };
  const Row table[] = {
      {"FHCTL_NAEM", "FHCTL_NAME"},
      {"FHCTL_NAMES", "FHCTL_NAME"},
      {"FHCTL_NAM", "FHCTL_NAME"},
      {"FHCTL_name", ""},  // four edits
      {"FHCTL_PIPELINE_NAME", ""},
      {"FHCTL_CONUT", "FHCTL_COUNT"},
      {"FHCTL_REGOIN", "FHCTL_REGION"},
      {"FHCTL_TAG", "FHCTL_TAGS"},
      {"FHCTL_BUFFER_INTERVALL", "FHCTL_BUFFER_INTERVAL"},
      {"FHCTL_MANIFESTFILE", "FHCTL_MANIFEST_FILE"},
      {"FHCTL_SOMETHING_ELSE", ""},
      {"FHCTL_", ""},
      {"FHCTL", ""},
      {"NAEM", ""},
      {"XFHCTL_NAEM", ""},
      {"FHCTL_NAME_PORT", ""},  // "_PORT" is five edits, too
      {"FHCTL_PORT", ""},
      {"FHCTL_ROLE_PORT", ""},
      {"FHCTL_PORT_80_TCP", ""},
      {"FHCTL_SERVICE_HOST", ""},
      {"FHCTL_NAME_SERVICE_HOST", ""},
      {"FHCTL_TAPES", ""},
      {"FHCTL_VERSION", ""},
      {"FHCTL_IN_AUTOMATION", ""},
  };
  for (const Row& row : table) EXPECT_EQ(said_of(row.name), row.setting) << row.name;
}

TEST(Variables, EverySettingIsKnownAndGuardedAgainstOneSlip) {
  std::vector<std::string> names = {"FHCTL_REGION", "FHCTL_TAGS"};
  for (const pipeline::SpecKey& key : pipeline::spec_keys()) names.emplace_back(key.environment);
  for (const std::string& name : names) {
    EXPECT_EQ(said_of(name), "") << name;
    EXPECT_NE(said_of(name + "X"), "") << name;
  }
}

TEST(Variables, WhatTheManifestPrintsForProducersIsKnown) {
  for (const std::string& line : split(pipeline::format_manifest_env({}), '\n')) {
    const std::string name = line.substr(0, line.find('='));
    EXPECT_EQ(said_of(name), "") << name;
  }
}

TEST(Variables, WhatTheDocumentationNamesIsKnown) {
  const std::string root = FHCTL_SOURCE_DIR;
  int found = 0;
  for (const char* path : {"README.md", "CHANGELOG.md", "SECURITY.md", "dev", "docs/manifest.md", "docs/producer.md",
                           "docs/testing.md", "docs/architecture/README.md", "templates/fhctl.toml"}) {
    std::ifstream file(root + "/" + path);
    ASSERT_TRUE(file.good()) << path;
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    static const std::regex kName("FHCTL_[A-Z][A-Z_]*[A-Z]");
    for (std::sregex_iterator at(all.begin(), all.end(), kName), end; at != end; ++at, ++found) {
      const bool example = at->str() == "FHCTL_NAEM";  // the mistake that the documentation explains
      EXPECT_EQ(said_of(at->str()).empty(), !example) << path << ": " << at->str();
    }
  }
  EXPECT_GT(found, 10);
}

TEST(Variables, ChecksOfARunThatDeletes) {
  struct Row {
    std::map<std::string, std::string, std::less<>> environment;
    bool named_by_flags;
    const char* message;  // "": fine
    const char* hint;
  };
  const Row table[] = {
      {{}, false, "", ""},
      {{{"FHCTL_NAME", "logs"}, {"FHCTL_OTHER", "x"}}, false, "", ""},
      {{{"FHCTL_NAEM", "pr-123"}}, true, "environment variable FHCTL_NAEM", "did you mean FHCTL_NAME?"},
      {{{"FHCTL_NAEM", ""}}, false, "environment variable FHCTL_NAEM", "did you mean FHCTL_NAME?"},
      {{{"FHCTL_NAEM", "a"}, {"FHCTL_CONUT", "1"}, {"FHCTL_NAMEE", "b"}},
       true,
       "environment variables FHCTL_CONUT, FHCTL_NAEM, FHCTL_NAMEE",
       "did you mean FHCTL_COUNT, FHCTL_NAME?"},
      {{{"FHCTL_NAME", ""}}, false, "FHCTL_NAME is set and empty", "unset FHCTL_NAME"},
      {{{"FHCTL_NAME", ""}}, true, "", ""},
  };
  for (const Row& row : table) {
    const test::MapEnvironment environment(row.environment);
    const Result<void> checked = check_variables(environment, row.named_by_flags);
    EXPECT_EQ(checked.has_value(), *row.message == 0) << row.message;
    if (checked) continue;
    EXPECT_EQ(checked.error().kind, ErrorKind::kUsage);
    EXPECT_NE(checked.error().message.find(row.message), std::string::npos) << checked.error().message;
    EXPECT_NE(checked.error().hint.find(row.hint), std::string::npos) << checked.error().hint;
  }
}

TEST(Variables, DestroyRefusesThemBeforeItAsksAws) {
  TestPlatform test;
  test.environment.values = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                             {"AWS_SECRET_ACCESS_KEY", "x"},
                             {"AWS_REGION", "us-west-2"},
                             {"FHCTL_NAEM", "pr-123"}};
  EXPECT_EQ(test.run({"destroy", "prod", "--yes"}), 64);
  EXPECT_NE(test.err().find("did you mean FHCTL_NAME?"), std::string::npos) << test.err();
  EXPECT_EQ(test.err().find("warning"), std::string::npos) << test.err();
  EXPECT_EQ(test.run({"delete", "prod", "--yes"}), 64);
  test.environment.values.erase("FHCTL_NAEM");
  test.environment.values["FHCTL_NAME"] = "";
  EXPECT_EQ(test.run({"destroy", "--yes"}), 64);
  EXPECT_NE(test.err().find("FHCTL_NAME is set and empty"), std::string::npos) << test.err();
  EXPECT_EQ(test.networks_opened, 0);
  for (const std::vector<std::string>& words : {std::vector<std::string>{"destroy", "prod", "--yes"},
                                                {"destroy", "--name", "prod", "--yes"},
                                                {"destroy", "--confirm", "scaling-firehose"}}) {
    EXPECT_EQ(test.run(words), 69) << words.back();  // passes the checks; fails at the network, which is absent here
  }
}

TEST(Variables, EveryOtherCommandWarnsOnce) {
  TestPlatform test;
  test.environment.values = {{"FHCTL_NAEM", "pr-123"}, {"FHCTL_CONUT", "3"}, {"FHCTL_STREAMS", "logs-1"}};
  for (const std::vector<std::string>& words : {std::vector<std::string>{"version"}, {"up"}, {"describe"}, {"put"}}) {
    test.run(words);
    const std::vector<std::string> parts = split(replace_all(test.err(), "FHCTL_CONUT, FHCTL_NAEM", "\1"), '\1');
    EXPECT_EQ(parts.size(), 2u) << words.front() << ": " << test.err();
    EXPECT_EQ(test.err().find("FHCTL_STREAMS"), std::string::npos) << test.err();
    EXPECT_NE(test.err().find("warning"), std::string::npos) << test.err();
  }
}

}  // namespace
}  // namespace variables_test
}  // namespace fhctl::cli
