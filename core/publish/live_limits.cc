#include "core/publish/live_limits.h"

#include <vector>

#include "core/services/cloudwatch.h"

namespace fhctl::pipeline {
namespace {

constexpr std::size_t kStreamsPerCall = 166;  // three queries each, of 500 in one call
constexpr int kPeriodS = 60;
constexpr int kAttemptsMax = 2;
constexpr auto kLimitsLookBack = std::chrono::minutes(15);

// The newest point that is a plausible limit.
std::optional<std::int64_t> newest(const cloudwatch::MetricSeries& series) {
  if (series.points.empty()) return std::nullopt;
  const double value = series.points.rbegin()->second;
  if (!(value >= 1 && value < 1e15)) return std::nullopt;
  return static_cast<std::int64_t>(value);
}

}  // namespace

LiveLimits read_live_limits(aws::Client& client, const Manifest& manifest, WallTime now) {
  LiveLimits limits;
  if (client.custom_endpoint(aws::Service::kFirehose) != client.custom_endpoint(aws::Service::kCloudWatch)) {
    return limits;
  }
  const std::vector<std::string> names = manifest.names(EntryState::kActive);
  const WallTime end = std::chrono::ceil<std::chrono::minutes>(now);
  for (std::size_t first = 0; first < names.size(); first += kStreamsPerCall) {
    const std::size_t last = std::min(first + kStreamsPerCall, names.size());
    std::vector<cloudwatch::MetricQuery> queries;
    for (std::size_t i = first; i < last; ++i) {
      for (const char* metric : {"BytesPerSecondLimit", "RecordsPerSecondLimit", "PutRequestsPerSecondLimit"}) {
        queries.push_back(cloudwatch::stream_metric(names[i], metric, "Maximum", kPeriodS));
      }
    }
    const auto series = cloudwatch::get_metric_data(client, queries, end - kLimitsLookBack, end, kAttemptsMax);
    if (!series) return {};
    for (std::size_t i = first; i < last; ++i) {
      const auto* const three = &(*series)[(i - first) * 3];
      const auto bytes = newest(three[0]);
      const auto records = newest(three[1]);
      const auto requests = newest(three[2]);
      if (bytes && records && requests) limits[names[i]] = {*bytes, *records, *requests};
    }
  }
  return limits;
}

}  // namespace fhctl::pipeline
