// Resize without loss, verified record by record: producers at full rate, stalls, late reloads, throttling and slow
// delivery, while streams are created and deleted. FHCTL_STORIES=N runs N scenarios of each kind, FHCTL_STORY=SEED only
// that one.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "tests/sim/harness/budget.h"
#include "tests/sim/scenarios/drain_scenario.h"

namespace fhctl::test {
namespace drain_scenario_test {
namespace {

using std::chrono::seconds;

// The seeds to run: a few, the requested number, or the requested one.
std::vector<std::uint64_t> seeds(std::int64_t usual) {
  if (const std::int64_t one = budget_of("FHCTL_STORY", 0); one > 0) return {static_cast<std::uint64_t>(one)};
  std::vector<std::uint64_t> all;
  const std::int64_t first = budget_of("FHCTL_FIRST_STORY", 1);
  for (std::int64_t i = 0; i < budget_of("FHCTL_STORIES", usual); ++i) {
    all.push_back(static_cast<std::uint64_t>(first + i));
  }
  return all;
}

struct Sum {
  int scenarios = 0;
  std::int64_t acknowledged = 0;
  std::int64_t duplicated = 0;
  std::int64_t expired = 0;
  std::int64_t refused = 0;
  std::int64_t deleted = 0;
  std::int64_t requests = 0;
  double hours = 0;
  std::map<std::string, int> phases;

