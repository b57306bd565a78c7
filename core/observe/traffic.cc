#include "core/observe/traffic.h"

#include <algorithm>

#include "core/services/cloudwatch.h"

namespace fhctl::pipeline {
namespace {

constexpr std::int64_t kWindowS = 15 * 60;
// While a policy is being replaced, IAM may briefly deny what it allows, so a denied read is repeated once.
constexpr Duration kDenialPause = std::chrono::seconds(1);

}  // namespace

Result<Traffic> read_traffic(aws::Client& client, const Observed& observed) {
  Traffic traffic;
  std::vector<int> numbers;
  std::vector<cloudwatch::MetricQuery> queries;
  const int period_s = observed.spec.drain_period_s;
  for (const auto& [number, stream] : observed.streams) {
    if (observed.owner_of(stream.tags) != Owner::kOurs || !may_take_records(stream.description.status)) continue;
    numbers.push_back(number);
    for (const char* metric : {"IncomingRecords", "ThrottledRecords", "IncomingBytes"}) {
      queries.push_back(cloudwatch::stream_metric(stream.description.name, metric, "Sum", period_s));
    }
  }
  if (queries.empty()) return traffic;
  const WallTime now = client.now();
  const std::int64_t now_s = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  const std::int64_t start = (now_s - observed.spec.drain_lag_s - kWindowS) / period_s * period_s;
  const auto read = [&] {
    return cloudwatch::get_metric_data(client, queries, WallTime(std::chrono::seconds(start)), now);
  };
  auto series = read();
  if (!series && series.error().kind == ErrorKind::kDenied) {
    RETURN_IF_ERROR(client.control().sleep_for(kDenialPause));
    series = read();
  }
  if (!series && series.error().kind == ErrorKind::kDenied) {
    traffic.denied = true;
    return traffic;
  }
  if (!series) return with_context(series.error(), "reading the metrics");

  const std::int64_t live_from = now_s - whole_seconds(quiet_time(observed.spec)) - period_s;
  std::map<std::int64_t, double> bytes;
  std::map<std::int64_t, double> records;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    for (const std::size_t metric : {std::size_t{0}, std::size_t{1}}) {
      for (const auto& [at, value] : (*series)[3 * i + metric].points) {
        traffic.records[numbers[i]] += value;
        records[at] += value;
        if (value > 0 && at >= live_from) traffic.live[numbers[i]] = WallTime(std::chrono::seconds(at));
      }
    }
    for (const auto& [at, value] : (*series)[3 * i + 2].points) bytes[at] += value;
  }
  for (const auto& [at, value] : bytes) traffic.peak_bytes_per_s = std::max(traffic.peak_bytes_per_s, value / period_s);
  for (const auto& [at, value] : records)
    traffic.peak_records_per_s = std::max(traffic.peak_records_per_s, value / period_s);
  return traffic;
}

}  // namespace fhctl::pipeline
