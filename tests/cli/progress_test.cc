// The events of a run rendered for a terminal, a log, and as NDJSON. All three must contain the same facts.
#include "cli/views/progress_printer.h"

#include <gtest/gtest.h>

#include "cli/views/output_format.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/cli/golden.h"
#include "tests/cli/samples.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::cli {
namespace progress_test {
namespace {

using namespace pipeline;  // NOLINT: the events' own names
using std::chrono::milliseconds;
using std::chrono::seconds;

ResourceId stream(int number) { return {Kind::kStream, "logs-" + std::to_string(number), number}; }
const ResourceId kRole{Kind::kRole, "logs-role", 0};

Error some_error() {
  Error error;
  error.kind = ErrorKind::kNetwork;
  error.message = "no answer from firehose \x1b[31m";
  return error;
}

struct Timed {
  Duration after;
  pipeline::Event event;
};

// Emits every event once, in a possible order.
std::vector<Timed> whole_run() {
  ManifestPublished published;
  published.generation = 7;
  published.active = 2;
  published.targets = {"s3://bucket/_fhctl/logs/us-west-2/manifest.json", "./fhctl-manifest.json"};
  return {
      {{}, Identified{"123456789012", "us-west-2", "logs", "arn:aws:iam::123456789012:user/ops", "environment"}},
      {{}, Observing{}},
      {milliseconds(80), ObservedSummary{0, 0}},
      {{}, LockWaiting{"ci-runner-42 (pid 993)", seconds(34), seconds(86), "scale", ""}},
      {{}, LockWaiting{"", {}, seconds(86), "", "the lock could not be created"}},
      {seconds(2), LockTaken{"5f1e0a3c", "ci-runner-42 (its lease ended)"}},
      {{}, Replanned{birth_plan()}},
      {{}, StepStarted{kRole, Action::kCreate, 0, 3}},
      {milliseconds(600), StepDone{kRole, Action::kCreate, milliseconds(600), 1, 3}},
      {{}, StepStarted{stream(1), Action::kCreate, 1, 3}},
      {{}, StepStarted{stream(2), Action::kCreate, 1, 3}},
      {seconds(1), IamWaiting{seconds(1), "Firehose is unable to assume role"}},
      {seconds(2), Throttled{"CreateDeliveryStream", 3.4}},
      {{}, ConsistencyWaiting{"role r\x1b[31m", "AWS said NoSuchEntity: not here", {}, false}},
      {{}, ConsistencyWaiting{"role r\x1b[31m", "AWS said NoSuchEntity: not here", seconds(7), false}},
      {{}, ConsistencyWaiting{"role r\x1b[31m", "AWS said NoSuchEntity: not here", seconds(12), true}},
      {{}, Retrying{"CreateDeliveryStream", 2, seconds(4), some_error()}},
      {seconds(1), StepProgress{stream(1), Action::kCreate, "CREATING", seconds(4)}},
      {seconds(40), StepDone{stream(1), Action::kCreate, seconds(44), 2, 3}},
      {{}, published},
      {{}, DrainWaiting{{"logs-3"}, "producers let go", seconds(50)}},
      {{}, Emptying{9000, 1, 3100, false}},
      {{}, Emptying{18204, 1, 3100, true}},
      {{}, Said{{true, "The bucket is stricter.", "Fine."}}},
      {{}, StepFailed{stream(2), Action::kCreate, some_error()}},
      {{}, Stopping{1}},
      {{}, LockReleased{}},
  };
}

class ProgressPrinterTest : public testing::Test {
 protected:
  ProgressOptions options(bool verbose) {
    ProgressOptions made{streams, Style{}, verbose, {"default", false}, {}, {}};
    made.now = [this] { return driver.now(); };
    made.wall_now = [this] { return driver.wall_now(); };
    return made;
  }
  void play(ProgressPrinter& printer) {
    for (const Timed& timed : whole_run()) {
      for (Duration left = timed.after; left > Duration::zero(); left -= milliseconds(100)) {
        driver.advance(std::min<Duration>(left, milliseconds(100)));
        printer.tick();
      }
      printer.on(timed.event);
    }
    printer.pause();
  }
  test::FakeStreams streams;
  test::VirtualDriver driver;
};

TEST_F(ProgressPrinterTest, LinesForALog) {
  const std::unique_ptr<ProgressPrinter> printer = make_plain_progress(options(false));
  play(*printer);
  expect_golden("talk_lines.txt", streams.written_err);
  EXPECT_FALSE(has_escape_bytes(streams.written_err));
  EXPECT_TRUE(streams.written_out.empty());
}

TEST_F(ProgressPrinterTest, LinesForALogVerbose) {
  const std::unique_ptr<ProgressPrinter> printer = make_plain_progress(options(true));
  play(*printer);
  expect_golden("talk_lines_verbose.txt", streams.written_err);
}

TEST_F(ProgressPrinterTest, OneHeartbeatInHalfAMinute) {
  const std::unique_ptr<ProgressPrinter> printer = make_plain_progress(options(false));
  for (int number = 1; number <= 200; ++number) printer->on(StepStarted{stream(number), Action::kCreate, 0, 200});
  for (int tick = 0; tick < 1200; ++tick) {  // two minutes
    driver.advance(milliseconds(100));
    printer->tick();
  }
  EXPECT_EQ(split(streams.written_err, '\n').size(), 5u) << streams.written_err;
}

TEST_F(ProgressPrinterTest, AWaitForConsistencyIsALineInHalfAMinute) {
  const std::unique_ptr<ProgressPrinter> printer = make_plain_progress(options(false));
  for (int tick = 0; tick < 1200; ++tick) {  // two minutes
    if (tick % 50 == 0) {
      for (const char* resource : {"bucket b", "role r"}) {
        printer->on(ConsistencyWaiting{resource, "AWS said OperationAborted: wait", milliseconds(100 * tick), false});
      }
    }
    driver.advance(milliseconds(100));
    printer->tick();
  }
  printer->on(ConsistencyWaiting{"bucket b", "AWS said OperationAborted: wait", seconds(120), true});
  printer->on(ConsistencyWaiting{"role r", "AWS said OperationAborted: wait", seconds(120), true});
  const std::vector<std::string> lines = split(streams.written_err, '\n');
  EXPECT_GE(lines.size(), 5u) << streams.written_err;
  EXPECT_LE(lines.size(), 6u) << streams.written_err;
  EXPECT_EQ(lines[0].substr(9), "waiting for bucket b, 5s: AWS said OperationAborted: wait");
  EXPECT_NE(lines[1].find("waiting for role r, "), std::string::npos) << lines[1];
  driver.advance(seconds(60));
  printer->tick();
  EXPECT_EQ(split(streams.written_err, '\n').size(), lines.size());
}

TEST_F(ProgressPrinterTest, LiveBlockIsTakenAwayAtTheEnd) {
  ProgressOptions made = options(false);
  made.style.utf8 = false;
  const std::unique_ptr<ProgressPrinter> printer = make_tty_progress(std::move(made));
  play(*printer);
  const std::string& text = streams.written_err;
  EXPECT_EQ(text.find("\x1b[?25l"), std::string::npos) << "the cursor is never hidden";
  EXPECT_EQ(text.find("\x1b[31m"), std::string::npos) << "what comes from outside is escaped";
  // Emulates the two control sequences in use: only complete lines remain on the screen.
  std::vector<std::string> screen = {""};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      std::size_t end = text.find_first_of("AJ", i);
      if (text[end] == 'A') screen.resize(screen.size() - static_cast<std::size_t>(std::stoi(text.substr(i + 2))));
      if (text[end] == 'J') screen.back().clear();
      i = end;
    } else if (text[i] == '\n') {
      screen.emplace_back();
    } else if (text[i] != '\r') {
      screen.back() += text[i];
    }
  }
  expect_golden("talk_live_screen.txt", join(screen, "\n"));
}

