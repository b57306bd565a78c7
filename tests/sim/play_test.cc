// Random stories, told from their seeds. FHCTL_SEEDS=N tells so many, FHCTL_SEED=S just that one, with all that
// happens.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/wire.h"
#include "tests/sim/fault.h"
#include "tests/sim/number_of.h"
#include "tests/sim/play.h"
#include "tests/sim/referee.h"

namespace fhctl::test {
namespace {

// Planted mistakes bend requests and answers; what begins after a stop request none of them can show.
TEST(Rules, NothingIsChangedAfterAStopRequestButTheLock) {
  Referee referee;
  const RunFacts run{.process = 7, .verb = "up", .pipeline = "logs", .region = "us-west-2"};
  referee.begun_after_stop(run, {.service = "firehose", .operation = "DescribeDeliveryStream", .resource = "logs-1"});
  referee.begun_after_stop(
      run,
      {.service = "s3", .operation = "DeleteObject", .resource = "logs/_fhctl/logs/us-west-2/lock", .mutating = true});
  EXPECT_TRUE(referee.broken.empty()) << referee.broken.front();
  referee.begun_after_stop(
      run, {.service = "firehose", .operation = "CreateDeliveryStream", .resource = "logs-1", .mutating = true});
  EXPECT_EQ(referee.broken.size(), 1u);
}

// A refusal that was lost on the way is asked for again; the copy that the network made of a request nobody asked for.
TEST(Rules, AFullQuotaIsNotAskedAgainOnceItWasHeard) {
  const sandbox::World world{sandbox::Options{}};
  const RunFacts run{.process = 7, .verb = "up", .pipeline = "logs", .region = "us-west-2"};
  const sandbox::Route route{
      .service = "firehose", .operation = "CreateDeliveryStream", .resource = "logs-4", .mutating = true};
  const http::Request request;
  const http::Response refused = sandbox::wire_error("firehose", 400, "LimitExceededException", "The quota is full.");
  Referee referee;
  for (const bool heard : {false, false, true, false}) referee.after({run, route, request, world, heard}, refused);
  EXPECT_TRUE(referee.broken.empty()) << referee.broken.front();
  referee.after({run, route, request, world}, refused);
  ASSERT_EQ(referee.broken.size(), 1u);
  EXPECT_TRUE(starts_with(referee.broken.front(), "budget: ")) << referee.broken.front();
}

// Each broke a rule once; docs/TESTING.md says which.
TEST(Seeds, ThatWentWrongOnce) {
  for (const std::uint64_t seed :
       {225,    319,    438,    600,    664,    726,    761,    790,    796,    1587,   1634,
        1738,   1843,   1873,   1936,   2560,   101286, 101541, 102427, 103521, 106177, 107517,
        111704, 113102, 116975, 122870, 201832, 222593, 225796, 230120, 261539, 285730, 346736,
        396342, 402729, 461162, 641137, 745296, 767053, 788702, 879489, 1033313}) {
    Chooser chooser(seed);
    const PlayResult result = play(chooser);
    EXPECT_TRUE(result.broken.empty()) << "seed " << seed << ": " << join(result.broken, "\n  ");
  }
}

TEST(Seeds, ThatWentWrongOnceWithTraffic) {
  for (const std::uint64_t seed : {600642, 601029}) {
    Chooser chooser(seed);
    const PlayResult result = play(chooser, {.mistake = nullptr, .tells = false, .traffic = true, .hurried = false});
    EXPECT_TRUE(result.broken.empty()) << "seed " << seed << ": " << join(result.broken, "\n  ");
  }
}

// Where streams are deleted without a drain under traffic, the stories have to notice.
TEST(Traffic, LosesRecordsWhenNobodyDrains) {
  constexpr std::uint64_t kSeeds = 150;
  std::string noticed;
  for (std::uint64_t seed = 1; seed <= kSeeds && noticed.empty(); ++seed) {
    Chooser chooser(seed);
    const PlayResult result = play(chooser, {.mistake = nullptr, .tells = false, .traffic = true, .hurried = true});
    for (const std::string& rule : result.broken) {
      if (starts_with(rule, "arrives: ")) noticed = fmt::format("seed {}: {}", seed, split(rule, '\n').front());
    }
  }
  std::cout << noticed << "\n";
  EXPECT_NE(noticed, "");
}

TEST(Seeds, TheSameTwice) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Chooser one(seed);
    Chooser two(seed);
    const PlayResult first = play(one);
    EXPECT_EQ(first.trace, play(two).trace) << seed;
    Chooser tape(first.tape);
    EXPECT_EQ(play(tape).trace, first.trace) << seed << " from its tape";
    const Result<Tape> read = parse_tape(format_tape(first.tape));
    ASSERT_TRUE(read) << seed;
    EXPECT_EQ(format_tape(*read), format_tape(first.tape));
  }
}

