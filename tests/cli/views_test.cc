// Plans, descriptions and errors in each form, against golden texts.
#include <gtest/gtest.h>

#include "cli/views/describe.h"
#include "cli/views/error_text.h"
#include "cli/views/outcome.h"
#include "cli/views/plan_json.h"
#include "cli/views/plan_text.h"
#include "cli/views/value_diff.h"
#include "tests/cli/golden.h"
#include "tests/cli/samples.h"

namespace fhctl::cli {
namespace views_test {
namespace {

const PlanFacts kFacts{"us-west-2", false, 0};

TEST(PlanText, FirstUp) {
  const std::string text = plan_text(birth_plan(), kFacts, Style{});
  expect_golden("plan_birth.txt", text);
  EXPECT_NE(text.find("\nPlan: 7 to add, 0 to change, 0 to destroy.\n"), std::string::npos);
}

TEST(PlanText, WideTerminalsKeepTheCapacityOnOneLine) {
  Style wide;
  wide.columns = 200;
  const std::string text = plan_text(birth_plan(), kFacts, wide);
  EXPECT_NE(text.find("Capacity: 2 streams, 10 MiB/s, 1,000,000 rec/s, 4,000 req/s (region defaults). "
                      "Streams cost nothing while idle.\n"),
            std::string::npos)
      << text;
}

TEST(PlanText, RepairsFieldByField) {
  const std::string text = plan_text(repair_plan(), kFacts, Style{});
  expect_golden("plan_repair.txt", text);
  EXPECT_FALSE(has_escape_bytes(text));
}

TEST(PlanText, ColourMarksOnly) {
  Style style;
  style.color = true;
  const std::string text = plan_text(repair_plan(), kFacts, style);
  EXPECT_NE(text.find("\x1b[32m+\x1b[0m"), std::string::npos);
  EXPECT_EQ(text.find("\x1b[31mred"), std::string::npos) << "what AWS says must not colour anything";
}

TEST(PlanText, ManyStreamsAreOneLine) { expect_golden("plan_large.txt", plan_text(large_plan(200), kFacts, Style{})); }

TEST(PlanText, NothingToDo) {
  EXPECT_EQ(plan_text({}, {"us-west-2", false, 2}, Style{}), "No changes. 2 streams ACTIVE.\n");
  EXPECT_EQ(plan_text({}, {"us-west-2", true, 0}, Style{}), "No changes. There is nothing to destroy.\n");
}

TEST(PlanJson, SameFacts) { expect_golden("plan_repair.json", dump(plan_json(repair_plan()), 2) + "\n"); }

TEST(PlanLines, SameFacts) { expect_golden("plan_repair.tsv", plan_lines(repair_plan())); }

TEST(ValueDiff, ShortValuesStayOnOneLine) {
  EXPECT_EQ(field_change_lines("retention", "30 days", "60 days"),
            (std::vector<std::string>{"retention: 30 days -> 60 days"}));
  EXPECT_EQ(field_change_lines("prefix", "", "logs/"), (std::vector<std::string>{"prefix: (none) -> logs/"}));
}

TEST(ValueDiff, LongTextsThatAreNotJsonAreShownWhole) {
  const std::vector<std::string> lines =
      field_change_lines("document", std::string(80, 'a'), "{" + std::string(80, 'b'));
  ASSERT_EQ(lines.size(), 3u);
  EXPECT_EQ(lines[1].substr(0, 5), "  - a");
  EXPECT_EQ(lines[2].substr(0, 6), "  + {b");
}

Description description() {
  Description made;
  made.observed = observed_pipeline();
  made.plan = repair_plan();
  made.plan.notes.clear();
  made.local = {LocalManifest::State::kOlder, "fhctl-manifest.json", 1768903400};
  made.continue_command = "fhctl up logs";
  return made;
}

TEST(Describe, AllOfIt) {
  const std::string text = describe_text(description(), Style{});
  expect_golden("describe.txt", text);
  EXPECT_FALSE(has_escape_bytes(text));
}

TEST(Describe, ExistingPartsAreExternalAndNotCounted) {
  Description there = description();
  const int resources = there.observed.resources();
  there.observed.spec.existing_role = "arn:aws:iam::123456789012:role/service-role/team";
  there.observed.spec.existing_log_group = there.observed.spec.log_group = "company";
  there.observed.role.emplace().denied = Error{.kind = ErrorKind::kDenied, .message = "denied"};
  there.observed.log_group->denied = {"logs:DescribeLogStreams"};
  EXPECT_EQ(there.observed.resources(), resources - 2);  // group and log stream
  const std::string text = describe_text(there, Style{});
  EXPECT_NE(text.find("iam role         team  external\n                   it may not be read: not checked\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("log group        company  external\n                   it may not be read: not checked\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("log stream       company:S3Delivery  external\n"), std::string::npos) << text;
  EXPECT_EQ(text.find("\n  iam role policy"), std::string::npos) << text;
}

TEST(Describe, Json) { expect_golden("describe.json", describe_json(description()) + "\n"); }
TEST(Describe, Lines) { expect_golden("describe.tsv", describe_lines(description())); }

TEST(Describe, NothingThere) {
  Description nothing;
  nothing.observed.identity = {"123456789012", "aws", "us-west-2", "arn"};
  nothing.observed.name = "logs";
  EXPECT_EQ(describe_text(nothing, Style{}),
            "Nothing found: there is no pipeline logs in us-west-2 of account 123456789012.\n");
}

Error throttled(const std::string& name) {
  Error error;
  error.kind = ErrorKind::kThrottled;
  error.message = "creating stream " + name + ": Rate exceeded";
  error.aws_code = "LimitExceededException";
  error.request_id = "abc-1";
  error.hint = "Ask for more.";
  error.contexts = {"CreateDeliveryStream"};
  return error;
}

TEST(ErrorText, SaysEverythingOnce) {
  expect_golden("error.txt", error_text(throttled("logs-1"), Style{}));
  Error known = throttled("logs-1");
  known.message = "AWS said LimitExceededException (request id abc-1)";
  EXPECT_EQ(error_text(known, Style{}).find("  AWS said"), std::string::npos);
}

TEST(ErrorText, EscapesWhatComesFromOutside) {
  Error error;
  error.message = "AWS said \x1b]0;owned\x07\r\n\x1b[2J";
  error.hint = "\x1b[31m";
  EXPECT_FALSE(has_escape_bytes(error_text(error, Style{})));
  EXPECT_EQ(error_text(error, Style{}).find('\r'), std::string::npos);
}

TEST(ErrorText, TheSameFailureOfManyIsReportedOnce) {
  std::vector<std::pair<pipeline::ResourceId, Error>> failures;
  for (int number = 3; number <= 10; ++number) {
    const std::string name = "logs-" + std::to_string(number);
    failures.push_back({{pipeline::Kind::kStream, name, number}, throttled(name)});
  }
  failures.push_back({{pipeline::Kind::kRole, "logs-role", 0}, throttled("logs-role")});
  expect_golden("failures.txt", failures_text(failures, Style{}));
}

TEST(Outcome, LinesThatScriptsLookFor) {
  pipeline::Outcome outcome;
  outcome.added = 7;
  outcome.destroyed = 3;
  EXPECT_EQ(complete_line(outcome, false), "Apply complete! Resources: 7 added, 0 changed, 3 destroyed.");
  EXPECT_EQ(complete_line(outcome, true), "Destroy complete! Resources: 3 destroyed.");
}

TEST(Outcome, ResultWords) {
  pipeline::Outcome outcome;
  EXPECT_EQ(result_word(outcome, false), "no_changes");
  outcome.plan = birth_plan();
  EXPECT_EQ(result_word(outcome, false), "ok");
  EXPECT_EQ(result_word(outcome, true), "changes_pending");
  outcome.error = throttled("x");
  EXPECT_EQ(result_word(outcome, false), "error");
  outcome.error->kind = ErrorKind::kPartial;
  EXPECT_EQ(result_word(outcome, false), "partial");
  outcome.plan.blockers.push_back(throttled("x"));
  EXPECT_EQ(result_word(outcome, false), "blocked");
}

}  // namespace
}  // namespace views_test
}  // namespace fhctl::cli
