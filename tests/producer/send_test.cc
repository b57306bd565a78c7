#include "core/producer/send.h"

#include <algorithm>
#include <deque>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/base/random.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::pipeline {
namespace send_test {
namespace {

using ::testing::HasSubstr;
using Records = std::vector<std::string>;
using Results = Result<std::vector<firehose::PutResult>>;

Manifest manifest_of(int active, std::int64_t generation = 1) {
  Manifest manifest;
  manifest.epoch = "5c0e2b7f9a1d4e36";
  manifest.generation = generation;
  manifest.pipeline = "logs";
  manifest.region = "us-west-2";
  for (int i = 1; i <= active; ++i) {
    ManifestEntry entry;
    entry.name = "logs-" + std::to_string(i);
    entry.state = EntryState::kActive;
    manifest.streams.push_back(entry);
  }
  return manifest;
}

// Streams that store the records they accept. The test decides what they reject.
struct World {
  test::VirtualDriver driver;
  Loop loop{driver};
  test::FakeSignals signals;
  Cancellation control{loop, signals};
  SeededEntropy entropy{3};

  Manifest manifest = manifest_of(4);
  SendOptions options;
  std::deque<std::string> input;  // one entry per read
  std::optional<Error> read_error;
  std::function<Result<Manifest>()> reload;
  std::function<void()> on_read;

  std::function<std::optional<Error>(const std::string& stream)> fail;  // the error of a whole request
  std::function<bool(const std::string& stream, const std::string& record)> refuse;
  Duration latency = std::chrono::milliseconds(20);

  std::map<std::string, Records> taken;
  std::vector<std::pair<std::string, std::size_t>> requests;  // stream, records
  int under_way = 0;
  int under_way_max = 0;
  int progress = 0;

  Results put(const std::string& stream, const Records& records) {
    requests.emplace_back(stream, records.size());
    under_way_max = std::max(under_way_max, ++under_way);
    loop.sleep_for(latency);
    --under_way;
    if (fail) {
      if (std::optional<Error> error = fail(stream)) return *error;
    }
    std::vector<firehose::PutResult> results;
    for (const std::string& record : records) {
      if (refuse && refuse(stream, record)) {
        results.push_back({"", "ServiceUnavailableException", "Slow down."});
      } else {
        taken[stream].push_back(record);
        results.push_back({"id-" + std::to_string(taken[stream].size()), "", ""});
      }
    }
    return results;
  }

  Result<std::string> read(std::size_t bytes_max) {
    if (on_read) on_read();
    if (input.empty()) return read_error ? Result<std::string>(*read_error) : Result<std::string>("");
    std::string bytes = input.front().substr(0, bytes_max);
    input.front().erase(0, bytes.size());
    if (input.front().empty()) input.pop_front();
    return bytes;
  }

  Result<SendReport> run() {
    std::optional<Result<SendReport>> report;
    SendHooks hooks{.read = [this](std::size_t most) { return read(most); },
                    .reload = reload,
                    .progress = [this](const SendReport&) { ++progress; }};
    PutBatch put_batch = [this](const std::string& stream, const Records& records) { return put(stream, records); };
    loop.run([&] { report = send_lines(control, entropy, put_batch, manifest, hooks, options); });
    return *report;
  }

  Records all_taken() const {
    Records all;
    for (const auto& [stream, records] : taken) all.insert(all.end(), records.begin(), records.end());
    std::sort(all.begin(), all.end());
    return all;
  }
};

std::string numbered_lines(int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) lines += "line " + std::to_string(100000 + i) + "\n";
  return lines;
}

Records sorted_lines(int count) {
  Records lines;
  for (int i = 0; i < count; ++i) lines.push_back("line " + std::to_string(100000 + i) + "\n");
  return lines;
}

TEST(Send, EveryLineArrivesOnceSpreadOverTheStreams) {
  World world;
  world.input = {numbered_lines(20000)};
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report) << report.error().message;
  EXPECT_TRUE(report->complete());
  EXPECT_EQ(world.all_taken(), sorted_lines(20000));
  EXPECT_EQ(report->lines, 20000);
  EXPECT_EQ(report->records, 20000);
  EXPECT_EQ(report->bytes, 20000 * 12);
  EXPECT_EQ(report->requests, static_cast<std::int64_t>(world.requests.size()));
  EXPECT_EQ(report->resent, 0);
  EXPECT_EQ(report->streams.size(), 4u);
  EXPECT_EQ(world.under_way_max, 4);
  EXPECT_EQ(world.progress, report->requests);
  for (const auto& [stream, sent] : report->streams) {
    EXPECT_EQ(sent.records, static_cast<std::int64_t>(world.taken[stream].size()));
    EXPECT_EQ(sent.last_record_id, "id-" + std::to_string(sent.records));
  }
}

