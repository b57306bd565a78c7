// Metrics as text and back, for --state: each point is a list of six numbers.
#include "core/base/json.h"
#include "sandbox/metrics/metrics.h"
#include "sandbox/state/saved_time.h"

namespace fhctl::sandbox {
namespace {

constexpr std::int64_t kStill = -1;

std::int64_t life_ms(WallTime time) { return time == WallTime::max() ? kStill : ms_of(time); }
WallTime life_time(const Json& json) { return json == kStill ? WallTime::max() : time_of(json); }

Json stream_metrics_json(const std::string& region, const std::string& name, const StreamMetrics& metrics) {
  Json lives = Json::array();
  for (const MetricLife& life : metrics.lives) lives.push_back({life_ms(life.from), life_ms(life.to)});
  Json series = Json::object();
  for (std::size_t i = 0; i < kMetricsCount; ++i) {
    Json points = Json::array();
    for (const MetricPoint& point : metrics.series[i]) {
      points.push_back({point.start, point.period, point.sum, point.minimum, point.maximum, point.count});
    }
    if (!points.empty()) series[std::string(metric_name(static_cast<Metric>(i)))] = std::move(points);
  }
  return {{"region", region}, {"name", name}, {"lives", std::move(lives)}, {"series", std::move(series)}};
}

// Throws as Json does; load_metrics catches.
StreamMetrics stream_metrics_of(const Json& json) {
  StreamMetrics metrics;
  for (const Json& life : json.at("lives")) {
    metrics.lives.push_back({life_time(life.at(0)), life_time(life.at(1))});
  }
  for (const auto& [name, points] : json.at("series").items()) {
    const std::optional<Metric> metric = metric_named(name);
    if (!metric) continue;
    for (const Json& point : points) {
      const auto number = [&point](std::size_t i) { return point.at(i).get<std::int64_t>(); };
      metrics.series[static_cast<std::size_t>(*metric)].push_back(
          {number(0), number(1), number(2), number(3), number(4), number(5)});
    }
  }
  return metrics;
}

}  // namespace

std::string save_metrics(const CloudState& world) {
  Json out = Json::array();
  for (const auto& [where, metrics] : world.metrics->streams) {
    out.push_back(stream_metrics_json(where.first, where.second, metrics));
  }
  return dump(out);
}

bool load_metrics(CloudState& world, std::string_view text) {
  const Result<Json> json = parse_json(text, "saved metrics");
  if (!json || !json->is_array()) return false;
  MetricsState state;
  try {
    for (const Json& entry : *json) {
      const auto region = entry.at("region").get<std::string>();
      const auto name = entry.at("name").get<std::string>();
      StreamMetrics& metrics = state.streams[{region, name}] = stream_metrics_of(entry);
      metrics.salt = metrics_salt(region, name);
    }
  } catch (const Json::exception&) {
    return false;
  }
  *world.metrics = std::move(state);
  return true;
}

}  // namespace fhctl::sandbox
