#include "core/drain/drain_metrics.h"

#include <algorithm>
#include <numeric>

#include "core/drain/drain.h"
#include "core/services/cloudwatch.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kErrorsLookBack =
    std::chrono::hours(1);  // a delivery that failed before the drain began may still be retried
// While a policy is being replaced, IAM may briefly deny what it allows. One denial is therefore not enough to delete a
// stream without metrics.
constexpr int kDenialsBelieved = 4;
constexpr std::size_t kSteadyStreamsMax = 5;
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

std::int64_t floor_to(std::int64_t seconds, std::int64_t period) { return seconds / period * period; }

// Reads what the rules need, in two parts: what comes in, for all streams; and what was delivered and what was taken
// before, for those whose status depends on it. CloudWatch bills each metric of each reading.
class EvidenceReading {
 public:
  EvidenceReading(aws::Client& client, const Spec& spec, const std::vector<DrainTarget>& drains)
      : client_(client), spec_(spec), drains_(drains), now_(client.now()), evidence_(drains.size()) {
    const std::int64_t now = epoch_seconds(now_);
    recent_ = {now, floor_to(now, spec.drain_period_s) + spec.drain_period_s};
    for (const DrainTarget& drain : drains) {
      const std::int64_t look_back =
          std::max<std::int64_t>(std::chrono::ceil<std::chrono::seconds>(drain.flush).count(), kHourS);
      recent_.start = std::min(recent_.start, epoch_seconds(drain.started_at) - look_back);
    }
    recent_.start = floor_to(recent_.start, kHourS);
  }

  WallTime now() const { return now_; }
  std::vector<DrainMetrics>& evidence() { return evidence_; }

  // Records, bytes and throttled records since shortly before the drains began, and how late CloudWatch is. Waits.
  Result<void> read_input(const std::vector<std::string>& steady) {
    std::vector<DrainMetrics> guides(steady.size());
    MetricsReading reading;
    for (std::size_t i = 0; i < drains_.size(); ++i) {
      const auto add = [&](const char* metric, DrainMetrics::Points DrainMetrics::*points) {
        reading.add(drains_[i].stream, metric, "Sum", spec_.drain_period_s, points, evidence_[i]);
      };
      add("IncomingRecords", &DrainMetrics::records);
      add("IncomingBytes", &DrainMetrics::bytes);
      add("ThrottledRecords", &DrainMetrics::throttled);
    }
    for (std::size_t i = 0; i < steady.size(); ++i) {
      reading.add(steady[i], "IncomingRecords", "Sum", spec_.drain_period_s, &DrainMetrics::records, guides[i]);
    }
    RETURN_IF_ERROR(reading.read(client_, recent_));
    std::optional<std::int64_t> until;
    const auto note = [&](const DrainMetrics& from, bool may_end) {
      const auto seen = from.complete ? published_until(spec_, from.records, now_, may_end) : std::nullopt;
      if (seen) until = std::min(*seen, until.value_or(*seen));
    };
    for (const DrainMetrics& guide : guides) note(guide, false);
    for (const DrainMetrics& drain : evidence_) note(drain, true);
    for (DrainMetrics& drain : evidence_) drain.published_until = until;
    return ok();
  }

  // Deliveries, and what was taken and delivered since the streams were created. Waits.
  Result<void> read_deliveries(const std::vector<std::size_t>& places) {
    MetricsReading reading;
    for (const std::size_t i : places) {
      const auto add = [&](const char* metric, const char* statistic, DrainMetrics::Points DrainMetrics::*points) {
        reading.add(drains_[i].stream, metric, statistic, spec_.drain_period_s, points, evidence_[i]);
      };
      add("DeliveryToS3.Success", "Average", &DrainMetrics::success);
      add("DeliveryToS3.DataFreshness", "Maximum", &DrainMetrics::freshness);
      if (is_counted(i)) add("DeliveryToS3.Records", "Sum", &DrainMetrics::delivered);
    }
    RETURN_IF_ERROR(reading.read(client_, recent_));
    return read_earlier(places);
  }

 private:
  bool is_counted(std::size_t place) const { return drains_[place].totals_count && drains_[place].made_at; }

