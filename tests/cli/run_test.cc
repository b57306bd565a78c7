// The first things that a new user types, up to the point where AWS would be asked.
#include <gtest/gtest.h>

#include "cli/command.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/cli/golden.h"
#include "tests/cli/test_world.h"

namespace fhctl::cli {
namespace {

struct Row {
  const char* title;
  std::vector<std::string> words;
  int code;
  const char* said;  // part of stderr
};

void expect_rows(TestWorld& test, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(test.run(row.words), row.code) << row.title << "\n" << test.err();
    EXPECT_NE(test.err().find(row.said), std::string::npos) << row.title << "\n" << test.err();
    EXPECT_FALSE(has_escape_bytes(test.out() + test.err())) << row.title;
  }
}

TEST(Run, MistakesThatNeedNoNetwork) {
  TestWorld test;
  test.environment.values = {
      {"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "x"}, {"AWS_REGION", "us-west-2"}};
  expect_rows(
      test, {
                {"typo in a command", {"scal"}, 64, "Did you mean `fhctl scale`?"},
                {"no such command", {"frobnicate"}, 64, "knows no command"},
                {"typo in a flag", {"up", "--regoin", "x"}, 64, "--region"},
                {"count 0", {"up", "--count", "0"}, 64, "fhctl destroy"},
                {"count -1", {"up", "--count", "-1"}, 64, "count"},
                {"count abc", {"up", "--count", "abc"}, 64, "\"abc\""},
                {"count 1e9", {"up", "--count", "1e9"}, 64, "\"1e9\""},
                {"scale to 0", {"scale", "--to", "0"}, 64, "--allow-zero"},
                {"two numbers", {"scale", "3", "--to", "4"}, 64, "more than one number"},
                {"a number and a rate", {"scale", "3", "--throughput", "1MiB/s"}, 64, "exclude each other"},
                {"headroom alone", {"up", "--headroom", "20%"}, 64, "--headroom goes with"},
                {"two names", {"up", "a", "--name", "b"}, 64, "two names"},
                {"a bad name", {"up", "Logs"}, 64, "Logs"},
                {"both ways with the bucket", {"destroy", "--empty-bucket", "--keep-bucket"}, 64, "exclude each other"},
                {"an empty variable before a flag", {"up", "--prefix", "--yes"}, 64, "--prefix=--yes"},
                {"an empty variable before put's flag", {"put", "--manifest", "--stream=x"}, 64, "--manifest=--stream"},
                {"an empty region", {"--region", "--yes", "up"}, 64, "the value of --region would be \"--yes\""},
                {"unknown region", {"up", "--region", "us-west-9"}, 64, "Did you mean us-west-2?"},
                {"config that is not there", {"up", "--config", "no.toml"}, 64, "There is no file no.toml"},
                {"completion without a shell", {"completion"}, 64, "bash, zsh or fish"},
                {"help for nothing", {"help", "upp"}, 64, "fhctl help up"},
            });
  EXPECT_EQ(test.networks_opened, 0);
}

TEST(Run, NoRegion) {
  TestWorld test;
  test.environment.values = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "x"}};
  EXPECT_EQ(test.run({"up"}), 64);
  expect_golden("error_no_region.txt", test.err());
}

TEST(Run, NoCredentials) {
  TestWorld test;
  test.environment.values = {{"AWS_REGION", "us-west-2"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  EXPECT_EQ(test.run({"up"}), 77);
  EXPECT_NE(test.err().find("No AWS credentials found"), std::string::npos) << test.err();
  EXPECT_EQ(test.networks_opened, 0);
}

TEST(Run, AnEndpointOfOnesOwnTakesAnyRegion) {
  TestWorld test;
  test.environment.values = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                             {"AWS_SECRET_ACCESS_KEY", "x"},
                             {"AWS_ENDPOINT_URL", "http://127.0.0.1:4580"}};
  EXPECT_EQ(test.run({"describe", "--region", "us-west-9"}), 69);
  EXPECT_EQ(test.networks_opened, 1);
}

TEST(Run, EveryMistakeOfTheFileAtOnce) {
  TestWorld test;
  test.environment.values = {{"AWS_REGION", "us-west-2"}};
  test.files.files["fhctl.toml"] = "count = \"x\"\ncuont = 1\n";
  EXPECT_EQ(test.run({"plan"}), 64);
  EXPECT_NE(test.err().find("fhctl.toml:1"), std::string::npos) << test.err();
  EXPECT_NE(test.err().find("fhctl.toml:2"), std::string::npos) << test.err();
}

TEST(Run, ErrorsInEveryFormat) {
  TestWorld test;
  EXPECT_EQ(test.run({"up", "--output", "json"}), 64);
  const Result<Json> document = parse_json(test.out(), "stdout");
  ASSERT_TRUE(document) << test.out();
  EXPECT_EQ((*document)["exit_code"], 64);
  EXPECT_EQ((*document)["error"]["code"], "usage");
  EXPECT_FALSE(test.err().empty());

  EXPECT_EQ(test.run({"up", "--output", "ndjson", "--json-into", "run.ndjson"}), 64);
  EXPECT_EQ(test.out(), test.sink);
  std::vector<std::string> lines = split(test.out(), '\n');
  ASSERT_EQ(lines.size(), 4u) << test.out();  // version, diagnostic, summary, and nothing
  for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(parse_json(lines[i], "a line")) << lines[i];
  EXPECT_NE(lines[2].find("\"type\":\"summary\""), std::string::npos);
}

TEST(Run, Version) {
  TestWorld test;
  EXPECT_EQ(test.run({"version"}), 0);
  EXPECT_EQ(test.out().find("fhctl "), 0u);
  const std::string by_command = test.out();
  EXPECT_EQ(test.run({"--version"}), 0);
  EXPECT_EQ(test.out(), by_command);
  EXPECT_EQ(test.run({"version", "--json"}), 0);
  EXPECT_TRUE(parse_json(test.out(), "stdout"));
}

TEST(Run, VersionAfterAnyCommandDoesNothingElse) {
  TestWorld test;
  EXPECT_EQ(test.run({"version"}), 0);
  const std::string version = test.out();
  for (const Command& command : command_table()) {
    const std::string name(command.name);
    for (const std::vector<std::string>& words : {std::vector<std::string>{name, "--version"},
                                                  {name, "--yes", "--frobnicate", "--version"},
                                                  {"--version", name},
                                                  {name, "x", "--count", "--version"}}) {
      EXPECT_EQ(test.run(words), 0) << name;
      EXPECT_EQ(test.out(), version) << name;
      EXPECT_EQ(test.err(), "") << name;
    }
  }
  EXPECT_EQ(test.networks_opened, 0);
  EXPECT_TRUE(test.files.log.empty());
  EXPECT_EQ(test.run({"init", "--", "--version"}), 64);
}

TEST(Run, InitWritesOnce) {
  TestWorld test;
  EXPECT_EQ(test.run({"init", "logs", "--region", "us-west-2", "--count", "4"}), 0) << test.err();
  EXPECT_NE(test.files.files["fhctl.toml"].find("count = 4"), std::string::npos);
  const std::string written = test.files.files["fhctl.toml"];
  EXPECT_EQ(test.run({"init"}), 7);
  EXPECT_EQ(test.files.files["fhctl.toml"], written);
  EXPECT_EQ(test.run({"init", "other", "--force"}), 0);
  EXPECT_NE(test.files.files["fhctl.toml"], written);
  EXPECT_EQ(test.run({"init", "x", "--force", "--count", "0"}), 64);
}

TEST(Run, SandboxPrintsWhatToExport) {
  TestWorld test;
  EXPECT_EQ(test.run({"sandbox", "--print-env", "--port", "4599"}), 0);
  expect_golden("sandbox_env.txt", test.out());
  EXPECT_EQ(test.run({"sandbox", "--port", "70000"}), 64);
  EXPECT_EQ(test.run({"sandbox", "--account", "12"}), 64);
}

TEST(Run, AnAnswerThatDoesNotGetOutIsAFailure) {
  TestWorld test;
  test.streams.broken_out = true;
  EXPECT_EQ(test.run({"version"}), 1);
}

}  // namespace
}  // namespace fhctl::cli