  void add(const StoryResult& scenario) {
    ++scenarios;
    acknowledged += scenario.records.acknowledged;
    duplicated += scenario.records.duplicated;
    expired += scenario.records.expired;
    refused += scenario.records.throttled;
    deleted += scenario.deleted;
    requests += scenario.requests;
    hours += seconds_of(scenario.took) / 3600;
    for (const auto& [phase, count] : scenario.phases) phases[phase] += count;
  }
  void print(const char* what) const {
    std::cout << what << ": " << scenarios << " scenarios, " << acknowledged << " records acknowledged, " << duplicated
              << " of them twice after an answer that was lost, " << refused << " times refused, " << expired
              << " expired, " << deleted << " streams deleted, " << requests << " requests, " << hours
              << " virtual hours; looks at drains:";
    for (const auto& [phase, count] : phases) std::cout << " " << phase << " " << count;
    std::cout << "\n";
  }
};

TEST(DrainScenario, ConformingProducersLoseNothing) {
  Sum sum;
  for (const std::uint64_t seed : seeds(60)) {
    ScenarioSettings settings;
    settings.seed = seed;
    settings.hide_age = seed % 3 == 0;
    const StoryResult scenario = tell(settings);
    sum.add(scenario);
    EXPECT_TRUE(scenario.sound()) << "FHCTL_STORY=" << seed << ": missing " << scenario.records.missing << ", held "
                                  << scenario.held << ", unexplained " << scenario.records.unexplained << ", "
                                  << scenario.trouble << "\n  " << scenario.options;
    EXPECT_GT(scenario.records.acknowledged, 100) << seed;
    EXPECT_EQ(scenario.deleted, 13) << "FHCTL_STORY=" << seed;  // 10 to 3, then all 6
  }
  sum.print("conforming");
}

// Found by ten thousand scenarios; docs/history/test-runs.md says what was wrong. Four lost one record each; in the
// other four, a stream that vanished between two requests was mistaken for one that had been taken over.
TEST(DrainScenario, TheOnesThatFailedOnce) {
  for (const std::uint64_t seed : {5247, 6455, 6953, 8182, 359, 5205, 5309, 5454}) {
    ScenarioSettings settings;
    settings.seed = seed;
    settings.hide_age = seed % 3 == 0;
    const StoryResult scenario = tell(settings);
    EXPECT_TRUE(scenario.sound()) << "FHCTL_STORY=" << seed << ": " << scenario.trouble;
  }
}

TEST(DrainScenario, AProducerThatIgnoresTheManifestIsNeverCutOff) {
  Sum sum;
  for (const std::uint64_t seed : seeds(30)) {
    ScenarioSettings settings;
    settings.seed = seed;
    settings.nonconforming = true;
    settings.nonconforming_every = seconds(1 + static_cast<int>(seed * 37 % 150));
    settings.change = [](sandbox::Options&, pipeline::SpecValues& flags) { flags["drain.patience"] = "10m"; };
    const StoryResult scenario = tell(settings);
    sum.add(scenario);
    EXPECT_EQ(scenario.refused, 1) << "FHCTL_STORY=" << seed << " " << scenario.trouble;
    EXPECT_LE(scenario.deleted, 6) << seed;  // of the seven streams to delete, all but the one in use
    EXPECT_EQ(scenario.held, 0) << "FHCTL_STORY=" << seed;
    EXPECT_EQ(scenario.records.nonconforming_missing, 0) << "FHCTL_STORY=" << seed;
    EXPECT_EQ(scenario.records.missing + scenario.records.unexplained, 0) << "FHCTL_STORY=" << seed;
  }
  sum.print("with one that ignores the manifest");
}

// CloudWatch loses some of the points that show deliveries. The streams are deleted all the same, after everything has
// arrived, and the run states the difference.
TEST(DrainScenario, LostPointsDelayADrainAndDoNotPreventIt) {
  Sum sum;
  int differences = 0;
  for (const std::uint64_t seed : seeds(10)) {
    ScenarioSettings settings;
    settings.seed = seed;
    settings.change = [](sandbox::Options& options, pipeline::SpecValues&) {
      options.lose_points_of = "DeliveryToS3.Records";
      options.lose_points = 0.3;
    };
    const StoryResult scenario = tell(settings);
    sum.add(scenario);
    differences += scenario.differences;
    EXPECT_TRUE(scenario.sound()) << "FHCTL_STORY=" << seed << ": " << scenario.trouble << "\n  " << scenario.options;
    EXPECT_EQ(scenario.deleted, 13) << "FHCTL_STORY=" << seed;
    EXPECT_GT(scenario.differences, 0) << "FHCTL_STORY=" << seed;
    EXPECT_LT(scenario.took, std::chrono::hours(4)) << "FHCTL_STORY=" << seed;
  }
  sum.print("with lost points");
  std::cout << differences << " differences stated\n";
}

// Without one of the conditions records are lost: each condition is necessary, and these scenarios detect its absence.
struct Weakness {
  const char* name;
  pipeline::DrainConditions conditions;
  std::function<void(ScenarioSettings&)> world;
};

class WeakDrainScenario : public testing::TestWithParam<Weakness> {};

TEST_P(WeakDrainScenario, LosesRecords) {
  constexpr std::uint64_t kSeeds = 20;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    ScenarioSettings weak;
    weak.seed = seed;
    GetParam().world(weak);
    ScenarioSettings whole = weak;
    weak.conditions = GetParam().conditions;
    const StoryResult scenario = tell(weak);
    if (scenario.records.missing + scenario.records.nonconforming_missing == 0) continue;
    // What a producer sends that ignores the manifest may also be lost while the stream is being deleted.
    EXPECT_TRUE(scenario.held > 0 || weak.nonconforming) << "scenario " << seed;
    std::cout << "without " << GetParam().name << ": "
              << scenario.records.missing + scenario.records.nonconforming_missing
              << " acknowledged records lost in scenario " << seed << "\n";
    const StoryResult safe = tell(whole);  // the same scenario, with all conditions
    EXPECT_EQ(safe.records.missing + safe.records.nonconforming_missing, 0) << "scenario " << seed;
    EXPECT_EQ(safe.held, 0) << "scenario " << seed;
    return;
  }
  ADD_FAILURE() << "no scenario of " << kSeeds << " lost records although " << GetParam().name << " was not checked";
}

void nothing_is_saved(sandbox::Options& options) {
  options.puts_to_deleting_accepted = true;
  options.deleting_flushes = false;
}

INSTANTIATE_TEST_SUITE_P(
    Conditions, WeakDrainScenario,
    testing::Values(Weakness{"quiet",
                             {.quiet = false},
                             [](ScenarioSettings& settings) {
                               settings.nonconforming = true;
                               settings.nonconforming_every =
                                   seconds(150);  // it is silent for two whole minutes, but not for three
                               settings.change = [](sandbox::Options& options, pipeline::SpecValues& flags) {
                                 nothing_is_saved(options);
                                 options.buffer_hint_factor = 1;
                                 options.stream_delete = seconds(200);
                                 flags["delivery.buffer_interval"] = "0s";
                                 flags["drain.patience"] = "10m";
                               };
                             }},
                    Weakness{"flushed",
                             {.flushed = false},
                             [](ScenarioSettings& settings) {
                               settings.hide_age = true;
                               settings.change = [](sandbox::Options& options, pipeline::SpecValues& flags) {
                                 nothing_is_saved(options);
                                 options.buffer_hint_factor = std::min(options.buffer_hint_factor, 1.4);
                                 flags["delivery.buffer_interval"] = "600s";
                               };
                             }},
                    Weakness{"delivering",
                             {.delivering = false},
                             [](ScenarioSettings& settings) {
                               settings.hide_age = true;
                               settings.change = [](sandbox::Options& options, pipeline::SpecValues& flags) {
                                 nothing_is_saved(options);
                                 options.fail_delivery = "InternalError";
                                 flags["drain.patience"] = "20m";
                               };
                             }},
                    Weakness{"complete",
                             {.complete = false},
                             [](ScenarioSettings& settings) {
                               settings.change = [](sandbox::Options& options, pipeline::SpecValues& flags) {
                                 nothing_is_saved(options);
                                 options.freshness_while_waiting = false;  // no metric shows that records wait
                                 options.buffer_hint_factor = 8;
                                 flags["delivery.buffer_interval"] = "100s";
                               };
                             }}),
    [](const auto& weakness) { return std::string(weakness.param.name); });

}  // namespace
}  // namespace drain_scenario_test
}  // namespace fhctl::test
