#include "tests/sim/tool/many_scenarios.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <numeric>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "tests/sim/harness/forks.h"
#include "tests/sim/harness/seeded_bug.h"

namespace fhctl::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::int64_t kPortion = 25;  // seeds for one copy of the process

// Totals of some scenarios, in the order of their seeds.
struct Sums {
  std::int64_t runs = 0;
  double virtual_s = 0;
  std::vector<std::int64_t> requests_of_each;
  std::vector<std::uint64_t> traces;
  std::map<std::string, int> faults;
  std::map<std::string, int> reached;
  std::vector<std::string> broken;

  void add(const ScenarioResult& result);
  void add(const Sums& other);
  std::int64_t seeds() const { return static_cast<std::int64_t>(traces.size()); }
  std::int64_t requests() const {
    return std::accumulate(requests_of_each.begin(), requests_of_each.end(), std::int64_t{0});
  }
};

void add_counts(std::map<std::string, int>& sums, const std::map<std::string, int>& counts) {
  for (const auto& [name, times] : counts) sums[name] += times;
}

void Sums::add(const ScenarioResult& result) {
  runs += result.runs;
  virtual_s += result.virtual_s;
  requests_of_each.push_back(result.requests);
  traces.push_back(result.trace);
  add_counts(faults, result.faults);
  add_counts(reached, result.reached);
}

void Sums::add(const Sums& other) {
  runs += other.runs;
  virtual_s += other.virtual_s;
  requests_of_each.insert(requests_of_each.end(), other.requests_of_each.begin(), other.requests_of_each.end());
  traces.insert(traces.end(), other.traces.begin(), other.traces.end());
  add_counts(faults, other.faults);
  add_counts(reached, other.reached);
  broken.insert(broken.end(), other.broken.begin(), other.broken.end());
}

std::string format_sums(const Sums& sums) {
  return dump(Json{{"runs", sums.runs},
                   {"virtual_s", sums.virtual_s},
                   {"requests", sums.requests_of_each},
                   {"traces", sums.traces},
                   {"faults", sums.faults},
                   {"reached", sums.reached},
                   {"broken", sums.broken}});
}

Sums read_sums(const Json& json) {
  Sums sums;
  sums.runs = json.at("runs").get<std::int64_t>();
  sums.virtual_s = json.at("virtual_s").get<double>();
  json.at("requests").get_to(sums.requests_of_each);
  json.at("traces").get_to(sums.traces);
  json.at("faults").get_to(sums.faults);
  json.at("reached").get_to(sums.reached);
  json.at("broken").get_to(sums.broken);
  return sums;
}

// A hundred missing records are as informative as three.
std::string first_lines(const std::string& text) {
  std::vector<std::string> lines = split(text, '\n');
  if (lines.size() > 4) lines.resize(4);
  return join(lines, "\n");
}

Sums tell_portion(std::int64_t first, std::int64_t last, const PlaySettings& settings) {
  Sums sums;
  for (std::int64_t seed = first; seed <= last; ++seed) {
    Chooser chooser(static_cast<std::uint64_t>(seed));
    const ScenarioResult result = run_scenario(chooser, settings);
    sums.add(result);
    if (result.broken.empty()) continue;
    sums.broken.push_back(fmt::format("seed {}: {}\n  ./dev sim --seed {}{}    tape: {}", seed,
                                      first_lines(result.broken.front()), seed, words_of(settings),
                                      keep_tape(result.choice_trace)));
  }
  return sums;
}

// Collects the portions in the order of their seeds, in whatever order they end.
class Telling {
 public:
  Telling(std::int64_t first, std::int64_t count, int jobs) : count_(count), jobs_(jobs), next_(first) {}