TEST(Send, FirehoseAddsTheNewlineWhenTheManifestSaysSo) {
  World world;
  world.manifest.spec.newline = true;
  world.input = {"a\nb"};
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.all_taken(), (Records{"a", "b"}));
}

TEST(Send, AnEmptyInputSendsNothing) {
  World world;
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete());
  EXPECT_TRUE(world.requests.empty());
}

// Reading blocks the program, so no request may be in flight during a read, and no line may wait for a full batch.
TEST(Send, ASlowSourceIsSentAsItComes) {
  World world;
  world.input = {"a\n", "b\nc", "d\n"};
  world.on_read = [&] { EXPECT_EQ(world.under_way, 0); };
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.all_taken(), (Records{"a\n", "b\n", "cd\n"}));
  EXPECT_EQ(world.requests.size(), 3u);
}

TEST(Send, OnlyRefusedRecordsAreSentAgainAndOnAnotherStream) {
  World world;
  world.input = {numbered_lines(100)};
  std::set<std::string> refused;
  world.refuse = [&](const std::string&, const std::string& record) {
    return record.find('7') != std::string::npos && refused.insert(record).second;
  };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete());
  EXPECT_EQ(world.all_taken(), sorted_lines(100));
  ASSERT_EQ(world.requests.size(), 2u);
  EXPECT_EQ(world.requests[1].second, refused.size());
  EXPECT_NE(world.requests[0].first, world.requests[1].first);
  EXPECT_EQ(report->resent, static_cast<std::int64_t>(refused.size()));
  EXPECT_EQ(report->maybe_duplicated, 0);
  EXPECT_EQ(report->last_refusal, "ServiceUnavailableException: Slow down.");
}

TEST(Send, WhatIsRefusedForTooLongIsLostAndCounted) {
  World world;
  world.input = {"good\nbad\n"};
  world.refuse = [](const std::string&, const std::string& record) { return record == "bad\n"; };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->complete());
  EXPECT_EQ(report->records, 1);
  EXPECT_EQ(report->lost, 1);
  EXPECT_FALSE(report->error);
  EXPECT_LE(world.driver.elapsed(), std::chrono::seconds(30));
  EXPECT_GE(world.driver.elapsed(), std::chrono::seconds(20));
  EXPECT_GT(world.requests.size(), 8u);
  EXPECT_LT(world.requests.size(), 30u) << "the pauses must grow";
}

TEST(Send, NoAnswerMeansSentAgainElsewhereAndPerhapsTwice) {
  for (ErrorKind kind : {ErrorKind::kNetwork, ErrorKind::kProtocol, ErrorKind::kUnavailable}) {
    World world;
    world.input = {"a\nb\n"};
    int failures = 1;
    world.fail = [&](const std::string&) -> std::optional<Error> {
      if (failures-- > 0) return Error{.kind = kind, .message = "no answer"};
      return std::nullopt;
    };
    Result<SendReport> report = world.run();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->complete());
    EXPECT_EQ(report->maybe_duplicated, 2);
    EXPECT_EQ(report->resent, 2);
    ASSERT_EQ(world.requests.size(), 2u);
    EXPECT_NE(world.requests[0].first, world.requests[1].first);
  }
}

TEST(Send, ARefusalOfTheWholeRequestDuplicatesNothing) {
  World world;
  world.input = {"a\n"};
  int failures = 3;
  world.fail = [&](const std::string&) -> std::optional<Error> {
    if (failures-- <= 0) return std::nullopt;
    return Error{.kind = ErrorKind::kUnavailable, .message = "Slow down.", .aws_code = "ServiceUnavailableException"};
  };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete());
  EXPECT_EQ(report->maybe_duplicated, 0);
  EXPECT_EQ(report->resent, 3);
}

TEST(Send, AStreamThatIsGoneIsDroppedAndTheManifestReadAgain) {
  World world;
  world.manifest = manifest_of(2);
  world.input = {numbered_lines(3000)};
  int reloads = 0;
  world.fail = [&](const std::string& stream) -> std::optional<Error> {
    if (stream != "logs-3") return Error{.kind = ErrorKind::kNotFound, .message = stream + " not found"};
    return std::nullopt;
  };
  world.reload = [&]() -> Result<Manifest> {
    ++reloads;
    Manifest next = manifest_of(3, 2);
    next.streams.erase(next.streams.begin(), next.streams.begin() + 2);
    return next;
  };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete());
  EXPECT_EQ(world.taken["logs-3"].size(), 3000u);
  EXPECT_EQ(reloads, 1);
}

TEST(Send, WhenNoStreamIsLeftItStopsAndSaysSo) {
  World world;
  world.input = {numbered_lines(10)};
  world.fail = [](const std::string&) { return Error{.kind = ErrorKind::kNotFound, .message = "not found"}; };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->lost, 10);
  ASSERT_TRUE(report->error);
  EXPECT_THAT(report->error->message, HasSubstr("has no active stream"));
  EXPECT_EQ(world.requests.size(), 4u) << "each stream once";
}

