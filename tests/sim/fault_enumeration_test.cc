// Every single fault at every request, and a check of the invariants: each seeded bug must be detected.
#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "tests/sim/harness/budget.h"
#include "tests/sim/scenarios/fault_enumeration.h"
#include "tests/sim/scenarios/random_scenario.h"

namespace fhctl::test {
namespace fault_enumeration_test {
namespace {

// FIGURES lines are shown at the end of `./dev test`.
class SingleFault : public testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  static void TearDownTestSuite() {
    std::cout << fmt::format("FIGURES single faults of {}: {} disturbed runs, {} requests, {} broken\n",
                             join({enumerated.begin(), enumerated.end()}, ", "), runs, requests, broken);
  }

  static inline std::set<std::string> enumerated;
  static inline std::int64_t runs = 0;
  static inline std::int64_t requests = 0;
  static inline std::size_t broken = 0;
};

TEST_P(SingleFault, IsRecoveredAtEveryRequest) {
  EnumerateOptions options;
  options.scenario = std::get<0>(GetParam());
  options.streams = std::get<1>(GetParam());
  options.stride = stride();
  const EnumerateResult result = enumerate(options);
  for (const std::string& rule : result.broken) ADD_FAILURE() << rule;
  EXPECT_GE(result.runs, 300 / options.stride);
  std::cout << options.scenario << ":" << options.streams << ": " << result.requests_undisturbed
            << " requests undisturbed, " << result.runs << " disturbed runs, " << result.requests << " requests\n";
  enumerated.insert(options.scenario);
  runs += result.runs;
  requests += result.requests;
  broken += result.broken.size();
}

INSTANTIATE_TEST_SUITE_P(Sim, SingleFault,
                         testing::Combine(testing::ValuesIn(scenario_names()), testing::Values(1, 3, 11)),
                         [](const auto& row) {
                           std::string name = std::get<0>(row.param) + std::to_string(std::get<1>(row.param));
                           std::erase(name, '-');
                           return name;
                         });

// Runs some of the pairs of faults; `./dev sim --enumerate pairs` runs all of them.
TEST(PairsOfFaults, AShareOfThemIsRecovered) {
  for (const char* scenario : {"up", "shrink"}) {
    EnumerateOptions options;
    options.scenario = scenario;
    options.streams = 2;
    options.pairs = true;
    options.share = static_cast<int>(budget_of("FHCTL_PAIRS", 1000));
    options.stride = stride();
    const EnumerateResult result = enumerate(options);
    for (const std::string& broken : result.broken) ADD_FAILURE() << broken;
    EXPECT_GT(result.runs, 0);
    std::cout << "pairs of " << scenario << ":2: " << result.runs << " disturbed runs, " << result.requests
              << " requests\n";
  }
}

// The number of requests of a command grows linearly with the streams, within these bounds.
TEST(Budget, CallsOfAnUndisturbedRun) {
  struct Row {
    const char* scenario;
    int once;
    int for_each_stream;
  };
  for (const Row& row : {Row{"up", 60, 4}, Row{"grow", 70, 5}, Row{"shrink", 70, 5}, Row{"drain", 160, 7},
                         Row{"destroy", 75, 8}, Row{"destroy-keep", 75, 9}, Row{"look", 20, 3}}) {
    for (const int streams : {1, 21}) {
      const EnumerateResult result = enumerate({.scenario = row.scenario, .streams = streams, .stride = 1'000'000});
      EXPECT_GT(result.requests_undisturbed, 0);
      EXPECT_LE(result.requests_undisturbed, row.once + row.for_each_stream * streams) << row.scenario << streams;
    }
  }
}

// The result does not depend on how many copies run at the same time.
TEST(Enumeration, IsTheSameWithAnyNumberOfJobs) {
  const auto tell = [](int jobs, bool pairs) {
    return enumerate(
        {.scenario = "look", .streams = 1, .pairs = pairs, .stride = 3, .share = pairs ? 40 : 1, .jobs = jobs});
  };
  for (const bool pairs : {false, true}) {
    const EnumerateResult one = tell(1, pairs);
    const EnumerateResult three = tell(3, pairs);
    EXPECT_GT(one.runs, 10);
    EXPECT_EQ(one.runs, three.runs);
    EXPECT_EQ(one.requests, three.requests);
    EXPECT_EQ(one.faults, three.faults);
  }
}

// Reports after how many seeds the random scenarios detect a seeded bug, or that an enumeration detects it.
class PlantedMistake : public testing::TestWithParam<std::string> {
 protected:
  static void TearDownTestSuite() {
    std::cout << fmt::format("FIGURES planted mistakes: {} of {} caught\n", caught_so_far, mistakes().size());
  }

  static inline int caught_so_far = 0;
};

std::string caught_by_seeds(const SeededBug& seeded_bug, std::int64_t first, std::int64_t last,
                            bool only_delays = false) {
  PlaySettings settings;
  settings.only_delays = only_delays;
  settings.seeded_bug = &seeded_bug;
  for (std::int64_t seed = first; seed <= last; ++seed) {
    Chooser chooser(static_cast<std::uint64_t>(seed));
    const ScenarioResult result = run_scenario(chooser, settings);
    if (result.broken.empty()) continue;
    return result.broken.front() + " | seed " + std::to_string(seed) + (only_delays ? " with delays only" : "");
  }
  return "";
}

std::string caught_by_enumeration(const SeededBug& seeded_bug) {
  for (const char* scenario : {"up", "destroy"}) {
    const EnumerateResult result =
        enumerate({.scenario = scenario, .streams = 1, .stride = 2, .broken_max = 1, .seeded_bug = &seeded_bug});
    if (!result.broken.empty()) return result.broken.front() + " | single faults of " + scenario + ":1";
  }
  return "";
}

TEST_P(PlantedMistake, IsCaught) {
  const SeededBug* seeded_bug = mistake_named(GetParam());
  ASSERT_NE(seeded_bug, nullptr);
  std::string caught = caught_by_seeds(*seeded_bug, 1, 150);
  if (caught.empty()) caught = caught_by_enumeration(*seeded_bug);
  if (caught.empty()) caught = caught_by_seeds(*seeded_bug, 1, 50, true);
  if (caught.empty()) caught = caught_by_seeds(*seeded_bug, 151, 2000);
  caught_so_far += caught.empty() ? 0 : 1;
  EXPECT_NE(caught, "") << "not detected: fhctl " << seeded_bug->what;
  std::cout << seeded_bug->name << " | " << seeded_bug->what << " | " << caught << "\n";
}

std::vector<std::string> mistake_names() {
  std::vector<std::string> names;
  for (const SeededBug& seeded_bug : mistakes()) names.push_back(seeded_bug.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Sim, PlantedMistake, testing::ValuesIn(mistake_names()), [](const auto& row) {
  std::string name = row.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace fault_enumeration_test
}  // namespace fhctl::test
