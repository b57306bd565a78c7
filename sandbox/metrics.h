// The points of Firehose's metrics, by stream: recorded as things happen, read by CloudWatch (cloudwatch.h). They
// outlive their stream. AWS keeps points of a minute for 15 days, of 5 minutes for 63 and of an hour for 455.
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
#include "sandbox/world.h"

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

// Name and unit as CloudWatch has them: "IncomingBytes", "Bytes".
std::string_view metric_name(Metric metric);
std::string_view metric_unit(Metric metric);
std::optional<Metric> metric_named(std::string_view name);

// What was recorded from `start` on for `period`; both in seconds, `start` since the epoch and a multiple of `period`.
struct MetricPoint {
  std::int64_t start = 0;
  std::int64_t period = 60;
  std::int64_t sum = 0;
  std::int64_t minimum = 0;
  std::int64_t maximum = 0;
  std::int64_t count = 0;
};

// A stream is there from `from` until `to` (WallTime::max(): still).
struct MetricLife {
  WallTime from{};
  WallTime to = WallTime::max();
};

struct StreamMetrics {
  std::array<std::vector<MetricPoint>, kMetricsCount> series;  // each by start
  std::vector<MetricLife> lives;
};

struct MetricsState {
  std::map<std::pair<std::string, std::string>, StreamMetrics> streams;  // region, name
};

StreamMetrics& metrics_of(World& world, const std::string& region, const std::string& stream);

// One sample in the period of world.now, or of `at`.
void record_metric(const World& world, StreamMetrics& metrics, Metric metric, std::int64_t value);
void record_metric_at(const World& world, StreamMetrics& metrics, Metric metric, std::int64_t value, WallTime at);
// A value that holds rather than adds up: the period's point has one sample, the last.
void set_metric(const World& world, StreamMetrics& metrics, Metric metric, std::int64_t value);
// The period of `at` has no sample, and no zero for being idle either.
void hold_metric(const World& world, StreamMetrics& metrics, Metric metric, WallTime at);

void begin_metrics(World& world, const std::string& region, const std::string& stream);
void end_metrics(World& world, const std::string& region, const std::string& stream, WallTime at);

struct MetricRange {
  std::int64_t from = 0;  // seconds since the epoch
  std::int64_t to = 0;    // not included
  std::int64_t period = 60;
};

// What somebody who asks at `now` sees, by time, added up to `range.period`. Zeros of idle periods are filled in as the
// options say. Points of a coarser period than asked for stand at their own starts, unless they are older than AWS
// keeps them.
std::vector<MetricPoint> visible_points(const World& world, const StreamMetrics& metrics, Metric metric,
                                        const MetricRange& range, WallTime now);

}  // namespace fhctl::sandbox
