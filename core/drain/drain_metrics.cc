#include "core/drain/drain_metrics.h"

#include <algorithm>

#include "core/drain/drain.h"
#include "core/services/cloudwatch.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kErrorsLookBack =
    std::chrono::hours(1);  // a delivery that failed before the drain began may still be retried
// CloudWatch keeps points of an hour for 455 days, and those of a minute for 15.
constexpr auto kHistoryMax = std::chrono::hours(24 * 455);
// While a policy is being replaced, IAM may briefly deny what it allows. One denial is therefore not enough to delete a
// stream without metrics.
constexpr int kDenialsBelieved = 4;
constexpr int kDenialPauses = 180;  // in `drain.time`: 5 s each

struct Window {
  std::int64_t start = 0;
  std::int64_t end = 0;
};

// One GetMetricData call for all queries that share their period and times, and where its results are stored.
class MetricsReading {
 public:
  void add(std::string_view stream, std::string_view metric, std::string_view statistic, int period_s,
           DrainMetrics::Points DrainMetrics::*points, DrainMetrics& evidence) {
    queries_.push_back(cloudwatch::stream_metric(stream, metric, statistic, period_s));
    targets_.push_back({&evidence, points});
  }

  // Waits.
  Result<void> read(aws::Client& client, const Window& window) {
    if (queries_.empty() || window.start >= window.end) return ok();
    ASSIGN_OR_RETURN(const auto series, cloudwatch::get_metric_data(client, queries_, from_epoch_seconds(window.start),
                                                                    from_epoch_seconds(window.end)));
    for (std::size_t i = 0; i < targets_.size(); ++i) {
      auto& [evidence, points] = targets_[i];
      evidence->complete = evidence->complete && series[i].complete;
      for (const auto& [start, value] : series[i].points) (evidence->*points)[start] += value;
    }
    return ok();
  }

 private:
  struct Target {
    DrainMetrics* evidence;
    DrainMetrics::Points DrainMetrics::*points;
  };
  std::vector<cloudwatch::MetricQuery> queries_;
  std::vector<Target> targets_;
};

std::int64_t now_rounded_up(WallTime now, int period_s) { return (epoch_seconds(now) / period_s + 1) * period_s; }

// What came in and what failed since shortly before the drain began.
Result<void> read_recent(aws::Client& client, const Spec& spec, const std::vector<DrainTarget>& drains, WallTime now,
                         std::vector<DrainMetrics>& evidence) {
  MetricsReading reading;
  Window window{epoch_seconds(now), now_rounded_up(now, spec.drain_period_s)};
  for (std::size_t i = 0; i < drains.size(); ++i) {
    const DrainTarget& drain = drains[i];
    const auto add = [&](const char* metric, const char* statistic, DrainMetrics::Points DrainMetrics::*points) {
      reading.add(drain.stream, metric, statistic, spec.drain_period_s, points, evidence[i]);
    };
    add("IncomingRecords", "Sum", &DrainMetrics::records);
    add("IncomingBytes", "Sum", &DrainMetrics::bytes);
    add("ThrottledRecords", "Sum", &DrainMetrics::throttled);
    add("DeliveryToS3.Success", "Average", &DrainMetrics::success);
    add("DeliveryToS3.DataFreshness", "Maximum", &DrainMetrics::freshness);
    const std::int64_t look_back = std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(drain.flush).count(),
                                                          std::chrono::seconds(kErrorsLookBack).count());
    window.start = std::min(window.start, epoch_seconds(drain.started_at) - look_back);
  }
  window.start = window.start / spec.drain_period_s * spec.drain_period_s;
  return reading.read(client, window);
}

// The finest points that are still kept of that time: 15 days for a minute, 63 days for five.
int first_period(const Spec& spec, WallTime made_at, WallTime now) {
  const auto age = now - made_at;
  if (age < std::chrono::hours(24 * 14)) return spec.drain_period_s;
  return age < std::chrono::hours(24 * 62) ? 300 : kHourS;
}