TEST(Send, TheManifestIsReadAgainEveryPollInterval) {
  World world;
  world.manifest.spec.manifest_poll_s = 10;
  int reloads = 0;
  world.reload = [&]() -> Result<Manifest> {
    ++reloads;
    return manifest_of(1, 2);  // all but one are draining now
  };
  world.input = {"before\n", "after\n", "later\n"};
  world.on_read = [&] { world.driver.advance(std::chrono::seconds(7)); };  // slow typing
  ASSERT_TRUE(world.run());
  EXPECT_EQ(reloads, 1) << "at 14 s";
  EXPECT_EQ(world.requests[1].first, "logs-1");
  EXPECT_EQ(world.requests[2].first, "logs-1");
}

TEST(Send, AManifestThatIsCheapToReadIsReadMoreOften) {
  World world;
  world.options.reload_every = std::chrono::seconds(1);
  int reloads = 0;
  world.reload = [&]() -> Result<Manifest> {
    // Absent, truncated and complete in turn; only the complete ones are used.
    if (++reloads % 2 == 1) return Error{.kind = ErrorKind::kProtocol, .message = "half-written"};
    return manifest_of(1, 2);
  };
  world.input = {"a\n", "b\n", "c\n", "d\n", "e\n"};
  world.on_read = [&] { world.driver.advance(std::chrono::milliseconds(1100)); };
  ASSERT_TRUE(world.run());
  EXPECT_EQ(reloads, 5) << "once for each second in which there was something to send";
  EXPECT_EQ(world.requests.back().first, "logs-1");
}

// Two producers share a stream's limit: 5 MiB at 2.5 MiB/s with a burst of one second.
TEST(Send, TheShareOfAStreamsLimitIsKept) {
  World world;
  world.manifest = manifest_of(1);
  world.manifest.spec.producers = 2;
  std::string lines;
  for (int i = 0; i < 105; ++i) lines += std::string(99999, 'x') + "\n";
  world.input = {lines};
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete());
  EXPECT_GE(world.driver.elapsed(), std::chrono::milliseconds(2900)) << "10.5 MB";
  EXPECT_LE(world.driver.elapsed(), std::chrono::milliseconds(3600));
}

TEST(Send, AManifestThatIsOlderOrBrokenOrForeignChangesNothing) {
  for (int what = 0; what < 3; ++what) {
    World world;
    world.manifest = manifest_of(1, 5);
    world.manifest.spec.manifest_poll_s = 1;
    world.reload = [&]() -> Result<Manifest> {
      if (what == 0) return manifest_of(0, 4);
      if (what == 1) return Error{.kind = ErrorKind::kProtocol, .message = "cut off"};
      Manifest foreign = manifest_of(0, 6);
      foreign.pipeline = "other";
      return foreign;
    };
    world.input = {"a\n", "b\n"};
    world.on_read = [&] { world.driver.advance(std::chrono::seconds(2)); };
    Result<SendReport> report = world.run();
    ASSERT_TRUE(report);
    EXPECT_TRUE(report->complete()) << what;
  }
}

TEST(Send, APinnedStreamTakesAll) {
  World world;
  world.options.stream = "logs-2";
  world.input = {numbered_lines(1200)};
  ASSERT_TRUE(world.run());
  EXPECT_EQ(world.taken["logs-2"].size(), 1200u);
  EXPECT_EQ(world.taken.size(), 1u);
}

TEST(Send, NothingCanBeSentWithoutAnActiveStream) {
  World world;
  world.manifest = manifest_of(0);
  Result<SendReport> report = world.run();
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().kind, ErrorKind::kPrecondition);
  World pinned;
  pinned.options.stream = "logs-9";
  report = pinned.run();
  ASSERT_FALSE(report);
  EXPECT_THAT(report.error().message, HasSubstr("logs-9 is not an active one"));
}

TEST(Send, AnErrorThatNoOtherStreamCuresEndsTheRun) {
  World world;
  world.input = {numbered_lines(20000)};
  world.fail = [](const std::string&) { return Error{.kind = ErrorKind::kUsage, .message = "invalid argument"}; };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->kind, ErrorKind::kUsage);
  EXPECT_EQ(report->records, 0);
  EXPECT_EQ(report->lost, report->lines) << "what was read and not sent is counted";
  EXPECT_LE(world.requests.size(), 4u);
}

