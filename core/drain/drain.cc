#include "core/drain/drain.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

using Points = DrainMetrics::Points;

constexpr std::int64_t kIntervalMaxS = 900;  // the longest buffer interval
constexpr int kSteadyPeriods = 5;  // with a point in each of them, a metric is taken to have one in every period

std::int64_t down_to(std::int64_t seconds, std::int64_t period) { return seconds / period * period; }
std::int64_t up_to(std::int64_t seconds, std::int64_t period) { return down_to(seconds + period - 1, period); }

std::string clock(WallTime time) { return format_iso8601(time).substr(11); }  // "10:04:00Z"

double value_at(const Points& points, std::int64_t start) {
  const auto found = points.find(start);
  return found == points.end() ? 0 : found->second;
}

double sum(const Points& points, std::int64_t from, std::int64_t to = std::numeric_limits<std::int64_t>::max()) {
  double total = 0;
  for (auto point = points.lower_bound(from); point != points.end() && point->first < to; ++point) {
    total += point->second;
  }
  return total;
}

// Records taken and records delivered in the window.
struct Totals {
  bool counted = false;  // the two can be compared
  bool proven = false;   // no difference proves that everything was delivered
  double taken = 0;
  double missing = 0;  // still held, or lost: no more than the true number
};

// How many more records were taken than delivered, from `from` up to each later point.
struct Levels {
  double least = 0;
  double last = 0;
  std::optional<double> paused;  // the least at the end of a pause: when no record had come in for `pause` seconds
};

Levels levels_of(const Points& taken, const Points& delivered, std::int64_t from, std::int64_t pause) {
  Levels levels;
  std::int64_t input_end = from;
  auto in = taken.lower_bound(from);
  auto out = delivered.lower_bound(from);
  while (in != taken.end() || out != delivered.end()) {
    const bool is_input = in != taken.end() && (out == delivered.end() || in->first <= out->first);
    const std::int64_t start = is_input ? in->first : out->first;
    if (is_input && in->second > 0) {
      if (start - input_end >= pause) levels.paused = std::min(levels.paused.value_or(levels.last), levels.last);
      input_end = start + kWindowPeriodS;
    }
    if (is_input) levels.last += (in++)->second;
    if (out != delivered.end() && out->first == start) levels.last -= (out++)->second;
    levels.least = std::min(levels.least, levels.last);
  }
  return levels;
}

// The stream was certainly empty when it was created; if it ever delivered more than it had taken, something was
// delivered twice or a point is missing, and the count proves nothing. An earlier stream of the same name may have had
// its last records in the period in which this one was created: then none of the deliveries of that period count, and
// the totals are compared only if enough was delivered afterwards.
Totals totals_since_creation(const DrainMetrics& evidence, std::int64_t made, std::int64_t pause) {
  const bool earlier = sum(evidence.taken, made - kHourS, made) + sum(evidence.delivered, made - kHourS, made) > 0;
  const bool shared = earlier && value_at(evidence.taken, made) + value_at(evidence.delivered, made) > 0;
  Points delivered = evidence.delivered;
  if (shared) delivered.erase(made);
  const Levels levels = levels_of(evidence.taken, delivered, made, pause);
  Totals totals;
  totals.taken = sum(evidence.taken, made);
  totals.missing = levels.last - levels.least;
  totals.counted = !shared || totals.missing < 0.5;
  totals.proven = totals.counted && levels.least > -0.5;
  return totals;
}

// The stream may have held records when the window began, which are delivered in it. The count starts when the stream
// held fewest, so that the result is never too large. That there is no difference is a proof only if that was at the
// end of a pause, when the stream was empty: otherwise it may always have held as many records as now.
Totals totals_of_window(const DrainMetrics& evidence, std::int64_t from, std::int64_t pause) {
  const Levels levels = levels_of(evidence.taken, evidence.delivered, from, pause);
  Totals totals;
  totals.taken = sum(evidence.taken, from);
  totals.missing = levels.last - levels.least;
  totals.counted = true;
  totals.proven = levels.paused && *levels.paused < levels.least + 0.5;
  return totals;
}

Totals totals_of(const Spec& spec, const DrainTarget& drain, const DrainMetrics& evidence, std::int64_t now) {
  if (!drain.totals_count || !drain.made_at) return {};
  const std::int64_t made = down_to(epoch_seconds(*drain.made_at), evidence.first_period_s);
  const std::int64_t from = now - kWindowS;
  const std::int64_t pause = kIntervalMaxS + spec.flush_margin_s;
  return made < from ? totals_of_window(evidence, from, pause) : totals_since_creation(evidence, made, pause);
}

// How late points may be: as late as the spec says, or as CloudWatch is now.
std::int64_t lag_of(const Spec& spec, const DrainMetrics& evidence, std::int64_t now) {
  return std::max<std::int64_t>(spec.drain_lag_s, now - evidence.published_until.value_or(now));
}

