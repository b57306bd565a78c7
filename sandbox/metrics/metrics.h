// The points of Firehose's metrics, by stream: recorded as events occur, read by CloudWatch (cloudwatch.h). They
// outlive their stream. AWS keeps 1-minute points for 15 days, 5-minute points for 63 days and 1-hour points for 455
// days.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/time.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

enum class Metric : std::size_t {
  kIncomingBytes,
  kIncomingRecords,
  kIncomingPutRequests,
  kThrottledRecords,
  kPutRecordBytes,
  kPutRecordRequests,
  kBatchBytes,
  kBatchRecords,
  kBatchRequests,
  kBytesLimit,
  kRecordsLimit,
  kRequestsLimit,
  kDeliveredRecords,
  kDeliveredBytes,
  kDeliverySuccess,
  kDataFreshness,
};
inline constexpr std::size_t kMetricsCount = 16;

// Name and unit as in CloudWatch: "IncomingBytes", "Bytes".
std::string_view metric_name(Metric metric);
std::string_view metric_unit(Metric metric);
std::optional<Metric> metric_named(std::string_view name);

// What was recorded in `period` seconds from `start`, which is in seconds since the epoch and a multiple of `period`.
struct MetricPoint {
  std::int64_t start = 0;
  std::int64_t period = 60;
  std::int64_t sum = 0;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  std::int64_t count = 0;
};

// A stream existed from `from` until `to` (WallTime::max(): it still exists).
struct MetricLife {
  WallTime from{};
  WallTime to = WallTime::max();
};

struct StreamMetrics {
  std::array<std::vector<MetricPoint>, kMetricsCount> series;  // each by start
  std::vector<MetricLife> lives;
  std::uint64_t salt = 0;  // of the stream's name: what is drawn for a point differs between streams
};

struct MetricsState {
  std::map<std::pair<std::string, std::string>, StreamMetrics> streams;  // region, name
};

std::uint64_t metrics_salt(std::string_view region, std::string_view stream);
StreamMetrics& metrics_of(CloudState& world, const std::string& region, const std::string& stream);

// Adds one sample to the period of world.now, or of `at`.
void record_metric(const CloudState& world, StreamMetrics& metrics, Metric metric, std::int64_t value);
void record_metric_at(const CloudState& world, StreamMetrics& metrics, Metric metric, std::int64_t value, WallTime at);
// Sets a gauge: the point of the period has one sample, the last value.
void set_metric(const CloudState& world, StreamMetrics& metrics, Metric metric, std::int64_t value);
// Leaves the period of `at` without a sample, and without the zero of an idle period.
void hold_metric(const CloudState& world, StreamMetrics& metrics, Metric metric, WallTime at);

void begin_metrics(CloudState& world, const std::string& region, const std::string& stream);
void end_metrics(CloudState& world, const std::string& region, const std::string& stream, WallTime at);

struct MetricRange {
  std::int64_t from = 0;  // seconds since the epoch
  std::int64_t to = 0;    // exclusive
  std::int64_t period = 60;
};

// Returns the points that are visible at `now`, by time, aggregated to `range.period`. Zeros of idle periods are filled
// in as the options say. Points of a coarser period than requested keep their own starts; points older than AWS keeps
// them are omitted.
std::vector<MetricPoint> visible_points(const CloudState& world, const StreamMetrics& metrics, Metric metric,
                                        const MetricRange& range, WallTime now);

// --state DIR: the state of the service as text and back. load returns false if it cannot read the text.
std::string save_metrics(const CloudState& world);
bool load_metrics(CloudState& world, std::string_view text);

}  // namespace fhctl::sandbox