// Everything since an hour before the stream was made: fine points up to the next full hour, then points of an hour.
Result<void> read_totals(aws::Client& client, const Spec& spec, const std::vector<DrainTarget>& drains, WallTime now,
                         std::vector<DrainMetrics>& evidence) {
  struct Portion {
    MetricsReading fine;
    MetricsReading coarse;
    std::int64_t start = 0;
  };
  std::map<std::pair<std::int64_t, int>, Portion> portions;  // by the first full hour, and the period before it
  for (std::size_t i = 0; i < drains.size(); ++i) {
    const DrainTarget& drain = drains[i];
    if (!drain.totals_count || !drain.made_at || now - *drain.made_at > kHistoryMax) continue;
    const std::int64_t hour = (epoch_seconds(*drain.made_at) / kHourS + 1) * kHourS;
    const int period_s = evidence[i].first_period_s = first_period(spec, *drain.made_at, now);
    Portion& portion = portions[{hour, period_s}];
    const std::int64_t made = epoch_seconds(*drain.made_at) / period_s * period_s - kHourS;
    portion.start = portion.start == 0 ? made : std::min(portion.start, made);
    portion.fine.add(drain.stream, "IncomingRecords", "Sum", period_s, &DrainMetrics::taken, evidence[i]);
    portion.fine.add(drain.stream, "DeliveryToS3.Records", "Sum", period_s, &DrainMetrics::delivered, evidence[i]);
    portion.coarse.add(drain.stream, "IncomingRecords", "Sum", kHourS, &DrainMetrics::taken, evidence[i]);
    portion.coarse.add(drain.stream, "DeliveryToS3.Records", "Sum", kHourS, &DrainMetrics::delivered, evidence[i]);
  }
  const std::int64_t end = now_rounded_up(now, spec.drain_period_s);
  for (auto& [key, portion] : portions) {
    RETURN_IF_ERROR(portion.fine.read(client, {portion.start, std::min(key.first, end)}));
    if (Result<void> read = portion.coarse.read(client, {key.first, end}); !read) return read;
  }
  return ok();
}

// A log that may not be read, or that does not exist, counts as one without errors.
Result<std::vector<DeliveryError>> read_errors(aws::Client& client, const Spec& spec,
                                               const std::vector<DrainTarget>& drains) {
  WallTime since = WallTime::max();
  for (const DrainTarget& drain : drains) since = std::min(since, drain.started_at - kErrorsLookBack);
  auto errors = read_delivery_errors(client, spec, since);
  if (!errors && errors.error().kind == ErrorKind::kDenied) return std::vector<DeliveryError>{};
  return errors;
}

std::vector<DeliveryError> errors_of(const std::vector<DeliveryError>& errors, const std::string& stream) {
  std::vector<DeliveryError> own;
  std::copy_if(errors.begin(), errors.end(), std::back_inserter(own),
               [&](const DeliveryError& error) { return error.stream == stream; });
  return own;
}

// Before producers had the time to reload, no metric could change the result.
bool too_early(const std::vector<DrainTarget>& drains, WallTime now) {
  return std::all_of(drains.begin(), drains.end(), [&](const DrainTarget& drain) { return now < drain.stop_by; });
}

// Reads and checks all of them once.
Result<std::vector<DrainStatus>> look_once(aws::Client& client, const Spec& spec,
                                           const std::vector<DrainTarget>& drains, const DrainConditions& conditions) {
  const WallTime now = client.now();
  std::vector<DrainStatus> verdicts;
  std::vector<DrainMetrics> evidence(drains.size());
  std::vector<DeliveryError> errors;
  bool without_metrics = false;
  if (!drains.empty() && !too_early(drains, now)) {
    Result<void> read = read_recent(client, spec, drains, now, evidence);
    if (read) read = read_totals(client, spec, drains, now, evidence);
    if (!read && read.error().kind != ErrorKind::kDenied) return with_context(read.error(), "reading the metrics");
    without_metrics = !read;
    const auto log = read_errors(client, spec, drains);
    if (!log) return with_context(log.error(), "reading the delivery errors");
    errors = *log;
  }
  for (std::size_t i = 0; i < drains.size(); ++i) {
    evidence[i].errors = errors_of(errors, drains[i].stream);
    verdicts.push_back(without_metrics ? check_drain_without_metrics(spec, drains[i], evidence[i].errors, now)
                                       : check_drain(spec, drains[i], evidence[i], now, conditions));
  }
  return verdicts;
}

