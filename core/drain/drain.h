// Decides when it is safe to delete a delivery stream. While a stream is DELETING, Firehose discards what the stream
// still holds but keeps accepting records. A stream is therefore first listed as draining in the manifest, and deleted
// only when all of these conditions hold:
//
//   (a) quiet       Since producers had the time to reload the manifest, there were enough closed periods without
//                   IncomingRecords, IncomingBytes and ThrottledRecords (throttled data is not in Incoming*).
//   (b) flushed     Since the last input, the longest buffer interval in question plus a margin has passed. Where (d)
//                   cannot be checked, it is the longest interval that Firehose allows, because buffering is a hint.
//   (c) delivering  There is no failed delivery, no delivery error, and no growing DataFreshness.
//   (d) complete    Since the stream was created, as many records were delivered as were taken. The creation is the
//                   only time at which the stream is known to be empty.
//
// Without (c) a stream is never deleted, even if the others hold. Without permission to read metrics, only time and the
// error log are left; this is weaker, and fhctl says so. docs/adr/0014-drain-conditions.md has the reasons.
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
  Points taken;             // records in, from an hour before the stream was created
  Points delivered;         // records out, likewise
  int first_period_s = 60;  // of the points of both in which the stream was created
  std::vector<DeliveryError> errors;
};

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
