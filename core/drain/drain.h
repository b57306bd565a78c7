// Decides when it is safe to delete a delivery stream. While a stream is DELETING, Firehose discards what the stream
// still holds but keeps accepting records. A stream is therefore first listed as draining in the manifest, and deleted
// only when all of these conditions hold:
//
//   (a) quiet       Since producers had the time to reload the manifest, there were enough closed periods without
//                   IncomingRecords, IncomingBytes and ThrottledRecords (throttled data is not in Incoming*).
//   (b) flushed     Since the last input, the longest buffer interval in question plus a margin has passed. Where (d)
//                   cannot be checked, it is the longest interval that Firehose allows, because buffering is a hint.
//   (c) delivering  There is no failed delivery, no delivery error, and no growing DataFreshness.
//   (d) complete    In the last 25 hours, as many records were delivered as were taken: Firehose keeps a record for 24
//                   hours, so that older ones are delivered or lost. The stream may have held records when the 25 hours
//                   began; therefore the count starts at the time within them at which it held fewest.
//
// Without (c) a stream is never deleted, even if the others hold. A difference that remains in (d) is accepted when
// nothing was taken, delivered or failed for `drain.time`, and reported. Without permission to read metrics, only time
// and the error log are left; this is weaker, and fhctl says so. docs/adr/0014-drain-conditions.md has the reasons for
// (a) to (c), docs/adr/0022-totals-and-lag.md those for (d) and for the lag of the metrics.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/drain/delivery_errors.h"
#include "core/drain/drain_status.h"
#include "core/observe/observed.h"

namespace fhctl::pipeline {

inline constexpr int kHourS = 3600;
// The totals are compared for this long. Firehose keeps a record for 24 hours at most, so what it held when the window
// began has left it within the window.
inline constexpr std::int64_t kWindowS = 25 * kHourS;
inline constexpr int kWindowPeriodS = 300;  // of the points in it; newer ones are those of the spec

// A draining stream.
struct DrainTarget {
  std::string stream;
  int number = 0;
  WallTime started_at{};            // when the manifest first said "draining"
  WallTime stop_by{};               // from then on a conforming producer sends nothing to it
  Duration flush{};                 // how long after its last input everything has been delivered
  std::optional<WallTime> made_at;  // unknown: the totals cannot be compared
  bool totals_count = true;         // false if Firehose transforms records: the numbers taken and delivered then differ
};

// What CloudWatch and the error log say about it. Points by the start of their period, in epoch seconds.
struct DrainMetrics {
  using Points = std::map<std::int64_t, double>;
  bool complete = true;  // false: a series has gaps, so an absent point means nothing
  Points records;
  Points bytes;
  Points throttled;
  Points success;           // the average: 1 when every delivery succeeded
  Points freshness;         // the maximum, seconds
  Points taken;             // records in, of kWindowS, or from an hour before the stream was created
  Points delivered;         // records out, likewise
  int first_period_s = 60;  // of the points of both in which the stream was created
  // CloudWatch has published all points until then, in epoch seconds, as streams with steady traffic show; nullopt: no
  // stream shows it.
  std::optional<std::int64_t> published_until;
  std::vector<DeliveryError> errors;
};

// Until when CloudWatch has published the points of a metric that has one in every period: the start of the first
// period without one. Only the latest `drain.time` is searched: a point that is missing for longer does not come.
// nullopt if there is no gap, or if the metric did not have a point in each of the five periods before that time, or
// in its first five if it began later. `may_end`: the metric may have ended, so that only gaps before its newest point
// count. Pure.
std::optional<std::int64_t> published_until(const Spec& spec, const DrainMetrics::Points& points, WallTime now,
                                            bool may_end);

// Pure. The second is for when metrics may not be read: it uses only time and the error log.
DrainStatus check_drain(const Spec& spec, const DrainTarget& drain, const DrainMetrics& evidence, WallTime now,
                        const DrainConditions& conditions = {});
DrainStatus check_drain_without_metrics(const Spec& spec, const DrainTarget& drain,
                                        const std::vector<DeliveryError>& errors, WallTime now);

// The streams among `numbers` that the manifest lists as draining.
std::vector<DrainTarget> drain_targets(const Spec& spec, const Observed& observed, const Manifest& manifest,
                                       const std::set<int>& numbers);

// `fhctl wait --for delivered`: whether what was sent to a stream before `since` is in the bucket. The phase is kReady,
// kFlushing, kFailing or kUnknown. kDenied if the metrics may not be read, because only they show it. Waits.
DrainTarget delivery_target(const Spec& spec, const StreamState& stream, WallTime since);
DrainStatus check_delivery(const Spec& spec, const DrainTarget& delivery, const DrainMetrics& evidence, WallTime now);

// The least time that a drain takes; reported before it starts.
Duration shortest_drain(const Spec& spec);

}  // namespace fhctl::pipeline
