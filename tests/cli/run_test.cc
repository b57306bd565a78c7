// The first things that a new user types, up to the point where AWS would be asked.
#include <gtest/gtest.h>

#include "cli/command.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/report/version.h"
#include "tests/cli/golden.h"
#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace run_test {
namespace {

struct Row {
  const char* title;
  std::vector<std::string> words;
  int code;
  const char* said;  // part of stderr
};

void expect_rows(TestPlatform& test, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    EXPECT_EQ(test.run(row.words), row.code) << row.title << "\n" << test.err();
    EXPECT_NE(test.err().find(row.said), std::string::npos) << row.title << "\n" << test.err();
    EXPECT_FALSE(has_escape_bytes(test.out() + test.err())) << row.title;
  }
}

TEST(Run, MistakesThatNeedNoNetwork) {
  TestPlatform test;
  test.environment.values = {
      {"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "x"}, {"AWS_REGION", "us-west-2"}};
  expect_rows(
      test, {
                {"typo in a command", {"scal"}, 64, "did you mean `fhctl scale`?"},
                {"no such command", {"frobnicate"}, 64, "unknown command"},
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
                {"unknown region", {"up", "--region", "us-west-9"}, 64, "did you mean us-west-2?"},
                {"config that is not there", {"up", "--config", "no.toml"}, 64, "there is no file no.toml"},
                {"completion without a shell", {"completion"}, 64, "bash, zsh or fish"},
                {"help for nothing", {"help", "upp"}, 64, "fhctl help up"},
            });
  EXPECT_EQ(test.networks_opened, 0);
}

TEST(Run, NoRegion) {
  TestPlatform test;
  test.environment.values = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"}, {"AWS_SECRET_ACCESS_KEY", "x"}};
  EXPECT_EQ(test.run({"up"}), 64);
  expect_golden("error_no_region.txt", test.err());
}

TEST(Run, NoCredentials) {
  TestPlatform test;
  test.environment.values = {{"AWS_REGION", "us-west-2"}, {"AWS_EC2_METADATA_DISABLED", "true"}};
  EXPECT_EQ(test.run({"up"}), 77);
  EXPECT_NE(test.err().find("no AWS credentials found"), std::string::npos) << test.err();
}

TEST(Run, AnEndpointOfOnesOwnTakesAnyRegion) {
  TestPlatform test;
  test.environment.values = {{"AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"},
                             {"AWS_SECRET_ACCESS_KEY", "x"},
                             {"AWS_ENDPOINT_URL", "http://127.0.0.1:4580"}};
  EXPECT_EQ(test.run({"describe", "--region", "us-west-9"}), 69);
  EXPECT_EQ(test.networks_opened, 1);
}

TEST(Run, EveryMistakeOfTheFileAtOnce) {
  TestPlatform test;
  test.environment.values = {{"AWS_REGION", "us-west-2"}};
  test.files.files["fhctl.toml"] = "count = \"x\"\ncuont = 1\n";
  EXPECT_EQ(test.run({"plan"}), 64);
  EXPECT_NE(test.err().find("fhctl.toml:1"), std::string::npos) << test.err();
  EXPECT_NE(test.err().find("fhctl.toml:2"), std::string::npos) << test.err();
}

TEST(Run, ErrorsInEveryFormat) {
  TestPlatform test;
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
  TestPlatform test;
  EXPECT_EQ(test.run({"version"}), 0);
  EXPECT_EQ(test.out().find("fhctl "), 0u);
  const std::string by_command = test.out();
  EXPECT_EQ(test.run({"--version"}), 0);
  EXPECT_EQ(test.out(), by_command);
  EXPECT_EQ(test.run({"version", "--json"}), 0);
  EXPECT_TRUE(parse_json(test.out(), "stdout"));
}

TEST(Run, VersionAfterAnyCommandDoesNothingElse) {
  TestPlatform test;
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
  TestPlatform test;
  EXPECT_EQ(test.run({"init", "logs", "--region", "us-west-2", "--count", "4"}), 0) << test.err();
  EXPECT_NE(test.files.files["fhctl.toml"].find("count = 4"), std::string::npos);
  const std::string written = test.files.files["fhctl.toml"];
  EXPECT_EQ(test.run({"init"}), 7);
  EXPECT_EQ(test.files.files["fhctl.toml"], written);
  EXPECT_EQ(test.run({"init", "other", "--force"}), 0);
  EXPECT_NE(test.files.files["fhctl.toml"], written);
  EXPECT_EQ(test.run({"init", "x", "--force", "--count", "0"}), 64);
}

TEST(Run, SandboxIsReplacedByItsExecutable) {
  TestPlatform test;
  test.process_image.own_path = "/opt/fhctl/bin/fhctl";
  test.environment.values = {{"AWS_REGION", "eu-west-1"},
                             {"AWS_SECRET_ACCESS_KEY", "secret"},
                             {"AWS_", ""},
                             {"HOME", "/somewhere"},
                             {"EMPTY", ""}};
  test.run({"sandbox", "--port", "4599", "--state=--port", "--deleting-loses-buffers", "--json", "--quiet"});
  const std::vector<std::string>& words = test.process_image.arguments;
  EXPECT_EQ(test.process_image.replaced_by, "/opt/fhctl/bin/fhctl-sandbox");
  ASSERT_EQ(words.size(), 9u) << join(words, " ");
  EXPECT_EQ(words[0], "/opt/fhctl/bin/fhctl-sandbox");
  EXPECT_EQ(words[1], "--expect-version=" + std::string(kVersion));
  EXPECT_EQ(words[2], "--region=eu-west-1");
  EXPECT_EQ(words[3], "--output=json");
  EXPECT_EQ(words[4].find("--run-id="), 0u);
  const std::vector<std::string> rest(words.begin() + 5, words.end());
  EXPECT_EQ(rest, (std::vector<std::string>{"--quiet", "--port=4599", "--state=--port", "--deleting-loses-buffers"}));
  EXPECT_EQ(test.process_image.environment, (std::vector<std::string>{"EMPTY=", "HOME=/somewhere"}));

  test.run({"sandbox", "--region", "us-east-1", "--output", "ndjson", "--json-into", "events", "--color", "always"});
  EXPECT_EQ(words[2], "--region=us-east-1");
  EXPECT_EQ(words[3], "--output=ndjson");
  EXPECT_NE(test.out().find(words[4].substr(words[4].find('=') + 1)), std::string::npos) << test.out();
  EXPECT_EQ(words[5], "--json-into=events");
  EXPECT_EQ(words[6], "--color");
}

TEST(Run, SandboxWithWrongFlagsIsNotStarted) {
  TestPlatform test;
  expect_rows(test, {
                        {"a port", {"sandbox", "--port", "70000"}, 64, "--port takes 0 to 65535"},
                        {"an account", {"sandbox", "--account", "12"}, 64, "--account takes 12 digits"},
                        {"no number", {"sandbox", "--burst", "x"}, 64, "--burst takes a whole number, not \"x\""},
                        {"no flag", {"sandbox", "--prot", "1"}, 64, "--port"},
                    });
  EXPECT_EQ(test.process_image.replaced_by, "");
}

TEST(Run, SandboxThatCannotBeStarted) {
  TestPlatform test;
  test.process_image.own_path = "/opt/fhctl/bin/fhctl";
  test.process_image.failure = make_error(ErrorKind::kNotFound, "no such file");
  EXPECT_EQ(test.run({"sandbox"}), 1);
  EXPECT_NE(test.err().find("/opt/fhctl/bin/fhctl-sandbox"), std::string::npos) << test.err();
  EXPECT_NE(test.err().find("--target fhctl-sandbox"), std::string::npos) << test.err();
  test.process_image.failure = make_error(ErrorKind::kFailed, "cannot run x: Permission denied");
  EXPECT_EQ(test.run({"sandbox"}), 1);
  EXPECT_NE(test.err().find("Permission denied"), std::string::npos) << test.err();
  test.process_image.own_path = "";
  EXPECT_EQ(test.run({"sandbox"}), 1);
  EXPECT_NE(test.err().find("/proc"), std::string::npos) << test.err();
  test.signals.raise(2);
  EXPECT_EQ(test.run({"sandbox"}), 130);
}

TEST(Run, AnAnswerThatDoesNotGetOutIsAFailure) {
  TestPlatform test;
  test.streams.broken_out = true;
  EXPECT_EQ(test.run({"version"}), 1);
}

}  // namespace
}  // namespace run_test
}  // namespace fhctl::cli
