// fhctl-sandbox from its arguments to its exit code, with a fake server that only reports that it is ready.
#include "sandbox/main/program.h"

#include <csignal>

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/random.h"
#include "core/base/text.h"
#include "core/report/version.h"
#include "sandbox/main/arguments.h"
#include "tests/cli/golden.h"
#include "tests/support/fakes.h"

namespace fhctl::sandbox {
namespace program_test {
namespace {

class Program {
 public:
  test::MemoryFiles files;
  test::FakeStreams streams;
  test::FakeSignals signals;
  SeededEntropy entropy{1};
  std::optional<Options> served;      // the options with which the server was started
  Result<void> end_of_server = ok();  // how it ends
  std::optional<std::string> opened;  // the file of --json-into
  bool appended = false;              // whether its content was kept
  std::string events;                 // what was written into it

  int run(const std::vector<std::string>& words) {
    streams.written_out.clear();
    streams.written_err.clear();
    events.clear();
    served.reset();
    opened.reset();
    return run_program(words, platform_);
  }
  const std::string& out() const { return streams.written_out; }
  const std::string& err() const { return streams.written_err; }

 private:
  Platform platform_{files,
                     entropy,
                     streams,
                     signals,
                     {[] { return Instant(); }, [] { return WallTime(); }},
                     [this](const std::string& path, bool append) -> Result<Output::Sink> {
                       if (path == "no/file") return make_error(ErrorKind::kUsage, "cannot write to no/file");
                       opened = path;
                       appended = append;
                       return Output::Sink([this](std::string_view text) { events += text; });
                     },
                     [this](const Options& options, const std::function<void(int)>& on_ready) -> Result<void> {
                       served = options;
                       if (end_of_server) on_ready(options.port == 0 ? 40000 : options.port);
                       return end_of_server;
                     }};
};

std::vector<std::string> types_of(const std::string& lines) {
  std::vector<std::string> types;
  for (const std::string& line : split(lines, '\n')) {
    if (line.empty()) continue;
    const Result<Json> json = parse_json(line, "an event");
    types.push_back(json ? get_string(*json, "type").value_or("no type") : line);
  }
  return types;
}

TEST(SandboxProgram, PrintsWhatToExport) {
  Program program;
  EXPECT_EQ(program.run({"--print-env", "--port", "4599"}), 0);
  cli::expect_golden("sandbox_env.txt", program.out());
  EXPECT_EQ(program.err(), "");
  EXPECT_FALSE(program.served);
}

TEST(SandboxProgram, ServesWithTheOptionsOfItsFlags) {
  Program program;
  program.files.files["plan.json"] = "[]";
  EXPECT_EQ(program.run({"--port=0", "--region", "eu-west-1", "--session-token", "t", "--fault-plan", "plan.json"}), 0);
  ASSERT_TRUE(program.served);
  EXPECT_EQ(program.served->port, 0);
  EXPECT_EQ(program.served->fault_plan, "[]");
  program.files.files["policy.json"] = "{}";
  EXPECT_EQ(program.run({"--port=0", "--region", "eu-west-1", "--session-token", "t", "--caller-policy=policy.json"}),
            0);
  EXPECT_EQ(program.served->caller_policies.at("identity"), "{}");
  EXPECT_TRUE(contains(program.out(), "export AWS_ENDPOINT_URL=http://127.0.0.1:40000\n")) << program.out();
  EXPECT_TRUE(contains(program.out(), "export AWS_SESSION_TOKEN='t'\n")) << program.out();
  EXPECT_TRUE(contains(program.out(), "export AWS_REGION=eu-west-1\n")) << program.out();
  EXPECT_TRUE(contains(program.err(), "ready on http://127.0.0.1:40000")) << program.err();
  EXPECT_EQ(program.run({"--quiet"}), 0);
  EXPECT_EQ(program.err(), "");
}

TEST(SandboxProgram, QuotesItsExportsForAShell) {
  Program program;
  EXPECT_EQ(program.run({"--print-env", "--port=7", "--region", "x; echo y", "--secret-key", "a'b"}), 0);
  EXPECT_TRUE(contains(program.out(), "export AWS_REGION='x; echo y'\n")) << program.out();
  EXPECT_TRUE(contains(program.out(), "export AWS_SECRET_ACCESS_KEY='a'\\''b'\n")) << program.out();
}

TEST(SandboxProgram, PrintsEveryForm) {
  Program program;
  EXPECT_EQ(program.run({"--output", "json"}), 0);
  const Result<Json> json = parse_json(program.out(), "stdout");
  ASSERT_TRUE(json) << program.out();
  EXPECT_EQ(get_integer(*json, "port"), 4580);
  EXPECT_EQ(program.run({"--output", "ndjson", "--json-into", "events"}), 0);
  EXPECT_EQ(types_of(program.out()), (std::vector<std::string>{"version", "sandbox", "summary"}));
  EXPECT_EQ(program.events, program.out());
  EXPECT_EQ(program.opened, "events");
  EXPECT_FALSE(program.appended);
}

TEST(SandboxProgram, ContinuesTheEventsOfFhctl) {
  Program program;
  EXPECT_EQ(program.run({"--json-into=events", "--run-id=abc", "--expect-version=" + std::string(kVersion)}), 0);
  EXPECT_EQ(types_of(program.events), (std::vector<std::string>{"sandbox", "summary"}));
  EXPECT_TRUE(contains(program.events, "\"run_id\":\"abc\"")) << program.events;
  EXPECT_TRUE(program.appended);
  EXPECT_TRUE(starts_with(program.out(), "export ")) << program.out();
}

TEST(SandboxProgram, RefusesAnotherVersionBeforeUnknownFlags) {
  Program program;
  EXPECT_EQ(program.run({"--expect-version=0.0.1", "--output=ndjson", "--run-id=a", "--no-such-flag=1"}), 1);
  EXPECT_FALSE(program.served);
  for (const std::string& part : {std::string("0.0.1"), std::string(kVersion), std::string("install")}) {
    EXPECT_TRUE(contains(program.err(), part)) << program.err();
  }
  EXPECT_EQ(types_of(program.out()), (std::vector<std::string>{"diagnostic", "summary"}));
}

TEST(SandboxProgram, RefusesWrongArguments) {
  struct Row {
    std::vector<std::string> words;
    const char* message;
  };
  const Row table[] = {
      {{"--prot", "1"}, "did you mean --port?"},
      {{"--no-such-flag"}, "`fhctl-sandbox --help`"},
      {{"--colour"}, "has no flag \"--colour\""},
      {{"sandbox"}, "takes flags only, not \"sandbox\""},
      {{"--"}, "has no flag \"--\""},
      {{"--port"}, "--port needs a value: --port N"},
      {{"--port", "x"}, "--port takes a whole number, not \"x\""},
      {{"--port", "--state=x"}, "the value of --port would be \"--state=x\""},
      {{"--quiet=yes"}, "--quiet takes no value"},
      {{"--print-env=1"}, "--print-env takes no value"},
      {{"--output", "xml"}, "--output takes one of"},
      {{"--account", "12"}, "--account takes 12 digits"},
      {{"--fault-plan", "none.json"}, "none.json"},
      {{"--fault-plan="}, "there is no file"},
      {{"--caller-policy", "none.json"}, "none.json"},
      {{"--json-into", "no/file"}, "cannot write to no/file"},
  };
  for (const Row& row : table) {
    Program program;
    EXPECT_EQ(program.run(row.words), 64) << join(row.words, " ");
    EXPECT_TRUE(contains(program.err(), row.message)) << program.err();
    EXPECT_EQ(program.out(), "");
    EXPECT_FALSE(program.served);
  }
}

TEST(SandboxProgram, ReportsTheErrorOfTheServer) {
  Program program;
  program.end_of_server = make_error(ErrorKind::kPrecondition, "cannot listen on port 1", "take another");
  EXPECT_EQ(program.run({"--port", "1"}), 7);
  EXPECT_EQ(program.err(), "error: cannot listen on port 1\nhint: take another\n");
  EXPECT_EQ(program.out(), "");
  EXPECT_EQ(program.run({"--port", "1", "--output", "text", "--color"}), 7);
  EXPECT_EQ(program.out(), "error\tcannot listen on port 1\n");
  EXPECT_TRUE(contains(program.err(), "\x1b[31merror:\x1b[0m")) << program.err();
  EXPECT_EQ(program.run({"--port", "1", "--output", "json"}), 7);
  const Result<Json> json = parse_json(program.out(), "stdout");
  ASSERT_TRUE(json) << program.out();
  EXPECT_EQ((*json)["exit_code"], 7);
  EXPECT_EQ((*json)["command"], "sandbox");
  program.signals.raise(SIGTERM);
  EXPECT_EQ(program.run({}), 143);
}

TEST(SandboxProgram, HelpAndVersion) {
  Program program;
  EXPECT_EQ(program.run({"--no-such-flag", "--help"}), 0);
  EXPECT_EQ(program.out(), help_text());
  for (const FlagRow& row : flag_table()) EXPECT_TRUE(contains(program.out(), row.name)) << row.name;
  EXPECT_FALSE(contains(program.out(), "--expect-version"));
  EXPECT_EQ(program.run({"-h"}), 0);
  EXPECT_EQ(program.out(), help_text());
  EXPECT_EQ(program.run({"--version"}), 0);
  EXPECT_EQ(program.out(), "fhctl-sandbox " + std::string(kVersion) + "\n");
  program.streams.broken_out = true;
  EXPECT_EQ(program.run({"--version"}), 1);
  EXPECT_EQ(program.run({"--print-env"}), 1);
}

}  // namespace
}  // namespace program_test
}  // namespace fhctl::sandbox