// Checks the conditions for one stream in order. The first one that does not hold decides what is waited for.
class Judge {
 public:
  Judge(const Spec& spec, const DrainTarget& drain, const DrainMetrics& evidence, WallTime now,
        const DrainConditions& conditions)
      : drain_(drain),
        evidence_(evidence),
        conditions_(conditions),
        now_(epoch_seconds(now)),
        period_(spec.drain_period_s),
        quiet_(up_to(spec.drain_quiet_s, spec.drain_period_s)),
        lag_(lag_of(spec, evidence, now_)),
        is_late_(lag_ > spec.drain_lag_s),
        blind_(spec.drain_time_s),
        stop_by_(up_to(epoch_seconds(drain.stop_by), spec.drain_period_s)),
        closed_(down_to(now_ - lag_, spec.drain_period_s)),
        totals_(totals_of(spec, drain, evidence, now_)),
        longest_flush_(std::max(asked_flush(), kIntervalMaxS + spec.flush_margin_s)),
        flush_(totals_.proven ? asked_flush() : longest_flush_) {
    for (const Points* points : {&evidence_.records, &evidence_.bytes}) note_input(*points);
  }

  // Checks only what was taken before `started_at`; later input does not matter.
  DrainStatus check_delivery() {
    verdict_.stream = drain_.stream;
    verdict_.number = drain_.number;
    const std::int64_t begun = up_to(epoch_seconds(drain_.started_at), period_);
    if (!evidence_.complete) return wait(DrainPhase::kUnknown, "metrics that CloudWatch gives in full", now_);
    if (closed_ < begun) return wait(DrainPhase::kUnknown, "metrics of that time", begun + lag_);
    const double missing = totals_.missing - sum(evidence_.taken, begun);
    if (totals_.proven && missing < 0.5) return wait(DrainPhase::kReady, "", now_);
    if (totals_.counted && missing >= 0.5 && !failing_now()) {
      verdict_.difference = std::llround(missing);
      const std::int64_t accepted_at = begun + std::max(longest_flush_, blind_);
      if (closed_ >= accepted_at) return wait(DrainPhase::kReady, "", now_);
      const std::int64_t usual = begun + flush_;
      return wait(DrainPhase::kFlushing, plural(verdict_.difference, "record") + " to be delivered",
                  (closed_ < usual ? usual : accepted_at) + lag_);
    }
    if (failing_now()) return verdict_;
    if (closed_ >= begun + flush_) return wait(DrainPhase::kReady, "", now_);
    return wait(DrainPhase::kFlushing, "its buffer to be written", begun + flush_ + lag_);
  }

  DrainStatus judge() {
    verdict_.stream = drain_.stream;
    verdict_.number = drain_.number;
    if (now_ < epoch_seconds(drain_.stop_by))
      return wait(DrainPhase::kNotifying, "producers to reload the manifest", quiet_at());
    if (!evidence_.complete) return wait(DrainPhase::kUnknown, "metrics that CloudWatch gives in full", now_);
    if (conditions_.quiet && !quiet()) return verdict_;
    if (conditions_.delivering && !delivering()) return verdict_;
    if (conditions_.flushed && !flushed()) return verdict_;
    if (conditions_.complete && !complete()) return verdict_;
    return wait(DrainPhase::kReady, "", now_);
  }

 private:
  DrainStatus wait(DrainPhase phase, std::string waiting_for, std::int64_t until) {
    verdict_.phase = phase;
    verdict_.waiting_for = std::move(waiting_for);
    verdict_.left = std::chrono::seconds(std::max<std::int64_t>(0, until - now_));
    return verdict_;
  }

  std::int64_t asked_flush() const { return std::chrono::ceil<std::chrono::seconds>(drain_.flush).count(); }

  void note_input(const Points& points) {
    for (const auto& [start, value] : points) {
      if (value > 0) input_end_ = std::max(input_end_, start + period_);
    }
  }

  bool busy(std::int64_t start) const {
    return value_at(evidence_.records, start) > 0 || value_at(evidence_.bytes, start) > 0 ||
           value_at(evidence_.throttled, start) > 0;
  }

  // The end of the last period with traffic at or after the time by which producers have stopped; that time when there
  // was none.
  std::int64_t quiet_from() const {
    std::int64_t from = stop_by_;
    for (const Points* points : {&evidence_.records, &evidence_.bytes, &evidence_.throttled}) {
      for (const auto& [start, value] : *points) {
        if (value > 0) from = std::max(from, start + period_);
      }
    }
    return from;
  }

  std::int64_t quiet_at() const { return quiet_from() + quiet_ + lag_; }

