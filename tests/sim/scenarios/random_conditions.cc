#include "tests/sim/scenarios/random_conditions.h"

#include <fmt/format.h>

namespace fhctl::test {

using std::chrono::seconds;

sandbox::ConsistencyDelays draw_delays(Chooser& chooser) {
  sandbox::ConsistencyDelays delays;
  for (const auto& [name, member] : sandbox::kConsistencyDelays) {
    constexpr std::uint64_t kLongest[] = {0, 5, 60};
    const std::uint64_t longest = kLongest[chooser.choose(Lane::kWorld, "longest delay", 3)];
    if (longest == 0) continue;
    delays.*member = seconds(1 + static_cast<int>(chooser.choose(Lane::kWorld, std::string(name), longest)));
  }
  return delays;
}

std::string text_of(const sandbox::ConsistencyDelays& delays) {
  std::string text = "visible after";
  for (const auto& [name, member] : sandbox::kConsistencyDelays) {
    text += fmt::format(" {} {:.0f}s", name, seconds_of(delays.*member));
  }
  return text;
}

bool any(const sandbox::ConsistencyDelays& delays) {
  for (const auto& [name, member] : sandbox::kConsistencyDelays) {
    if (delays.*member > Duration::zero()) return true;
  }
  return false;
}

std::function<Duration(Duration delay)> drawn_lag(Chooser& chooser) {
  return [&chooser](Duration delay) { return delay * static_cast<int>(chooser.choose(Lane::kLag, "lag", 3)) / 2; };
}

Draws draw(Chooser& chooser, bool traffic) {
  const auto pick = [&](const char* what, std::uint64_t n) {
    return static_cast<int>(chooser.choose(Lane::kWorld, what, n));
  };
  Draws drawn;
  sandbox::Options& options = drawn.options;
  options.stream_create = seconds(2 + pick("create", 60));
  options.stream_delete = seconds(2 + pick("delete", 120));
  options.iam_delay = seconds(pick("iam", 61));
  options.iam_message = pick("message", 7);
  options.firehose_burst = pick("burst", 2) == 0 ? 5 : 1;
  options.puts_to_deleting_accepted = pick("puts to deleting", 2) == 0;
  options.recreate_while_deleting_refused = pick("recreate", 2) == 0;
  options.idle_metrics_zero = pick("idle zero", 2) == 1;
  drawn.reads_lag = pick("reads lag", 2) == 1;
  if (pick("quota", 10) == 9) options.streams_max = 3;
  for (const FaultKind kind : fault_kinds()) {
    const bool lags = kind == FaultKind::kStale || kind == FaultKind::kTagsLate;
    if (lags && !drawn.reads_lag) continue;
    if (pick("class", 4) == 3) drawn.kinds.push_back(kind);
  }
  constexpr std::uint64_t kRates[] = {0, 200, 100, 50, 25, 12};
  drawn.one_in = kRates[pick("rate", 6)];
  // Streams that are being deleted count, so that a small quota also refuses streams in the second region.
  drawn.neighbour = pick("neighbour", 4) == 3 && options.streams_max > 3;
  drawn.versions = pick("versions", 6) == 5;
  drawn.traffic = pick("traffic", 10) == 9 || traffic;
  drawn.nonconforming = drawn.traffic && pick("nonconforming", 4) == 3;
  if (drawn.traffic) options.throughput_factor = 0.001;
  drawn.containers = pick("containers", 3) == 2;
  if (pick("delays", 4) == 3) options.consistency = draw_delays(chooser);
  // A producer that ignores the manifest may not be seen if metrics are later than `drain.lag` and no stream shows it.
  if (pick("metric lag", 2) == 1) options.metric_lag_max = seconds(drawn.nonconforming ? 300 : 600);
  options.deleting_flushes = pick("deleting flushes", 2) == 0;
  drawn.text = fmt::format(
      "create {:.0f}s delete {:.0f}s iam {:.0f}s burst {} recreate-refused {} quota {} lag {} neighbour {} "
      "versions {} traffic {} nonconforming {} containers {}, {}, faults 1/{}:",
      seconds_of(options.stream_create), seconds_of(options.stream_delete), seconds_of(options.iam_delay),
      options.firehose_burst, options.recreate_while_deleting_refused, options.streams_max, drawn.reads_lag,
      drawn.neighbour, drawn.versions, drawn.traffic, drawn.nonconforming, drawn.containers,
      text_of(options.consistency), drawn.one_in);
  for (const FaultKind kind : drawn.kinds) drawn.text += " " + std::string(fault_name(kind));
  return drawn;
}

}  // namespace fhctl::test
