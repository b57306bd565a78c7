// `./dev sim`: runs simulated scenarios from seeds, from choice traces, or all of one kind.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "tests/sim/harness/forks.h"
#include "tests/sim/scenarios/fault_enumeration.h"
#include "tests/sim/scenarios/random_scenario.h"
#include "tests/sim/tool/many_scenarios.h"

namespace fhctl::test {
namespace {

constexpr const char* kUsage = R"(usage: ./dev sim [OPTION]...
  --seeds N              tell N scenarios (default 1000)
  --first S              from seed S on (default 1)
  --seed S               tell one, with all that happens in it; twice, and compare
  --replay TAPE          the same from a tape
  --shrink TAPE [-o F]   take away what is not needed for it to go wrong
  --enumerate single|pairs --scenario NAME:N [--stride K] [--share K [--part I]]
                         every fault at every request; NAME is up, grow, shrink, drain, destroy, destroy-keep or look.
                         Of pairs one in K; those with I from 0 to K-1 are all of them
  --jobs J               so many at the same time (default: as many as there are cores)
  --delays               only runs one after the other whose changes become visible late: each must succeed
  --close                with --delays: a run may begin before what earlier ones changed is visible
  --traffic              with programs that send records in every scenario, not only in some
  --mistake NAME         with a mistake made on purpose; `--mistakes` lists them
A scenario that goes wrong leaves its tape in the folder that FHCTL_TAPES names (default: here).
)";

struct Arguments {
  std::map<std::string, std::string> values;
  std::string get(const std::string& name, const std::string& otherwise = "") const {
    const auto found = values.find(name);
    return found == values.end() ? otherwise : found->second;
  }
  std::int64_t number(const std::string& name, std::int64_t otherwise) const {
    return parse_integer(get(name)).value_or(otherwise);
  }
};

// Returns what is wrong with an option's value; "" if it is valid.
std::string problem_of(const std::string& option, const std::string& value) {
  constexpr std::string_view kTexts[] = {"--replay", "--shrink", "-o", "--mistake"};
  if (std::find(std::begin(kTexts), std::end(kTexts), option) != std::end(kTexts)) return "";
  if (option == "--enumerate") return value == "single" || value == "pairs" ? "" : "must be single or pairs";
  if (option == "--scenario") {
    const std::vector<std::string> words = split(value, ':');
    const std::vector<std::string> names = scenario_names();
    const bool named = std::find(names.begin(), names.end(), words.front()) != names.end();
    const bool counted = words.size() == 2 && parse_integer(words[1]).value_or(0) > 0;
    return named && counted ? "" : "must be NAME:N, like up:3; the names are " + join(names, ", ");
  }
  const std::int64_t least = option == "--part" ? 0 : 1;
  return parse_integer(value).value_or(-1) >= least ? "" : fmt::format("must be a whole number from {} on", least);
}

std::optional<Arguments> read(int argc, char** argv) {
  constexpr std::string_view kKnown[] = {"--seeds",   "--first",     "--seed",     "--replay", "--shrink",
                                         "-o",        "--enumerate", "--scenario", "--stride", "--share",
                                         "--mistake", "--jobs",      "--part"};
  Arguments arguments;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--help") {
      fmt::print("{}", kUsage);
      std::exit(0);
    }
    if (word == "--mistakes" || word == "--traffic" || word == "--delays" || word == "--close") {
      arguments.values[word] = "yes";
      continue;
    }
    const bool known = std::find(std::begin(kKnown), std::end(kKnown), word) != std::end(kKnown);
    if (!known || i + 1 == argc) {
      fmt::print(stderr, "{} {}\n{}", known ? "a value is missing after" : "unknown:", word, kUsage);
      return std::nullopt;
    }
    const std::string value = argv[++i];
    if (const std::string problem = problem_of(word, value); !problem.empty()) {
      fmt::print(stderr, "{} {}, not \"{}\"\n", word, problem, value);
      return std::nullopt;
    }
    arguments.values[word] = value;
  }
  if (arguments.number("--part", 0) >= arguments.number("--share", 1)) {
    fmt::print(stderr, "--part must be below --share {}\n", arguments.number("--share", 1));
    return std::nullopt;
  }
  return arguments;
}

void print_story(const ScenarioResult& result, std::size_t lines_max) {
  const std::size_t skipped = result.events.size() > lines_max ? result.events.size() - lines_max : 0;
  if (skipped > 0) fmt::print("  ... {} lines before\n", skipped);
  for (std::size_t i = skipped; i < result.events.size(); ++i) fmt::print("{}\n", result.events[i]);
  fmt::print("world: {}\n", result.drawn);
  for (const std::string& broken : result.broken) fmt::print("BROKEN {}\n", broken);
}