  void arrived(std::int64_t first, std::int64_t last, const std::string& report, const std::string& death) {
    const Json json = Json::parse(report, nullptr, false);
    Sums sums;
    if (death.empty() && json.is_object()) {
      sums = read_sums(json);
    } else {
      sums.broken.push_back(fmt::format("seeds {} to {}: the simulation itself came to an end: {}", first, last,
                                        death.empty() ? "no report" : death));
    }
    for (const std::string& broken : sums.broken) fmt::print("{}\n", broken);
    early_[first] = std::move(sums);
    for (; !early_.empty() && early_.begin()->first == next_; next_ += kPortion) {
      all_.add(early_.begin()->second);
      early_.erase(early_.begin());
    }
    if (SteadyClock::now() < spoke_at_ + std::chrono::minutes(1)) return;
    spoke_at_ = SteadyClock::now();
    fmt::print("  so far: seeds up to {}, {} broken, {:.0f} requests/s\n", next_ - 1, all_.broken.size(), pace());
    std::fflush(stdout);
  }

  int finish() {
    std::vector<std::int64_t>& requests = all_.requests_of_each;
    std::sort(requests.begin(), requests.end());
    std::int64_t struck = 0;
    for (const auto& [name, times] : all_.faults) struck += times;
    fmt::print(
        "{} seeds, {} broken; {} runs of fhctl, {} requests (median {} a seed), {} faults, {:.0f} virtual hours\n",
        all_.seeds(), all_.broken.size(), all_.runs, all_.requests(),
        requests.empty() ? 0 : requests[requests.size() / 2], struck, all_.virtual_s / 3600);
    std::uint64_t trace = 0;
    for (const std::uint64_t one : all_.traces) trace = trace * 31 + one;
    fmt::print("{:.0f} s, {:.0f} requests/s, {} at a time, trace {:016x}\n", took(), pace(), jobs_, trace);
    print_counts("faults", all_.faults);
    print_counts("reached", all_.reached);
    return all_.broken.empty() && all_.seeds() == count_ ? 0 : 1;
  }

 private:
  double took() const { return std::chrono::duration<double>(SteadyClock::now() - begun_).count(); }
  double pace() const { return static_cast<double>(all_.requests()) / took(); }

  std::int64_t count_;
  int jobs_;
  std::int64_t next_;  // the first seed that was not added yet
  std::map<std::int64_t, Sums> early_;
  Sums all_;
  SteadyClock::time_point begun_ = SteadyClock::now();
  SteadyClock::time_point spoke_at_ = begun_;
};

}  // namespace

void print_counts(const char* what, const std::map<std::string, int>& counts) {
  fmt::print("{}:", what);
  for (const auto& [name, count] : counts) fmt::print(" {} {},", name, count);
  fmt::print("\n");
}

std::string keep_tape(const ChoiceTrace& choice_trace) {
  const char* folder = std::getenv("FHCTL_TAPES");
  const std::string path = fmt::format("{}/{}.tape", folder == nullptr ? "." : folder, choice_trace.seed);
  std::ofstream(path) << format_choice_trace(choice_trace);
  return path;
}

std::string words_of(const PlaySettings& settings) {
  std::string words;
  if (settings.traffic) words += " --traffic";
  if (settings.only_delays) words += " --delays";
  if (settings.close_runs) words += " --close";
  if (settings.seeded_bug != nullptr) words += " --mistake " + settings.seeded_bug->name;
  return words;
}

int tell_many(std::int64_t first, std::int64_t count, int jobs, const PlaySettings& settings) {
  Telling telling(first, count, jobs);
  Forks forks(jobs);
  const std::int64_t end = first + count;
  for (std::int64_t from = first; from < end; from += kPortion) {
    const std::int64_t last = std::min(from + kPortion, end) - 1;
    const auto on_end = [&telling, from, last](const std::string& report, const std::string& death) {
      telling.arrived(from, last, report, death);
    };
    if (forks.split(on_end)) Forks::end(format_sums(tell_portion(from, last, settings)));
  }
  forks.wait();
  return telling.finish();
}

}  // namespace fhctl::test