TEST(Send, AStreamThatDeniesAccessLosesNoRecord) {
  World world;
  world.input = {numbered_lines(20000)};
  int denials = 0;
  world.fail = [&](const std::string& stream) -> std::optional<Error> {
    if (stream != "logs-3") return std::nullopt;
    ++denials;
    return Error{.kind = ErrorKind::kDenied, .message = "not authorized"};
  };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete()) << describe(report->error.value_or(Error{}));
  EXPECT_EQ(world.all_taken(), sorted_lines(20000));
  EXPECT_GT(denials, 0);
  EXPECT_LE(denials, 12) << "it is left out for a while";
}

// IAM sees the tags of a new pipeline's streams some seconds late.
TEST(Send, WhenEveryStreamDeniesAccessForAMomentTheRecordsWait) {
  World world;
  world.input = {numbered_lines(100)};
  const Instant allowed_at = world.loop.now() + std::chrono::seconds(3);
  world.fail = [&](const std::string&) -> std::optional<Error> {
    if (world.loop.now() >= allowed_at) return std::nullopt;
    return Error{.kind = ErrorKind::kDenied, .message = "not authorized"};
  };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->complete()) << describe(report->error.value_or(Error{}));
  EXPECT_EQ(world.all_taken(), sorted_lines(100));
}

TEST(Send, ADenialByEveryStreamEndsTheRunBeforeTheRecordsExpire) {
  World world;
  world.input = {numbered_lines(20000)};
  world.fail = [](const std::string&) { return Error{.kind = ErrorKind::kDenied, .message = "not authorized"}; };
  const Instant began = world.loop.now();
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->kind, ErrorKind::kDenied);
  EXPECT_EQ(report->records, 0);
  EXPECT_EQ(report->lost, report->lines) << "what was read and not sent is counted";
  EXPECT_LE(world.loop.now() - began, std::chrono::seconds(20));
}

TEST(Send, RecordsThatExpiredBecauseAccessIsDeniedEndTheRunWithThatError) {
  World world;
  world.manifest.spec.record_ttl_s = 1;
  world.input = {numbered_lines(100)};
  world.fail = [](const std::string&) { return Error{.kind = ErrorKind::kDenied, .message = "not authorized"}; };
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->kind, ErrorKind::kDenied);
  EXPECT_EQ(report->lost, 100);
}

TEST(Send, ASignalStopsReadingButNotWhatIsUnderWay) {
  World world;
  world.input = {numbered_lines(20000)};
  world.driver.after(std::chrono::milliseconds(30), [&] { world.signals.raise(2); });
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_EQ(report->error->kind, ErrorKind::kCancelled);
  EXPECT_GT(report->records, 0);
  EXPECT_EQ(report->records + report->lost, report->lines);
  EXPECT_EQ(static_cast<std::int64_t>(world.all_taken().size()), report->records);
}

TEST(Send, AReadErrorIsReportedAfterTheRestWasSent) {
  World world;
  world.input = {"a\nb\n"};
  world.read_error = Error{.message = "disk error"};
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  ASSERT_TRUE(report->error);
  EXPECT_THAT(describe(*report->error), HasSubstr("reading the input: disk error"));
  EXPECT_EQ(report->records, 2);
}

TEST(Send, ALineThatIsTooLongIsNamed) {
  World world;
  world.input = {"a\n" + std::string(1024000, 'x') + "\nb\n"};
  Result<SendReport> report = world.run();
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->complete());
  EXPECT_EQ(report->too_long, 1);
  EXPECT_EQ(report->long_lines, (std::vector<LongLine>{{2, 1024001}}));
  EXPECT_EQ(world.all_taken(), (Records{"a\n", "b\n"}));
}

// Failures are random. Every line must be either accepted exactly once or counted as lost.
TEST(Send, NothingIsLostUncountedWhateverFails) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    World world;
    SeededEntropy chance(seed);
    world.entropy = SeededEntropy(seed + 1000);
    world.input = {numbered_lines(1500)};
    const std::uint64_t fail_percent = random_below(chance, 60);
    const std::uint64_t refuse_percent = random_below(chance, 60);
    world.fail = [&](const std::string&) -> std::optional<Error> {
      if (random_below(chance, 100) >= fail_percent) return std::nullopt;
      constexpr ErrorKind kKinds[] = {ErrorKind::kNetwork, ErrorKind::kThrottled, ErrorKind::kUnavailable};
      return Error{.kind = kKinds[random_below(chance, 3)], .message = "bad luck"};
    };
    world.refuse = [&](const std::string&, const std::string&) { return random_below(chance, 100) < refuse_percent; };
    Result<SendReport> report = world.run();
    ASSERT_TRUE(report);
    const Records all = world.all_taken();
    EXPECT_EQ(static_cast<std::int64_t>(all.size()), report->records);
    EXPECT_EQ(std::set<std::string>(all.begin(), all.end()).size(), all.size());
    EXPECT_EQ(report->records + report->lost, 1500);
  }
}

}  // namespace
}  // namespace send_test
}  // namespace fhctl::pipeline