// `./dev test` compares the line between the builds: nothing may depend on addresses, optimisation or what was in
// memory.
TEST(Seeds, GoTheSameWayInEveryBuild) {
  constexpr std::uint64_t kCount = 40;
  std::uint64_t trace = 0;
  for (std::uint64_t seed = 1; seed <= kCount; ++seed) {
    Chooser chooser(seed);
    trace = trace * 31 + play(chooser).trace;
  }
  std::cout << fmt::format("TRACE seeds 1 to {}: {:016x}\n", kCount, trace);
  EXPECT_NE(trace, 0u);
}

TEST(Seeds, AreSound) {
  const std::int64_t one = number_of("FHCTL_SEED", 0);
  const std::int64_t first = one > 0 ? one : number_of("FHCTL_FIRST", 1);
  const std::int64_t count = one > 0 ? 1 : number_of("FHCTL_SEEDS", 2500);
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::int64_t> requests;
  std::map<std::string, int> faults;
  std::map<std::string, int> reached;
  double hours = 0;
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    Chooser chooser(static_cast<std::uint64_t>(seed));
    PlaySettings settings;
    settings.tells = one > 0;
    const PlayResult result = play(chooser, settings);
    requests.push_back(result.requests);
    hours += result.virtual_s / 3600;
    for (const auto& [name, times] : result.faults) faults[name] += times;
    for (const auto& [name, times] : result.reached) reached[name] += times;
    for (const std::string& line : result.told) std::cout << line << "\n";
    EXPECT_TRUE(result.broken.empty()) << "FHCTL_SEED=" << seed << " " << join(result.broken, "\n  ") << "\n  "
                                       << result.drawn;
  }
  std::sort(requests.begin(), requests.end());
  std::int64_t all = 0;
  for (const std::int64_t some : requests) all += some;
  int struck = 0;
  for (const auto& [name, times] : faults) struck += times;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::cout << fmt::format("FIGURES seeds {} to {}: {} requests, median {} a seed, {} faults of {} kinds, ", first,
                           first + count - 1, all, requests[requests.size() / 2], struck, faults.size())
            << fmt::format("{:.0f} virtual hours, {} situations, {:.0f} requests/s\n", hours, reached.size(),
                           static_cast<double>(all) / seconds);
  if (count < 1000) return;
  EXPECT_GE(requests[requests.size() / 2], 150) << "stories that are too short prove little";
  EXPECT_EQ(faults.size(), static_cast<std::size_t>(kFaultKinds - 1)) << "a kind of fault never struck";
  EXPECT_GE(reached.size(), 60u) << "of what can happen to fhctl, too little did";
  for (const char* what : {"two at once",
                           "neighbour",
                           "bucket with versions",
                           "lock taken over",
                           "run in a container",
                           "waited for the lock",
                           "planned anew under the lock",
                           "drained",
                           "record acknowledged",
                           "another account had the bucket's name",
                           "producer that ignores the manifest",
                           "waited for IAM",
                           "killed",
                           "stopped",
                           "exit: partial",
                           "exit: quota",
                           "refused: locked",
                           "stranger takes the tags off",
                           "stranger makes a role of the same name",
                           "stranger deletes the lock",
                           "answered PutObject: PreconditionFailed",
                           "answered CreateDeliveryStream: LimitExceededException",
                           "answered DescribeDeliveryStream: ThrottlingException"}) {
    EXPECT_GT(reached[what], 0) << "never reached: " << what;
  }
}

}  // namespace
}  // namespace fhctl::test
