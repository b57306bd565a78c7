// Random scenarios from seeds. FHCTL_SEEDS=N runs N of them, FHCTL_SEED=S only that one and prints everything that
// happens.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/wire/error_reply.h"
#include "tests/sim/harness/budget.h"
#include "tests/sim/harness/fault.h"
#include "tests/sim/invariants/invariant_checker.h"
#include "tests/sim/scenarios/random_scenario.h"

namespace fhctl::test {
namespace random_scenario_test {
namespace {

// Seeded bugs change requests and responses; none of them can send a request after a stop request.
TEST(Rules, NothingIsChangedAfterAStopRequestButTheLock) {
  InvariantChecker invariant_checker;
  const RunFacts run{.process = 7, .verb = "up", .pipeline = "logs", .region = "us-west-2"};
  invariant_checker.begun_after_stop(
      run, {.service = "firehose", .operation = "DescribeDeliveryStream", .resource = "logs-1"});
  invariant_checker.begun_after_stop(
      run,
      {.service = "s3", .operation = "DeleteObject", .resource = "logs/_fhctl/logs/us-west-2/lock", .mutating = true});
  EXPECT_TRUE(invariant_checker.broken.empty()) << invariant_checker.broken.front();
  invariant_checker.begun_after_stop(
      run, {.service = "firehose", .operation = "CreateDeliveryStream", .resource = "logs-1", .mutating = true});
  EXPECT_EQ(invariant_checker.broken.size(), 1u);
}

// Only a refusal that reached the process counts: not one that was lost, or that answered a duplicated request.
TEST(Rules, AFullQuotaIsNotTriedAgainOnceItWasReported) {
  const sandbox::CloudState world{sandbox::Options{}};
  const RunFacts run{.process = 7, .verb = "up", .pipeline = "logs", .region = "us-west-2"};
  const sandbox::Route route{
      .service = "firehose", .operation = "CreateDeliveryStream", .resource = "logs-4", .mutating = true};
  const http::Request request;
  const http::Response refused = sandbox::wire_error("firehose", 400, "LimitExceededException", "The quota is full.");
  InvariantChecker invariant_checker;
  for (const bool heard : {false, false, true, false})
    invariant_checker.after({run, route, request, world, heard}, refused);
  EXPECT_TRUE(invariant_checker.broken.empty()) << invariant_checker.broken.front();
  invariant_checker.after({run, route, request, world}, refused);
  ASSERT_EQ(invariant_checker.broken.size(), 1u);
  EXPECT_TRUE(starts_with(invariant_checker.broken.front(), "budget: ")) << invariant_checker.broken.front();
}

// Each of them violated an invariant once; docs/history/test-runs.md says which.
TEST(Seeds, ThatWentWrongOnce) {
  for (const std::uint64_t seed :
       {225,    319,    438,    600,    664,    726,    761,    790,    796,    1587,   1634,
        1738,   1843,   1873,   1936,   2560,   101286, 101541, 102427, 103521, 106177, 107517,
        111704, 113102, 116975, 122870, 201832, 222593, 225796, 230120, 261539, 285730, 346736,
        396342, 402729, 461162, 641137, 745296, 767053, 788702, 879489, 1033313}) {
    Chooser chooser(seed);
    const ScenarioResult result = run_scenario(chooser);
    EXPECT_TRUE(result.broken.empty()) << "seed " << seed << ": " << join(result.broken, "\n  ");
  }
}

TEST(Seeds, ThatWentWrongOnceWithTraffic) {
  for (const std::uint64_t seed : {600642, 601029}) {
    Chooser chooser(seed);
    const ScenarioResult result =
        run_scenario(chooser, {.seeded_bug = nullptr, .tells = false, .traffic = true, .hurried = false});
    EXPECT_TRUE(result.broken.empty()) << "seed " << seed << ": " << join(result.broken, "\n  ");
  }
}

// If streams are deleted without a drain under traffic, the scenarios must detect lost records.
TEST(Traffic, LosesRecordsWithoutADrain) {
  constexpr std::uint64_t kSeeds = 150;
  std::string noticed;
  for (std::uint64_t seed = 1; seed <= kSeeds && noticed.empty(); ++seed) {
    Chooser chooser(seed);
    const ScenarioResult result =
        run_scenario(chooser, {.seeded_bug = nullptr, .tells = false, .traffic = true, .hurried = true});
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
    const ScenarioResult first = run_scenario(one);
    EXPECT_EQ(first.trace, run_scenario(two).trace) << seed;
    Chooser choice_trace(first.choice_trace);
    EXPECT_EQ(run_scenario(choice_trace).trace, first.trace) << seed << " from its choice trace";
    const Result<ChoiceTrace> read = parse_choice_trace(format_choice_trace(first.choice_trace));
    ASSERT_TRUE(read) << seed;
    EXPECT_EQ(format_choice_trace(*read), format_choice_trace(first.choice_trace));
  }
}

// `./dev test` compares the line of both builds: nothing may depend on addresses, optimisation or uninitialized memory.
TEST(Seeds, GoTheSameWayInEveryBuild) {
  constexpr std::uint64_t kCount = 40;
  std::uint64_t trace = 0;
  for (std::uint64_t seed = 1; seed <= kCount; ++seed) {
    Chooser chooser(seed);
    trace = trace * 31 + run_scenario(chooser).trace;
  }
  std::cout << fmt::format("TRACE seeds 1 to {}: {:016x}\n", kCount, trace);
  EXPECT_NE(trace, 0u);
}

TEST(Seeds, AreSound) {
  const std::int64_t one = budget_of("FHCTL_SEED", 0);
  const std::int64_t first = one > 0 ? one : budget_of("FHCTL_FIRST", 1);
  const std::int64_t count = one > 0 ? 1 : budget_of("FHCTL_SEEDS", 2500);
  const auto began = std::chrono::steady_clock::now();
  std::vector<std::int64_t> requests;
  std::map<std::string, int> faults;
  std::map<std::string, int> reached;
  double hours = 0;
  for (std::int64_t seed = first; seed < first + count; ++seed) {
    Chooser chooser(static_cast<std::uint64_t>(seed));
    PlaySettings settings;
    settings.tells = one > 0;
    const ScenarioResult result = run_scenario(chooser, settings);
    requests.push_back(result.requests);
    hours += result.virtual_s / 3600;
    for (const auto& [name, times] : result.faults) faults[name] += times;
    for (const auto& [name, times] : result.reached) reached[name] += times;
    for (const std::string& line : result.events) std::cout << line << "\n";
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
  EXPECT_GE(requests[requests.size() / 2], 150) << "scenarios that are too short prove little";
  EXPECT_EQ(faults.size(), static_cast<std::size_t>(kFaultKinds - 1)) << "a kind of fault never occurred";
  EXPECT_GE(reached.size(), 60u) << "too few situations were reached";
  for (const char* what : {"two at once",
                           "neighbour",
                           "bucket with versions",
                           "lock taken over",
                           "run in a container",
                           "waited for the lock",
                           "planned again under the lock",
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
}  // namespace random_scenario_test
}  // namespace fhctl::test
