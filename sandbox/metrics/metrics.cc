#include "sandbox/metrics/metrics.h"

#include <algorithm>
#include <chrono>

namespace fhctl::sandbox {
namespace {

struct MetricName {
  std::string_view name;
  std::string_view unit;
};

// In the order of Metric.
constexpr MetricName kNames[kMetricsCount] = {
    {"IncomingBytes", "Bytes"},
    {"IncomingRecords", "Count"},
    {"IncomingPutRequests", "Count"},
    {"ThrottledRecords", "Count"},
    {"PutRecord.Bytes", "Bytes"},
    {"PutRecord.Requests", "Count"},
    {"PutRecordBatch.Bytes", "Bytes"},
    {"PutRecordBatch.Records", "Count"},
    {"PutRecordBatch.Requests", "Count"},
    {"BytesPerSecondLimit", "Bytes/Second"},
    {"RecordsPerSecondLimit", "Count/Second"},
    {"PutRequestsPerSecondLimit", "Count/Second"},
    {"DeliveryToS3.Records", "Count"},
    {"DeliveryToS3.Bytes", "Bytes"},
    {"DeliveryToS3.Success", "Count"},
    {"DeliveryToS3.DataFreshness", "Seconds"},
};

constexpr std::int64_t kDay = 86400;
// Points finer than `period` are kept for `age`.
struct Kept {
  std::int64_t age;
  std::int64_t period;
};
constexpr Kept kKept[] = {{15 * kDay, 300}, {63 * kDay, 3600}};
constexpr std::int64_t kGoneAfter = 455 * kDay;
constexpr std::size_t kCompactEvery = 1024;

std::int64_t period_of(const CloudState& world) {
  return std::max<std::int64_t>(1, whole_seconds(world.options.metric_period));
}

std::int64_t floor_to(std::int64_t seconds, std::int64_t period) { return seconds - seconds % period; }

void merge(MetricPoint& into, const MetricPoint& from) {
  if (from.count == 0) return;
  if (into.count == 0) {
    into.minimum = from.minimum;
    into.maximum = from.maximum;
  }
  into.minimum = std::min(into.minimum, from.minimum);
  into.maximum = std::max(into.maximum, from.maximum);
  into.sum += from.sum;
  into.count += from.count;
}

// Returns the finest period for which points of that age are kept.
std::int64_t period_kept(std::int64_t age) {
  std::int64_t period = 1;
  for (const Kept& kept : kKept) {
    if (age > kept.age) period = kept.period;
  }
  return period;
}

void append_merged(std::vector<MetricPoint>& points, MetricPoint point, std::int64_t period) {
  point.period = std::max(point.period, period);
  point.start = floor_to(point.start, point.period);
  if (!points.empty() && points.back().start == point.start && points.back().period == point.period) {
    merge(points.back(), point);
  } else {
    points.push_back(point);
  }
}

// Compacts old points as AWS does: they become coarser, then are deleted.
void compact(std::vector<MetricPoint>& points, std::int64_t now) {
  std::vector<MetricPoint> kept;
  for (const MetricPoint& point : points) {
    const std::int64_t age = now - point.start;
    if (age <= kGoneAfter) append_merged(kept, point, period_kept(age));
  }
  points = std::move(kept);
}

MetricPoint& point_at(const CloudState& world, std::vector<MetricPoint>& points, std::int64_t start) {
  if (!points.empty() && points.back().start == start) return points.back();
  if (points.empty() || points.back().start < start) {
    if (points.size() % kCompactEvery == kCompactEvery - 1) compact(points, epoch_seconds(world.now));
    return points.emplace_back(MetricPoint{start, period_of(world), 0, 0, 0, 0});
  }
  const auto place = std::lower_bound(points.begin(), points.end(), start,
                                      [](const MetricPoint& point, std::int64_t at) { return point.start < at; });
  if (place != points.end() && place->start == start) return *place;
  return *points.insert(place, MetricPoint{start, period_of(world), 0, 0, 0, 0});
}

// Deletes streams that vanished so long ago that none of their points is visible.
void forget_old(CloudState& world) {
  const std::int64_t edge = epoch_seconds(world.now) - kGoneAfter;
  std::erase_if(world.metrics->streams, [edge](const auto& entry) {
    const auto& lives = entry.second.lives;
    return !lives.empty() && lives.back().to != WallTime::max() && epoch_seconds(lives.back().to) < edge;
  });
}

bool fills_idle(const CloudState& world, Metric metric) {
  switch (metric) {
    case Metric::kIncomingBytes:
    case Metric::kIncomingRecords:
    case Metric::kIncomingPutRequests:
    case Metric::kThrottledRecords:
      return world.options.idle_metrics_zero;
    case Metric::kDataFreshness:
      return world.options.freshness_when_idle;
    default:
      return false;
  }
}

// Random numbers that are the same whenever the point is looked at.
SeededEntropy entropy_of_point(const CloudState& world, const StreamMetrics& metrics, Metric metric,
                               std::int64_t start) {
  return SeededEntropy(world.options.seed ^ metrics.salt ^ (static_cast<std::uint64_t>(start) << 8) ^
                       static_cast<std::uint64_t>(metric));
}

std::int64_t lag_of_point(const CloudState& world, const StreamMetrics& metrics, Metric metric, std::int64_t start) {
  const std::int64_t least = whole_seconds(world.options.metric_lag);
  const std::int64_t most = whole_seconds(world.options.metric_lag_max);
  if (most <= least) return least;
  SeededEntropy entropy = entropy_of_point(world, metrics, metric, start);
  return least + static_cast<std::int64_t>(random_below(entropy, static_cast<std::uint64_t>(most - least + 1)));
}

bool is_lost(const CloudState& world, const StreamMetrics& metrics, Metric metric, std::int64_t start) {
  const Options& options = world.options;
  if (options.lose_points_of.empty() || options.lose_points_of != metric_name(metric)) return false;
  SeededEntropy entropy = entropy_of_point(world, metrics, metric, start);
  return random_unit(entropy) < options.lose_points;
}

bool alive_at(const StreamMetrics& metrics, std::int64_t start, std::int64_t period) {
  return std::any_of(metrics.lives.begin(), metrics.lives.end(), [&](const MetricLife& life) {
    return epoch_seconds(life.from) < start + period && (life.to == WallTime::max() || epoch_seconds(life.to) >= start);
  });
}

}  // namespace

std::string_view metric_name(Metric metric) { return kNames[static_cast<std::size_t>(metric)].name; }
std::string_view metric_unit(Metric metric) { return kNames[static_cast<std::size_t>(metric)].unit; }

std::optional<Metric> metric_named(std::string_view name) {
  for (std::size_t i = 0; i < kMetricsCount; ++i) {
    if (kNames[i].name == name) return static_cast<Metric>(i);
  }
  return std::nullopt;
}

// FNV-1a.
std::uint64_t metrics_salt(std::string_view region, std::string_view stream) {
  std::uint64_t hash = 14695981039346656037u;
  for (const std::string_view text : {region, std::string_view("/"), stream}) {
    for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211u;
  }
  return hash;
}

StreamMetrics& metrics_of(CloudState& world, const std::string& region, const std::string& stream) {
  const auto [place, is_new] = world.metrics->streams.try_emplace({region, stream});
  if (is_new) place->second.salt = metrics_salt(region, stream);
  return place->second;
}

void record_metric_at(const CloudState& world, StreamMetrics& metrics, Metric metric, std::int64_t value, WallTime at) {
  const std::int64_t start = floor_to(epoch_seconds(at), period_of(world));
  if (is_lost(world, metrics, metric, start)) return;
  merge(point_at(world, metrics.series[static_cast<std::size_t>(metric)], start), {start, 0, value, value, value, 1});
}

void record_metric(const CloudState& world, StreamMetrics& metrics, Metric metric, std::int64_t value) {
  record_metric_at(world, metrics, metric, value, world.now);
}

void set_metric(const CloudState& world, StreamMetrics& metrics, Metric metric, std::int64_t value) {
  const std::int64_t start = floor_to(epoch_seconds(world.now), period_of(world));
  MetricPoint& point = point_at(world, metrics.series[static_cast<std::size_t>(metric)], start);
  point.sum = point.minimum = point.maximum = value;
  point.count = 1;
}

void hold_metric(const CloudState& world, StreamMetrics& metrics, Metric metric, WallTime at) {
  point_at(world, metrics.series[static_cast<std::size_t>(metric)], floor_to(epoch_seconds(at), period_of(world)));
}

void begin_metrics(CloudState& world, const std::string& region, const std::string& stream) {
  forget_old(world);
  metrics_of(world, region, stream).lives.push_back({world.now, WallTime::max()});
}

void end_metrics(CloudState& world, const std::string& region, const std::string& stream, WallTime at) {
  std::vector<MetricLife>& lives = metrics_of(world, region, stream).lives;
  if (!lives.empty()) lives.back().to = at;
}

std::vector<MetricPoint> visible_points(const CloudState& world, const StreamMetrics& metrics, Metric metric,
                                        const MetricRange& range, WallTime now) {
  const std::int64_t now_s = epoch_seconds(now);
  const auto is_visible = [&](std::int64_t start, std::int64_t period) {
    const std::int64_t age = now_s - start;
    return start >= range.from && start < range.to && age <= kGoneAfter && range.period >= period_kept(age) &&
           start + period + lag_of_point(world, metrics, metric, start) <= now_s;
  };
  std::vector<MetricPoint> result;
  const auto take = [&](const MetricPoint& point) {
    if (point.count > 0 && is_visible(point.start, point.period)) append_merged(result, point, range.period);
  };
  const std::vector<MetricPoint>& points = metrics.series[static_cast<std::size_t>(metric)];
  auto point = std::lower_bound(points.begin(), points.end(), range.from,
                                [](const MetricPoint& each, std::int64_t at) { return each.start < at; });
  if (fills_idle(world, metric) && !metrics.lives.empty()) {
    const std::int64_t period = period_of(world);
    const std::int64_t born = floor_to(epoch_seconds(metrics.lives.front().from), period);
    const std::int64_t first = std::max({range.from + period - 1, born, now_s - kGoneAfter});
    for (std::int64_t start = floor_to(first, period); start < std::min(range.to, now_s); start += period) {
      for (; point != points.end() && point->start < start; ++point) take(*point);
      const bool recorded = point != points.end() && point->start == start;
      if (!recorded && alive_at(metrics, start, period)) take({start, period, 0, 0, 0, 1});
    }
  }
  for (; point != points.end() && point->start < range.to; ++point) take(*point);
  return result;
}

}  // namespace fhctl::sandbox