int tell_one(const ChoiceTrace* choice_trace, std::uint64_t seed, PlaySettings settings) {
  settings.tells = true;
  const auto once = [&] {
    Chooser chooser = choice_trace != nullptr ? Chooser(*choice_trace) : Chooser(seed);
    return run_scenario(chooser, settings);
  };
  const ScenarioResult result = once();
  print_story(result, 400);
  fmt::print("{} requests, {} runs, {} choices, trace {:016x}\n", result.requests, result.runs,
             result.choice_trace.choices.size(), result.trace);
  if (once().trace != result.trace) {
    fmt::print("NOT THE SAME twice\n");
    return 1;
  }
  if (result.broken.empty()) return 0;
  if (choice_trace == nullptr) {
    fmt::print("tape: {0}; `./dev sim --shrink {0}{1}` takes away what it does not need\n",
               keep_tape(result.choice_trace), words_of(settings));
  }
  return 1;
}

std::optional<ChoiceTrace> read_tape(const std::string& path) {
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Result<ChoiceTrace> choice_trace = parse_choice_trace(text);
  if (!file || !choice_trace) {
    fmt::print(stderr, "{} is not a tape\n", path);
    return std::nullopt;
  }
  return *choice_trace;
}

int jobs(const Arguments& arguments) { return static_cast<int>(arguments.number("--jobs", Forks::cores())); }

int enumerate_all(const Arguments& arguments, const SeededBug* seeded_bug) {
  const auto words = split(arguments.get("--scenario", "up:3"), ':');
  EnumerateOptions options;
  options.scenario = words.front();
  options.streams = static_cast<int>(parse_integer(words.at(1)).value_or(3));
  options.pairs = arguments.get("--enumerate") == "pairs";
  options.stride = static_cast<int>(arguments.number("--stride", 1));
  options.share = static_cast<int>(arguments.number("--share", 1));
  options.part = static_cast<int>(arguments.number("--part", 0));
  options.seeded_bug = seeded_bug;
  options.jobs = jobs(arguments);
  auto told_at = std::chrono::steady_clock::now();
  std::size_t shown = 0;
  options.on_progress = [&](const EnumerateResult& so_far) {
    for (; shown < so_far.broken.size(); ++shown) fmt::print("BROKEN {}\n", so_far.broken[shown]);
    if (std::chrono::steady_clock::now() < told_at + std::chrono::minutes(1)) return;
    told_at = std::chrono::steady_clock::now();
    fmt::print("  so far: {} disturbed runs, {} broken\n", so_far.runs, so_far.broken.size());
    std::fflush(stdout);
  };
  const auto begun = std::chrono::steady_clock::now();
  const EnumerateResult result = enumerate(options);
  const double took = std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  for (; shown < result.broken.size(); ++shown) fmt::print("BROKEN {}\n", result.broken[shown]);
  fmt::print("{}:{}: {} requests undisturbed, {} disturbed runs, {} requests, {:.0f} virtual hours, {} broken\n",
             options.scenario, options.streams, result.requests_undisturbed, result.runs, result.requests,
             result.virtual_s / 3600, result.broken.size());
  fmt::print("{:.0f} s, {:.0f} requests/s, {} at a time\n", took, static_cast<double>(result.requests) / took,
             options.jobs);
  print_counts("faults", result.faults);
  return result.broken.empty() ? 0 : 1;
}

int run(const Arguments& arguments) {
  if (!arguments.get("--mistakes").empty()) {
    for (const SeededBug& seeded_bug : mistakes()) fmt::print("{:<24} {}\n", seeded_bug.name, seeded_bug.what);
    return 0;
  }
  PlaySettings settings;
  settings.traffic = !arguments.get("--traffic").empty();
  settings.only_delays = !arguments.get("--delays").empty();
  settings.close_runs = !arguments.get("--close").empty();
  if (const std::string name = arguments.get("--mistake"); !name.empty()) {
    settings.seeded_bug = mistake_named(name);
    if (settings.seeded_bug == nullptr) {
      fmt::print(stderr, "there is no mistake {}; `./dev sim --mistakes` lists them\n", name);
      return 64;
    }
  }
  if (!arguments.get("--enumerate").empty()) return enumerate_all(arguments, settings.seeded_bug);
  const std::string replay = arguments.get("--replay", arguments.get("--shrink"));
  if (replay.empty()) {
    if (const std::int64_t seed = arguments.number("--seed", 0); seed > 0) {
      return tell_one(nullptr, static_cast<std::uint64_t>(seed), settings);
    }
    return tell_many(arguments.number("--first", 1), arguments.number("--seeds", 1000), jobs(arguments), settings);
  }
  const std::optional<ChoiceTrace> choice_trace = read_tape(replay);
  if (!choice_trace) return 64;
  if (arguments.get("--shrink").empty()) return tell_one(&*choice_trace, 0, settings);
  const ChoiceTrace small = shrink(*choice_trace, settings);
  const std::string path = arguments.get("-o", replay + ".small");
  std::ofstream(path) << format_choice_trace(small);
  fmt::print("{} choices, {} left: {}\n", choice_trace->choices.size(), small.choices.size(), path);
  fmt::print("{}", format_choice_trace(small));
  return tell_one(&small, 0, settings);
}

}  // namespace
}  // namespace fhctl::test

int main(int argc, char** argv) {
  const auto arguments = fhctl::test::read(argc, argv);
  return arguments ? fhctl::test::run(*arguments) : 64;
}