bool may_go_unseen(const DrainStatus& verdict) {
  return verdict.without_metrics && verdict.phase == DrainPhase::kReady;
}

}  // namespace

std::vector<DrainTarget> drain_targets(const Spec& spec, const Observed& observed, const Manifest& manifest,
                                       const std::set<int>& numbers) {
  std::vector<DrainTarget> drains;
  for (const ManifestEntry& entry : manifest.streams) {
    const std::optional<WallTime> started = parse_iso8601(entry.drain_started_at);
    if (!entry.draining() || !numbers.contains(entry.index) || !started) continue;
    DrainTarget drain;
    drain.stream = entry.name;
    drain.number = entry.index;
    drain.started_at = *started;
    const WallTime reloaded = *started + std::chrono::ceil<std::chrono::milliseconds>(reload_time(spec));
    drain.stop_by = std::max(reloaded, parse_iso8601(entry.drain_stop_by).value_or(reloaded));
    int flush_s = std::max(entry.drain_flush_s, spec.buffer_interval_s + spec.flush_margin_s);
    const auto there = observed.streams.find(entry.index);
    if (there != observed.streams.end()) {
      const firehose::Description& description = there->second.description;
      flush_s = std::max(flush_s, description.destination.buffer_interval_s.value_or(300) + spec.flush_margin_s);
      if (description.create_timestamp > 0)
        drain.made_at = from_epoch_seconds(static_cast<std::int64_t>(description.create_timestamp));
      drain.totals_count = records_can_be_counted(description);
    }
    drain.flush = std::chrono::seconds(flush_s);
    drains.push_back(std::move(drain));
  }
  return drains;
}

DrainTarget delivery_target(const Spec& spec, const StreamState& stream, WallTime since) {
  const firehose::Description& description = stream.description;
  DrainTarget delivery;
  delivery.stream = description.name;
  delivery.number = stream.number;
  delivery.started_at = delivery.stop_by = since;
  delivery.flush = std::chrono::seconds(
      std::max(spec.buffer_interval_s, description.destination.buffer_interval_s.value_or(300)) + spec.flush_margin_s);
  if (description.create_timestamp > 0)
    delivery.made_at = from_epoch_seconds(static_cast<std::int64_t>(description.create_timestamp));
  delivery.totals_count = records_can_be_counted(description);
  return delivery;
}

Result<std::vector<DrainStatus>> read_delivery_statuses(aws::Client& client, const Spec& spec,
                                                        const std::vector<DrainTarget>& deliveries) {
  const WallTime now = client.now();
  std::vector<DrainMetrics> evidence(deliveries.size());
  std::vector<DrainStatus> verdicts;
  if (deliveries.empty()) return verdicts;
  RETURN_IF_ERROR(read_recent(client, spec, deliveries, now, evidence));
  RETURN_IF_ERROR(read_totals(client, spec, deliveries, now, evidence));
  ASSIGN_OR_RETURN(const auto errors, read_errors(client, spec, deliveries));
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    evidence[i].errors = errors_of(errors, deliveries[i].stream);
    verdicts.push_back(check_delivery(spec, deliveries[i], evidence[i], now));
  }
  return verdicts;
}

Result<std::vector<DrainStatus>> read_drain_statuses(aws::Client& client, const Spec& spec,
                                                     const std::vector<DrainTarget>& drains,
                                                     const DrainConditions& conditions) {
  for (int asked = 1;; ++asked) {
    const auto verdicts = look_once(client, spec, drains, conditions);
    const bool believed = !verdicts || asked == kDenialsBelieved;
    if (believed || std::none_of(verdicts->begin(), verdicts->end(), may_go_unseen)) return verdicts;
    const Duration pause = Duration(std::chrono::seconds(spec.drain_time_s)) / kDenialPauses;
    if (Result<void> slept = client.control().sleep_for(pause); !slept) return slept.error();
  }
}

}  // namespace fhctl::pipeline
