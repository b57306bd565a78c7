// The output formats: the result of each command in every format, and what else depends on the format.
#include "cli/views/output_format.h"

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/command.h"
#include "cli/views/describe.h"
#include "cli/views/health.h"
#include "cli/views/lock.h"
#include "cli/views/logs.h"
#include "cli/views/manifest.h"
#include "cli/views/outcome.h"
#include "cli/views/put.h"
#include "cli/views/verify.h"
#include "cli/views/wait.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/cli/golden.h"
#include "tests/cli/samples.h"
#include "tests/cli/test_platform.h"

namespace fhctl::cli {
namespace output_format_test {
namespace {

constexpr const char* kEvil = "evil \x1b[2J";

CommandResult outcome_sample(bool plan_only) {
  OutcomeReport report;
  report.outcome.observed = observed_pipeline();
  report.outcome.plan = repair_plan();
  report.outcome.manifest_targets = {kEvil};
  report.plan_only = plan_only;
  report.command = plan_only ? "plan" : "up";
  return outcome_result(report);
}

CommandResult describe_sample() {
  Description description;
  description.observed = observed_pipeline();
  description.plan = repair_plan();
  return describe_result(description);
}

CommandResult put_sample() {
  pipeline::SendReport report;
  report.records = 2;
  report.streams["logs-1"] = {2, 10, 1, 0, kEvil};
  return put_result(report, *observed_pipeline().manifest);
}

CommandResult verify_sample() {
  pipeline::VerifyReport report;
  pipeline::StreamProof proof;
  proof.stream = "logs-1";
  proof.problem = kEvil;
  report.streams.push_back(proof);
  return verify_result(report);
}

LogsAnswer logs_sample() {
  LogsAnswer answer;
  answer.total = 1;
  answer.groups = {{"logs-1", "S3.AccessDenied", kEvil, 1, {}, {}}};
  return answer;
}

HealthCheck health_sample() {
  HealthCheck check;
  check.level = HealthCheck::Level::kFail;
  check.subject = "S3";
  check.finding = kEvil;
  return check;
}

// The results of each command that can be made without a run; `version` and `init` are run below.
std::map<std::string, std::vector<CommandResult>> samples() {
  const pipeline::Observed observed = observed_pipeline();
  const pipeline::Manifest& manifest = *observed.manifest;
  std::map<std::string, std::vector<CommandResult>> all;
  for (const char* command : {"up", "scale", "undrain", "destroy"}) all[command] = {outcome_sample(false)};
  all["plan"] = {outcome_sample(true)};
  all["wait"] = {wait_result("active", {observed, {}}), wait_result("drained", {observed, {}})};
  all["describe"] = {describe_sample()};
  all["manifest"] = {manifest_result("logs-1\n", R"({"generation":1})"), valid_manifest_result(manifest, "a file"),
                     published_manifest_result(manifest)};
  all["put"] = {put_sample()};
  all["verify"] = {verify_sample()};
  all["doctor"] = {health_result({health_sample()})};
  all["logs"] = {logs_result(logs_sample()), delivery_error_result({{}, "logs-1", "X", kEvil, "{}"}, true)};
  all["lock"] = {lock_result(observed.lock), lock_result(std::nullopt), broken_lock_result()};
  return all;
}

std::unique_ptr<Renderer> renderer_of(const OutputFormat& format) {
  std::unique_ptr<Renderer> renderer =
      format.make_renderer({{}, "0.1.0", "5f1e0a3c", {}, [] { return WallTime(std::chrono::seconds(1768903451)); }});
  renderer->begin();
  return renderer;
}

void expect_lines(const std::string& text, const std::string& where) {
  EXPECT_TRUE(text.empty() || text.back() == '\n') << where << ": " << text;
  EXPECT_FALSE(has_escape_bytes(text)) << where << ": " << text;
}

TEST(OutputFormat, EveryCommandHasAResultInEveryFormat) {
  // These print a text that is the same in all formats, are run below, or run another program.
  const std::set<std::string_view> others = {"completion", "help", "man", "version", "init", "sandbox"};
  const std::map<std::string, std::vector<CommandResult>> all = samples();
  for (const Command& command : command_table()) {
    if (others.count(command.name) > 0) continue;
    const auto results = all.find(std::string(command.name));
    ASSERT_NE(results, all.end()) << "no sample of a result of " << command.name;
    for (const CommandResult& result : results->second) {
      for (const OutputFormat& format : output_formats()) {
        const std::string where = fmt::format("{} as {}", command.name, format.name);
        const std::string text = renderer_of(format)->result(result);
        expect_lines(text, where);
        if (format.one_document()) {
          EXPECT_TRUE(parse_json(text, where)) << where << ": " << text;
        }
        if (format.event_stream && !result.event_type.empty()) {
          const Result<Json> event = parse_json(text, where);
          ASSERT_TRUE(event) << where << ": " << text;
          EXPECT_EQ((*event)["type"], result.event_type);
          EXPECT_FALSE((*event)["value"].is_null()) << where;
        }
      }
    }
  }
}

TEST(OutputFormat, EveryFormatRendersAResultInItsOwnWay) {
  const CommandResult result = lock_result(std::nullopt);
  std::set<std::string> texts;
  for (const OutputFormat& format : output_formats()) texts.insert(renderer_of(format)->result(result));
  EXPECT_EQ(texts.size(), output_formats().size());
  EXPECT_EQ(texts.count(""), 0u);
}

TEST(OutputFormat, IsChosenByOutputBeforeJson) {
  Globals globals;
  EXPECT_EQ(chosen_output_format(globals).name, "human");
  globals.json = true;
  EXPECT_EQ(chosen_output_format(globals).name, "json");
  globals.output = "ndjson";
  EXPECT_EQ(chosen_output_format(globals).name, "ndjson");
  globals.output = "table";
  EXPECT_EQ(chosen_output_format(globals).name, "human");
  for (const std::string& choice : output_format_choices()) EXPECT_NE(find_output_format(choice), nullptr) << choice;
}

TEST(OutputFormat, AnEventStreamBeginsWithItsVersion) {
  const std::unique_ptr<Renderer> renderer =
      event_log_format().make_renderer({{}, "0.1.0", "5f1e0a3c", {}, [] { return WallTime(); }});
  EXPECT_EQ(renderer->result(lock_result(std::nullopt)), "");
  EXPECT_EQ(renderer->summary({}), "");
  EXPECT_EQ(renderer->begin().find("{\"type\":\"version\""), 0u);
}

TEST(OutputFormat, CommandsThatNeedNoNetwork) {
  for (const std::vector<std::string>& words : {std::vector<std::string>{"version"}, {"init", "--force"}}) {
    std::set<std::string> texts;
    for (const OutputFormat& format : output_formats()) {
      TestPlatform test;
      std::vector<std::string> all = words;
      all.insert(all.end(), {"--output", std::string(format.name), "--json-into", "events.ndjson"});
      EXPECT_EQ(test.run(all), 0) << test.err();
      expect_lines(test.out(), words[0]);
      texts.insert(test.out());
      EXPECT_NE(test.sink.find("\"value\":{"), std::string::npos) << words[0] << ": " << test.sink;
      for (const std::string& line : split(std::string(trim(test.sink)), '\n')) EXPECT_TRUE(parse_json(line, "a line"));
    }
    EXPECT_GE(texts.size(), 3u) << words[0];
  }
}

std::string old_manifest() {
  std::ifstream file(std::string(FHCTL_SOURCE_DIR) + "/tests/golden/manifests/0.1.0.json", std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(OutputFormat, AManifestIsPrintedAsAFileOrAsAnEvent) {
  struct Row {
    std::string format;
    std::vector<std::string> form;
    const char* begins;   // stdout
    bool is_event;        // on stdout
    bool in_events_file;  // of --json-into
  };
  const std::vector<Row> rows = {
      {"human", {}, "{\n", false, false},
      {"text", {}, "{\n", false, false},
      {"json", {}, "{\"schema\":", false, true},
      {"ndjson", {}, "{\"type\":\"version\"", true, true},
      {"human", {"--format", "csv"}, "name,", false, false},
      {"json", {"--format", "csv"}, "name,", false, false},
      {"ndjson", {"--format", "csv"}, "{\"type\":\"version\"", true, true},
  };
  for (const Row& row : rows) {
    TestPlatform test;
    test.files.files["m.json"] = old_manifest();
    std::vector<std::string> words = {"manifest", "--file",      "m.json",       "--output",
                                      row.format, "--json-into", "events.ndjson"};
    words.insert(words.end(), row.form.begin(), row.form.end());
    EXPECT_EQ(test.run(words), 0) << test.err();
    EXPECT_EQ(test.out().substr(0, std::string(row.begins).size()), row.begins) << row.format;
    EXPECT_EQ(contains(test.out(), "{\"type\":\"manifest\""), row.is_event) << row.format;
    EXPECT_EQ(contains(test.sink, "{\"type\":\"manifest\""), row.in_events_file) << row.format;
  }
}

TEST(OutputFormat, OneDocumentHasNoRoomForFollow) {
  for (const OutputFormat& format : output_formats()) {
    TestPlatform test;
    EXPECT_NE(test.run({"logs", "--follow", "--output", std::string(format.name)}), 0);
    const bool refused = contains(test.err(), "--follow has no end, and --output json is one document");
    EXPECT_EQ(refused, format.name == "json") << test.err();
  }
}

}  // namespace
}  // namespace output_format_test
}  // namespace fhctl::cli