TEST_F(ProgressPrinterTest, LiveBlockStaysSmall) {
  Progress progress;
  for (int number = 1; number <= 100; ++number) {
    progress.on(StepStarted{stream(number), Action::kCreate, 0, 120}, driver.now());
  }
  for (int number = 1; number <= 14; ++number) {
    progress.on(StepDone{stream(number), Action::kCreate, seconds(48), number, 120}, driver.now());
  }
  for (int number = 15; number <= 19; ++number) {
    progress.on(StepProgress{stream(number), Action::kCreate, "CREATING", seconds(38)}, driver.now());
  }
  driver.advance(seconds(38));
  Style style;
  style.utf8 = false;
  const std::vector<std::string> lines = live_block(progress, driver.now(), style, 0);
  EXPECT_LE(lines.size(), 12u);
  for (const std::string& line : lines) EXPECT_LT(display_width(line), 80u);
  expect_golden("live_block.txt", join(lines, "\n") + "\n");
  style.columns = 40;
  for (const std::string& line : live_block(progress, driver.now(), style, 0)) EXPECT_LT(display_width(line), 40u);
}

TEST_F(ProgressPrinterTest, NdjsonHasTheSameFacts) {
  RendererOptions options;
  options.version = "0.1.0";
  options.run_id = "5f1e0a3c";
  options.text.profile = "default";
  options.wall_now = [this] { return driver.wall_now(); };
  const std::unique_ptr<Renderer> ndjson = find_output_format("ndjson")->make_renderer(options);
  std::string text = ndjson->begin();
  text += ndjson->plan(repair_plan(), {});
  for (const Timed& timed : whole_run()) {
    driver.advance(timed.after);
    text += ndjson->event(timed.event);
  }
  text += ndjson->summary({"partial", 2, 0, 0, seconds(62), 3, "one step failed"});
  expect_golden("run.ndjson", text);
  std::vector<std::string> lines = split(text, '\n');
  lines.pop_back();
  for (const std::string& line : lines) {
    const Result<Json> json = parse_json(line, "a line");
    ASSERT_TRUE(json) << line;
    for (const char* member : {"type", "ts", "level", "message", "run_id"}) EXPECT_TRUE(json->contains(member)) << line;
  }
  EXPECT_EQ(lines.front().find("{\"type\":\"version\""), 0u);
  EXPECT_FALSE(has_escape_bytes(text));
}

}  // namespace
}  // namespace progress_test
}  // namespace fhctl::cli