  // (a) An absent point counts as zero once its period has been over for the lag, because the reading was complete.
  bool quiet() {
    const std::int64_t from = quiet_from();
    if (closed_ - from >= quiet_) return true;
    std::int64_t last = 0;
    std::int64_t first = 0;
    for (std::int64_t start = stop_by_; start < now_ + period_; start += period_) {
      if (!busy(start)) continue;
      if (first == 0) first = start;
      last = start;
    }
    if (first == 0) {
      wait(DrainPhase::kWaitingForQuiet,
           fmt::format("{} without traffic{}", format_duration(std::chrono::seconds(quiet_)), lateness()), quiet_at());
      return false;
    }
    verdict_.since = from_epoch_seconds(first);
    verdict_.records_per_s =
        (value_at(evidence_.records, last) + value_at(evidence_.throttled, last)) / static_cast<double>(period_);
    const bool only_refused = value_at(evidence_.records, last) == 0 && value_at(evidence_.bytes, last) == 0;
    wait(DrainPhase::kTraffic,
         fmt::format("traffic to stop: {} record{}/s still arrive, since {}{}", rate_text(verdict_.records_per_s),
                     rate_text(verdict_.records_per_s) == "1" ? "" : "s", clock(*verdict_.since),
                     only_refused ? " (all refused: it is throttled)" : ""),
         quiet_at());
    return false;
  }

  std::string lateness() const {
    return is_late_ ? fmt::format(" (metrics are {} late)", format_duration(std::chrono::seconds(lag_))) : "";
  }

  static std::string rate_text(double rate) {
    return rate >= 10 ? fmt::format("{:.0f}", rate) : fmt::format("{:.2g}", rate);
  }

  // (b) Counted in closed periods, so that a later input would have been seen.
  bool flushed() {
    if (input_end_ == 0 || closed_ >= input_end_ + flush_) return true;
    wait(DrainPhase::kFlushing,
         fmt::format("its buffer to be written: the last input ended at {}", clock(from_epoch_seconds(input_end_))),
         up_to(input_end_ + flush_, period_) + lag_);
    return false;
  }

  bool failing_now() { return !delivering(); }

  // (c) A failure is forgiven when the totals prove that everything arrived after all.
  bool delivering() {
    const bool arrived = totals_.proven && totals_.taken > 0 && totals_.missing < 0.5;
    if (arrived && closed_ >= input_end_) return true;
    for (const auto& [start, success] : evidence_.success) {
      if (success < 1) failed_at(start, "deliveries to S3 failed");
    }
    for (const DeliveryError& error : evidence_.errors) {
      failed_at(epoch_seconds(error.time), error.code);
      if (!error.code.empty()) failure_text_ = error.code;  // more specific than the metrics
    }
    for (const auto& [start, age] : evidence_.freshness) {
      const std::int64_t end = start + period_;
      if (age > 0 && end > input_end_ + flush_ && static_cast<double>(end - input_end_ - period_) < age) {
        failed_at(start, fmt::format("a record has waited for {}", format_duration(from_seconds(age))));
      }
    }
    if (!failure_) return true;
    // Also forgiven: deliveries have succeeded since, and none has failed for as long as a drain without metrics takes.
    const bool recovered = std::any_of(evidence_.success.begin(), evidence_.success.end(), [&](const auto& point) {
      return point.first + period_ > *failure_ && point.second >= 1;
    });
    const std::int64_t forgiven_at = recovered ? *failure_ + blind_ : now_;
    if (recovered && now_ >= forgiven_at) return true;
    verdict_.since = from_epoch_seconds(*failure_);
    wait(DrainPhase::kFailing, fmt::format("delivery to work again: {} at {}", failure_text_, clock(*verdict_.since)),
         forgiven_at);
    return false;
  }

  void failed_at(std::int64_t when, std::string what) {
    if (failure_ && *failure_ >= when) return;
    failure_ = when;
    failure_text_ = std::move(what);
  }

  // (d) A difference is accepted when nothing has happened for as long as a drain without metrics takes: CloudWatch may
  // have lost a point, and waiting does not bring it back.
  bool complete() {
    if (!totals_.counted || totals_.missing < 0.5) return true;
    verdict_.difference = std::llround(totals_.missing);
    const std::int64_t accepted_at = up_to(last_event() + blind_, period_);
    if (closed_ >= accepted_at) return true;
    wait(DrainPhase::kIncomplete,
         plural(verdict_.difference, "record") + " that were taken and have not been delivered", accepted_at + lag_);
    return false;
  }

  // The end of the last period in which a record was taken or delivered, or a delivery failed.
  std::int64_t last_event() const {
    std::int64_t last = std::max(input_end_, failure_ ? *failure_ + period_ : 0);
    for (const Points* points : {&evidence_.taken, &evidence_.delivered}) {
      for (auto point = points->rbegin(); point != points->rend(); ++point) {
        if (point->second <= 0) continue;
        last = std::max(last, point->first + period_);
        break;
      }
    }
    return last;
  }

