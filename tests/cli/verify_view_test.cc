#include "cli/views/verify.h"

#include <gtest/gtest.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/cli/golden.h"

namespace fhctl::cli {
namespace verify_view_test {
namespace {

using pipeline::StreamProof;
using pipeline::VerifyReport;

StreamProof proof_of(const std::string& stream, int sent, int found) {
  StreamProof proof;
  proof.stream = stream;
  proof.wanted = 3;
  proof.sent = sent;
  proof.found = found;
  proof.buffer_interval_s = 60;
  if (found > 0) {
    proof.stored = std::chrono::seconds(62);
    proof.seen = std::chrono::milliseconds(64400);
    proof.objects = {"logs/2026/01/20/10/" + stream + "-1-2026-01-20-10-04-11-uuid.gz"};
  }
  return proof;
}

// One of each kind.
VerifyReport mixed_report() {
  VerifyReport report;
  report.run_id = "3f9c1b2a";
  report.bucket = "logs-123456789012-us-west-2";
  report.started = *parse_iso8601("2026-01-20T10:04:11Z");
  report.streams.push_back(proof_of("logs-1", 3, 3));
  report.streams.back().duplicates = 1;
  report.streams.push_back(proof_of("logs-2", 3, 1));
  report.streams.back().problem = "2 of 3 records did not arrive in time; evil \x1b[2J";
  report.streams.back().hint = "`fhctl up` puts role, trust and policy back.";
  report.streams.push_back(proof_of("logs-3", 3, 0));
  report.streams.back().by_arrival = true;
  report.streams.back().how = "ZIP";
  report.streams.back().objects = {"a", "b", "c", "d"};
  report.streams.push_back(proof_of("logs-4", 0, 0));
  report.streams.back().problem = "Firehose did not take 3 of 3 records: ThrottlingException: slow down";
  report.skipped.push_back({"logs-5", "it is draining: nothing may be sent to it"});
  report.drift = {"iam role policy r/delivery: differs from what is wanted"};
  return report;
}

TEST(VerifyView, AllForms) {
  const VerifyReport report = mixed_report();
  EXPECT_FALSE(report.proven());
  expect_golden("verify.txt", verify_text(report, {}));
  expect_golden("verify.tsv", verify_lines(report));
  expect_golden("verify.json", verify_json(report) + "\n");
  EXPECT_EQ(verify_text(report, {}).find('\x1b'), std::string::npos);
}

TEST(VerifyView, S3sWholeSecondsMayBeNone) {
  VerifyReport report;
  report.streams = {proof_of("logs-1", 3, 3)};
  report.streams[0].stored = Duration::zero();
  EXPECT_NE(verify_text(report, {}).find("3 of 3      <1s      1m 04s"), std::string::npos) << verify_text(report, {});
}

TEST(VerifyView, ProgressNamesWhatIsWaitedFor) {
  VerifyReport report;
  report.streams = {proof_of("logs-2", 3, 3), proof_of("logs-3", 3, 0), proof_of("logs-4", 0, 0)};
  EXPECT_EQ(verify_progress(report), "logs-2: 3 of 3 records; logs-3: 0 of 3 records, buffered up to 60 s");
  for (int i = 5; i < 25; ++i) report.streams.push_back(proof_of("logs-" + std::to_string(i), 3, i % 2));
  const std::string line = verify_progress(report);
  EXPECT_EQ(line.find("logs-2:"), std::string::npos);
  EXPECT_TRUE(ends_with(line, "; 17 more")) << line;
}

TEST(VerifyView, AProofNeedsEveryRecord) {
  EXPECT_TRUE(proof_of("s", 3, 3).proven());
  EXPECT_FALSE(proof_of("s", 3, 2).proven());
  EXPECT_FALSE(proof_of("s", 2, 2).proven());  // one was refused
  EXPECT_FALSE(proof_of("s", 0, 0).proven());
  EXPECT_FALSE(VerifyReport{}.proven());
  StreamProof by_arrival = proof_of("s", 3, 0);
  by_arrival.by_arrival = true;
  EXPECT_FALSE(by_arrival.proven());
  by_arrival.objects = {"key"};
  EXPECT_TRUE(by_arrival.proven());
}

TEST(VerifyView, TheFailureNamesTheStreams) {
  VerifyReport report = mixed_report();
  const Error failure = verify_failure(report);
  EXPECT_EQ(failure.kind, ErrorKind::kVerification);
  EXPECT_EQ(failure.message, "2 of 4 streams did not prove delivery: logs-2, logs-4.");
  EXPECT_NE(failure.hint.find("`fhctl up`"), std::string::npos);
  for (int i = 0; i < 9; ++i) report.streams.push_back(proof_of("more-" + std::to_string(i), 3, 0));
  EXPECT_NE(verify_failure(report).message.find("more-1, ...."), std::string::npos);
}

}  // namespace
}  // namespace verify_view_test
}  // namespace fhctl::cli
