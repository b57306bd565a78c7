// What a drain reports while it waits: in a log, in the live block, as NDJSON, and the JSON of one drain status.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "cli/views/event_text.h"
#include "cli/views/outcome.h"
#include "cli/views/output_format.h"
#include "cli/views/plan_json.h"
#include "cli/views/progress_printer.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/cli/golden.h"
#include "tests/cli/samples.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::cli {
namespace drain_view_test {
namespace {

using namespace pipeline;  // NOLINT: the events' own names
using std::chrono::seconds;

DrainStatus verdict(int number, DrainPhase phase, std::string waiting_for, Duration left = {}) {
  DrainStatus made;
  made.stream = "logs-" + std::to_string(number);
  made.number = number;
  made.phase = phase;
  made.waiting_for = std::move(waiting_for);
  made.left = left;
  return made;
}

DrainStatus traffic(int number, double rate) {
  DrainStatus made =
      verdict(number, DrainPhase::kTraffic,
              fmt::format("traffic to stop: {} records/s still arrive, since 10:01:00Z", rate), seconds(240));
  made.records_per_s = rate;
  made.since = WallTime(seconds(1768903260));
  return made;
}

DrainStatus without_metrics(int number) {
  DrainStatus made = verdict(number, DrainPhase::kFlushing, "time to pass: its metrics may not be read", seconds(850));
  made.without_metrics = true;
  return made;
}

DrainStatus with_difference(int number, std::int64_t difference) {
  DrainStatus made = verdict(number, DrainPhase::kReady, "");
  made.difference = difference;
  return made;
}

std::vector<DrainStatus> eight_streams() {
  return {verdict(2, DrainPhase::kReady, ""),
          verdict(3, DrainPhase::kNotifying, "producers to reload the manifest", seconds(350)),
          verdict(4, DrainPhase::kWaitingForQuiet, "3m without traffic", seconds(60)),
          verdict(5, DrainPhase::kWaitingForQuiet, "3m without traffic", seconds(120)),
          verdict(6, DrainPhase::kFailing, "delivery to work again: S3.AccessDenied at 10:01:00Z"),
          traffic(7, 41),
          traffic(8, 3),
          verdict(9, DrainPhase::kIncomplete, "12 records to be delivered")};
}

TEST(DrainLines, EachStreamOrEachPhase) {
  struct Row {
    const char* title;
    std::vector<DrainStatus> streams;
    std::vector<std::string> lines;
  };
  const std::vector<Row> rows = {
      {"nobody", {}, {}},
      {"time alone ends it",
       {verdict(2, DrainPhase::kWaitingForQuiet, "3m without traffic", seconds(130))},
       {"logs-2 waits for 3m without traffic, about 2m 10s left"}},
      {"how long is not known",
       {verdict(2, DrainPhase::kUnknown, "metrics that CloudWatch gives in full")},
       {"logs-2 waits for metrics that CloudWatch gives in full"}},
      {"traffic ends when somebody acts, so no time is promised",
       {traffic(2, 41)},
       {"logs-2 waits for traffic to stop: 41 records/s still arrive, since 10:01:00Z"}},
      {"done", {verdict(2, DrainPhase::kReady, "")}, {"logs-2 is drained and may be deleted"}},
      {"done, with a difference",
       {with_difference(2, 600)},
       {"logs-2 is drained and may be deleted (600 records more taken than CloudWatch shows delivered)"}},
      {"a difference is accepted after some time",
       {verdict(2, DrainPhase::kIncomplete, "12 records that were taken and have not been delivered", seconds(700))},
       {"logs-2 waits for 12 records that were taken and have not been delivered, about 11m 40s left"}},
      {"without metrics",
       {without_metrics(2)},
       {"logs-2 waits for time to pass: its metrics may not be read (weaker: without metrics), about 14m 10s left"}},
      {"what comes from outside does not reach the terminal",
       {verdict(2, DrainPhase::kFailing, "delivery: \x1b[31mS3")},
       {"logs-2 waits for delivery: \\x1b[31mS3"}},
      {"many: the slowest, or the busiest, speaks for its phase",
       eight_streams(),
       {"logs-3 waits for producers to reload the manifest, about 5m 50s left",
        "2 streams, logs-7 among them, wait for traffic to stop: 41 records/s still arrive, since 10:01:00Z",
        "2 streams, logs-5 among them, wait for 3m without traffic, about 2m 00s left",
        "logs-6 waits for delivery to work again: S3.AccessDenied at 10:01:00Z",
        "logs-9 waits for 12 records to be delivered", "logs-2 is drained and may be deleted"}},
  };
  for (const Row& row : rows) EXPECT_EQ(drain_lines(row.streams), row.lines) << row.title;
}

TEST(DrainLines, WaitingForADeliveryDeletesNothing) {
  Draining event{{verdict(2, DrainPhase::kReady, ""), verdict(3, DrainPhase::kFlushing, "its buffer to be written")},
                 seconds(5),
                 false};
  EXPECT_EQ(event_text(event, {}),
            "delivering, 5s so far: logs-2 has delivered all; logs-3 waits for its buffer to be written");
}

class DrainProgress : public testing::Test {
 protected:
  ProgressOptions options(bool verbose) {
    ProgressOptions made{streams, Style{}, verbose, {"default", false}, {}, {}};
    made.now = [this] { return driver.now(); };
    made.wall_now = [this] { return driver.wall_now(); };
    return made;
  }
  void play(ProgressPrinter& printer, const std::vector<DrainStatus>& verdicts, Duration until_next) {
    printer.on(Draining{verdicts, driver.now() - Instant{}});
    for (Duration left = until_next; left > Duration::zero(); left -= seconds(1)) {
      driver.advance(seconds(1));
      printer.tick();
    }
  }
  test::FakeStreams streams;
  test::VirtualDriver driver;
};

TEST_F(DrainProgress, ALogReportsEachPhaseOnceAndThenAHeartbeat) {
  const std::unique_ptr<ProgressPrinter> printer = make_plain_progress(options(false));
  play(*printer, {verdict(2, DrainPhase::kNotifying, "producers to reload the manifest", seconds(350))}, seconds(20));
  play(*printer, {verdict(2, DrainPhase::kNotifying, "producers to reload the manifest", seconds(330))}, seconds(30));
  play(*printer, {verdict(2, DrainPhase::kNotifying, "producers to reload the manifest", seconds(300))}, seconds(30));
  play(*printer, {traffic(2, 41)}, seconds(10));
  play(*printer, {traffic(2, 7)}, seconds(10));
  play(*printer, {verdict(2, DrainPhase::kReady, "")}, seconds(1));
  expect_golden("drain_lines.txt", streams.written_err);
}

TEST_F(DrainProgress, LiveBlock) {
  Progress progress;
  progress.on(Draining{eight_streams(), seconds(90)}, driver.now());
  EXPECT_TRUE(progress.busy());
  const std::vector<std::string> lines = live_block(progress, driver.now(), Style{}, 0);
  for (const std::string& line : lines) EXPECT_LT(display_width(line), 80u);
  expect_golden("drain_live_block.txt", join(lines, "\n") + "\n");
}

TEST_F(DrainProgress, TheLiveBlockEndsWithTheDrain) {
  Progress progress;
  const ResourceId stream{Kind::kStream, "logs-2", 2};
  progress.on(Draining{{verdict(2, DrainPhase::kReady, "")}, seconds(90)}, driver.now());
  progress.on(StepStarted{stream, Action::kDelete, 0, 1}, driver.now());
  progress.on(StepDone{stream, Action::kDelete, seconds(4), 1, 1}, driver.now());
  EXPECT_FALSE(progress.busy());
}

TEST_F(DrainProgress, Ndjson) {
  RendererOptions made;
  made.version = "0.1.0";
  made.run_id = "5f1e0a3c";
  made.wall_now = [this] { return driver.wall_now(); };
  const std::unique_ptr<Renderer> ndjson = find_output_format("ndjson")->make_renderer(made);
  std::string text = ndjson->begin();
  text += ndjson->event(
      Draining{{verdict(2, DrainPhase::kWaitingForQuiet, "3m without traffic", seconds(130))}, seconds(60)});
  text += ndjson->event(Draining{{traffic(2, 41), without_metrics(3)}, seconds(120)});
  text += ndjson->event(Draining{eight_streams(), seconds(180)});
  expect_golden("drain.ndjson", text);
  const Result<Json> last = parse_json(split(text, '\n')[3], "a line");
  ASSERT_TRUE(last);
  EXPECT_EQ((*last)["type"], "drain");
  EXPECT_EQ((*last)["streams"].size(), 8u) << "programs get every stream, whatever the message sums up";
}

TEST(DrainJson, OneStatus) {
  expect_golden(
      "drain_verdicts.json",
      dump(OrderedJson::array({drain_json(traffic(7, 41)), drain_json(without_metrics(3)),
                               drain_json(verdict(2, DrainPhase::kReady, "")), drain_json(with_difference(4, 600))}),
           2) +
          "\n");
}

TEST(DrainText, AnOutcomeListsWhatStillDrains) {
  OutcomeReport report;
  report.outcome.observed.name = "logs";
  report.outcome.draining = {traffic(7, 41), without_metrics(3)};
  EXPECT_NE(outcome_result(report).text().find("draining\tlogs-7\ttraffic\ttraffic to stop: 41 records/s"),
            std::string::npos);
}

TEST(DrainText, AnOutcomeStatesDifferences) {
  OutcomeReport report;
  report.outcome.observed.name = "logs";
  report.outcome.plan.steps.push_back({{Kind::kStream, "logs-2", 2}, Action::kDelete, "", {}, {}, false});
  report.outcome.differences[2] = with_difference(2, 600);
  report.outcome.differences[7] = with_difference(7, 1);
  const CommandResult result = outcome_result(report);
  EXPECT_TRUE(contains(result.human(Style{}),
                       "\nlogs-2: 600 records more taken than CloudWatch shows delivered.\n"
                       "logs-7: 1 record more taken than CloudWatch shows delivered.\n"));
  EXPECT_TRUE(contains(result.text(), "difference\tlogs-2\t600\ndifference\tlogs-7\t1\n"));
  const Result<Json> json = parse_json(result.json(), "the outcome");
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["differences"],
            Json::array({{{"stream", "logs-2"}, {"records", 600}}, {{"stream", "logs-7"}, {"records", 1}}}));
}

}  // namespace
}  // namespace drain_view_test
}  // namespace fhctl::cli