  const DrainTarget& drain_;
  const DrainMetrics& evidence_;
  const DrainConditions& conditions_;
  const std::int64_t now_;
  const std::int64_t period_;
  const std::int64_t quiet_;
  const std::int64_t lag_;
  const bool is_late_;  // later than the spec says
  const std::int64_t blind_;
  const std::int64_t stop_by_;
  const std::int64_t closed_;  // the end of the last period that is surely published
  const Totals totals_;
  const std::int64_t longest_flush_;
  const std::int64_t flush_;
  std::int64_t input_end_ = 0;  // of the last period with input; 0: no input since long before the drain
  std::optional<std::int64_t> failure_;
  std::string failure_text_;
  DrainStatus verdict_;
};

}  // namespace

std::string_view phase_key(DrainPhase phase) {
  switch (phase) {
    case DrainPhase::kNotifying:
      return "telling";
    case DrainPhase::kTraffic:
      return "traffic";
    case DrainPhase::kWaitingForQuiet:
      return "quieting";
    case DrainPhase::kFlushing:
      return "flushing";
    case DrainPhase::kFailing:
      return "failing";
    case DrainPhase::kIncomplete:
      return "incomplete";
    case DrainPhase::kUnknown:
      return "unknown";
    case DrainPhase::kReady:
      return "ready";
  }
  return "unknown";
}

std::string difference_text(std::int64_t difference) {
  return plural(difference, "record") + " more taken than CloudWatch shows delivered";
}

std::optional<std::int64_t> published_until(const Spec& spec, const Points& points, WallTime now, bool may_end) {
  if (points.empty()) return std::nullopt;
  const std::int64_t period = spec.drain_period_s;
  const std::int64_t settled = down_to(epoch_seconds(now) - spec.drain_time_s, period);
  const std::int64_t steady = std::max(settled - kSteadyPeriods * period, points.begin()->first);
  for (int i = 0; i < kSteadyPeriods; ++i) {
    if (!points.contains(steady + i * period)) return std::nullopt;
  }
  const std::int64_t end = may_end ? points.rbegin()->first : down_to(epoch_seconds(now), period);
  for (std::int64_t start = std::max(steady, settled); start < end; start += period) {
    if (!points.contains(start)) return start;
  }
  return std::nullopt;
}

DrainStatus check_drain(const Spec& spec, const DrainTarget& drain, const DrainMetrics& evidence, WallTime now,
                        const DrainConditions& conditions) {
  return Judge(spec, drain, evidence, now, conditions).judge();
}

DrainStatus check_delivery(const Spec& spec, const DrainTarget& delivery, const DrainMetrics& evidence, WallTime now) {
  const DrainConditions conditions;
  return Judge(spec, delivery, evidence, now, conditions).check_delivery();
}

DrainStatus check_drain_without_metrics(const Spec& spec, const DrainTarget& drain,
                                        const std::vector<DeliveryError>& errors, WallTime now) {
  DrainStatus verdict;
  verdict.stream = drain.stream;
  verdict.number = drain.number;
  verdict.without_metrics = true;
  const WallTime ready_at = std::max(drain.started_at + std::chrono::seconds(spec.drain_time_s),
                                     drain.stop_by + std::chrono::ceil<std::chrono::milliseconds>(drain.flush));
  verdict.left = std::max(Duration::zero(), Duration(ready_at - now));
  if (!errors.empty()) {
    const DeliveryError& last =
        *std::max_element(errors.begin(), errors.end(), [](const auto& a, const auto& b) { return a.time < b.time; });
    // Without metrics no success can be seen: the failure is forgiven after the same time without another failure.
    const WallTime forgiven_at = last.time + std::chrono::seconds(spec.drain_time_s);
    if (now < forgiven_at) {
      verdict.phase = DrainPhase::kFailing;
      verdict.since = last.time;
      verdict.waiting_for = fmt::format("delivery to work again: {} at {}", last.code, clock(last.time));
      verdict.left = std::max(verdict.left, Duration(forgiven_at - now));
      return verdict;
    }
  }
  verdict.phase = verdict.left > Duration::zero() ? DrainPhase::kFlushing : DrainPhase::kReady;
  if (verdict.phase == DrainPhase::kFlushing) verdict.waiting_for = "time to pass: its metrics may not be read";
  return verdict;
}

Duration shortest_drain(const Spec& spec) {
  const Duration flush = std::chrono::seconds(spec.buffer_interval_s + spec.flush_margin_s + spec.drain_lag_s);
  return std::max(reload_time(spec) + quiet_time(spec), flush);
}

}  // namespace fhctl::pipeline
