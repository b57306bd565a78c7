// Every single fault at every request, and proof that the rules bite: each mistake that is made on purpose is caught.
#include <gtest/gtest.h>

#include <iostream>
#include <set>

#include <fmt/format.h>

#include "core/base/text.h"
#include "tests/sim/enumerate.h"
#include "tests/sim/number_of.h"
#include "tests/sim/play.h"

namespace fhctl::test {
namespace {

// FIGURES lines are shown at the end of `./dev test`.
class SingleFault : public testing::TestWithParam<std::tuple<std::string, int>> {
 protected:
  static void TearDownTestSuite() {
    std::cout << fmt::format("FIGURES single faults of {}: {} disturbed runs, {} requests, {} broken\n",
                             join({told.begin(), told.end()}, ", "), runs, requests, broken);
  }

  static inline std::set<std::string> told;
  static inline std::int64_t runs = 0;
  static inline std::int64_t requests = 0;
  static inline std::size_t broken = 0;
};

TEST_P(SingleFault, AtEveryRequestIsMended) {
  EnumerateOptions options;
  options.scenario = std::get<0>(GetParam());
  options.streams = std::get<1>(GetParam());
  options.stride = stride();
  const EnumerateResult result = enumerate(options);
  for (const std::string& rule : result.broken) ADD_FAILURE() << rule;
  EXPECT_GE(result.runs, 300 / options.stride);
  std::cout << options.scenario << ":" << options.streams << ": " << result.requests_undisturbed
            << " requests undisturbed, " << result.runs << " disturbed runs, " << result.requests << " requests\n";
  told.insert(options.scenario);
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

// Of the pairs of faults a few; `./dev sim --enumerate pairs` takes all of them.
TEST(PairsOfFaults, AShareOfThemIsMended) {
  for (const char* scenario : {"up", "shrink"}) {
    EnumerateOptions options;
    options.scenario = scenario;
    options.streams = 2;
    options.pairs = true;
    options.share = static_cast<int>(number_of("FHCTL_PAIRS", 1000));
    options.stride = stride();
    const EnumerateResult result = enumerate(options);
    for (const std::string& broken : result.broken) ADD_FAILURE() << broken;
    EXPECT_GT(result.runs, 0);
    std::cout << "pairs of " << scenario << ":2: " << result.runs << " disturbed runs, " << result.requests
              << " requests\n";
  }
}

// What a command asks of AWS grows with the streams, and by how much.
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

// However many are at work at the same time.
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

// After how many seeds the random stories notice, or that an enumeration does.
class PlantedMistake : public testing::TestWithParam<std::string> {
 protected:
  static void TearDownTestSuite() {
    std::cout << fmt::format("FIGURES planted mistakes: {} of {} caught\n", caught_so_far, mistakes().size());
  }

  static inline int caught_so_far = 0;
};

std::string caught_by_seeds(const Mistake& mistake, std::int64_t first, std::int64_t last) {
  PlaySettings settings;
  settings.mistake = &mistake;
  for (std::int64_t seed = first; seed <= last; ++seed) {
    Chooser chooser(static_cast<std::uint64_t>(seed));
    const PlayResult result = play(chooser, settings);
    if (!result.broken.empty()) return result.broken.front() + " | seed " + std::to_string(seed);
  }
  return "";
}

std::string caught_by_enumeration(const Mistake& mistake) {
  for (const char* scenario : {"up", "destroy"}) {
    const EnumerateResult result =
        enumerate({.scenario = scenario, .streams = 1, .stride = 2, .broken_max = 1, .mistake = &mistake});
    if (!result.broken.empty()) return result.broken.front() + " | single faults of " + scenario + ":1";
  }
  return "";
}

TEST_P(PlantedMistake, IsCaught) {
  const Mistake* mistake = mistake_named(GetParam());
  ASSERT_NE(mistake, nullptr);
  std::string caught = caught_by_seeds(*mistake, 1, 150);
  if (caught.empty()) caught = caught_by_enumeration(*mistake);
  if (caught.empty()) caught = caught_by_seeds(*mistake, 151, 2000);
  caught_so_far += caught.empty() ? 0 : 1;
  EXPECT_NE(caught, "") << "nobody noticed that fhctl " << mistake->what;
  std::cout << mistake->name << " | " << mistake->what << " | " << caught << "\n";
}

std::vector<std::string> mistake_names() {
  std::vector<std::string> names;
  for (const Mistake& mistake : mistakes()) names.push_back(mistake.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Sim, PlantedMistake, testing::ValuesIn(mistake_names()), [](const auto& row) {
  std::string name = row.param;
  std::erase(name, '-');
  return name;
});

}  // namespace
}  // namespace fhctl::test