  // What was taken and delivered before `recent_`: in the last 25 hours, or since an hour before the stream was
  // created.
  Result<void> read_earlier(const std::vector<std::size_t>& places) {
    const std::int64_t day_ago = std::min(floor_to(epoch_seconds(now_) - kWindowS, kHourS), recent_.start);
    MetricsReading reading;
    std::int64_t first = recent_.start;
    for (const std::size_t i : places) {
      if (!is_counted(i)) continue;
      DrainMetrics& evidence = evidence_[i];
      evidence.taken = evidence.records;
      const std::int64_t made = epoch_seconds(*drains_[i].made_at);
      evidence.first_period_s = made >= recent_.start ? spec_.drain_period_s : kWindowPeriodS;
      const std::int64_t from = std::max(floor_to(made, kHourS) - kHourS, day_ago);
      if (from >= recent_.start) continue;
      reading.add(drains_[i].stream, "IncomingRecords", "Sum", kWindowPeriodS, &DrainMetrics::taken, evidence);
      reading.add(drains_[i].stream, "DeliveryToS3.Records", "Sum", kWindowPeriodS, &DrainMetrics::delivered, evidence);
      first = std::min(first, from);
    }
    return reading.read(client_, {first, recent_.start});
  }

  aws::Client& client_;
  const Spec& spec_;
  const std::vector<DrainTarget>& drains_;
  const WallTime now_;
  std::vector<DrainMetrics> evidence_;
  Window recent_;
};

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

// Whether what was delivered can change the result: it is not looked at while records may still come in.
bool is_quiet(const Spec& spec, const DrainTarget& drain, const DrainMetrics& evidence, WallTime now,
              const DrainConditions& conditions) {
  const DrainConditions only_quiet{conditions.quiet, false, false, false};
  return check_drain(spec, drain, evidence, now, only_quiet).phase == DrainPhase::kReady;
}

Result<void> read_evidence(const Spec& spec, const std::vector<DrainTarget>& drains,
                           const std::vector<std::string>& steady, const DrainConditions& conditions,
                           EvidenceReading& reading) {
  RETURN_IF_ERROR(reading.read_input(steady));
  std::vector<std::size_t> quiet;
  for (std::size_t i = 0; i < drains.size(); ++i) {
    if (is_quiet(spec, drains[i], reading.evidence()[i], reading.now(), conditions)) quiet.push_back(i);
  }
  return reading.read_deliveries(quiet);
}

// Reads and checks all of them once.
Result<std::vector<DrainStatus>> look_once(aws::Client& client, const Spec& spec,
                                           const std::vector<DrainTarget>& drains,
                                           const std::vector<std::string>& steady, const DrainConditions& conditions) {
  EvidenceReading reading(client, spec, drains);
  const WallTime now = reading.now();
  std::vector<DrainMetrics>& evidence = reading.evidence();
  std::vector<DrainStatus> verdicts;
  std::vector<DeliveryError> errors;
  bool without_metrics = false;
  if (!drains.empty() && !too_early(drains, now)) {
    const Result<void> read = read_evidence(spec, drains, steady, conditions, reading);
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

std::vector<std::string> steady_streams(const Manifest& manifest) {
  std::vector<std::string> names = manifest.names(EntryState::kActive);
  if (names.size() > kSteadyStreamsMax) names.resize(kSteadyStreamsMax);
  return names;
}

Result<std::vector<DrainStatus>> read_delivery_statuses(aws::Client& client, const Spec& spec,
                                                        const std::vector<DrainTarget>& deliveries) {
  std::vector<DrainStatus> verdicts;
  if (deliveries.empty()) return verdicts;
  EvidenceReading reading(client, spec, deliveries);
  std::vector<std::size_t> all(deliveries.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  RETURN_IF_ERROR(reading.read_input({}));
  RETURN_IF_ERROR(reading.read_deliveries(all));
  ASSIGN_OR_RETURN(const auto errors, read_errors(client, spec, deliveries));
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    DrainMetrics& evidence = reading.evidence()[i];
    evidence.published_until.reset();  // a batch that has ended looks like metrics that are late
    evidence.errors = errors_of(errors, deliveries[i].stream);
    verdicts.push_back(check_delivery(spec, deliveries[i], evidence, reading.now()));
  }
  return verdicts;
}

Result<std::vector<DrainStatus>> read_drain_statuses(aws::Client& client, const Spec& spec,
                                                     const std::vector<DrainTarget>& drains,
                                                     const std::vector<std::string>& steady,
                                                     const DrainConditions& conditions) {
  for (int asked = 1;; ++asked) {
    const auto verdicts = look_once(client, spec, drains, steady, conditions);
    const bool believed = !verdicts || asked == kDenialsBelieved;
    if (believed || std::none_of(verdicts->begin(), verdicts->end(), may_go_unseen)) return verdicts;
    const Duration pause = Duration(std::chrono::seconds(spec.drain_time_s)) / kDenialPauses;
    if (Result<void> slept = client.control().sleep_for(pause); !slept) return slept.error();
  }
}

Duration until_next_look(const Spec& spec, WallTime now) {
  const std::int64_t period = spec.drain_period_s;
  const std::int64_t last = floor_to(epoch_seconds(now) - spec.drain_lag_s, period) + spec.drain_lag_s;
  return from_epoch_seconds(last + period) - now;
}

}  // namespace fhctl::pipeline
