// When is it safe to delete a delivery stream? Firehose drops what a stream still holds, and goes on saying yes to
// records while it is DELETING. So a stream on its way out is listed as draining, and deleted only on evidence:
//
//   (a) quiet      after producers had the time to reload the manifest, closed periods without any IncomingRecords,
//                  IncomingBytes and ThrottledRecords (throttled data is not in Incoming*)
//   (b) flushed    since the last input at least the longest buffer interval in question, and a margin; where (d)
//                  cannot be asked, the longest interval that Firehose knows, because its buffering is only a hint
//   (c) delivering no failed delivery, no delivery error, no DataFreshness that grows
//   (d) complete   as many records delivered as taken, since the stream was made: the one instant known to be empty
//
// (c) missing means no delete, whatever else is true. Where metrics may not be read only time and the error log are
// left, which is weaker, and is said. docs/adr/0009-drain.md has the reasons.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/pipeline/delivery_errors.h"
#include "core/pipeline/drain_verdict.h"
#include "core/pipeline/observed.h"

namespace fhctl::pipeline {

inline constexpr int kHourS = 3600;

// One stream on its way out.
struct DrainCase {
  std::string stream;
  int number = 0;
  WallTime started_at{};            // since then the manifest says "draining"
  WallTime stop_by{};               // from then on a producer that follows it sends nothing here
  Duration flush{};                 // how long after its last input everything has been delivered
  std::optional<WallTime> made_at;  // unknown: the totals cannot be compared
  bool totals_count = true;  // false where Firehose transforms records: then what comes out is no count of what went in
};

// What CloudWatch and the error log say about it. Points by the start of their period, in epoch seconds.
struct DrainEvidence {
  using Points = std::map<std::int64_t, double>;
  bool complete = true;  // false: a series came with gaps, nothing can be told from absent points
  Points records;
  Points bytes;
  Points throttled;
  Points success;           // the average: 1 when every delivery succeeded
  Points freshness;         // the maximum, seconds
  Points taken;             // records in, from an hour before the stream was made
  Points delivered;         // records out, likewise
  int first_period_s = 60;  // of the points of both in which the stream was made
  std::vector<DeliveryError> errors;
};

// Pure. The second where metrics may not be read: time and the error log are all there is.
DrainVerdict judge_drain(const Spec& spec, const DrainCase& drain, const DrainEvidence& evidence, WallTime now,
                         const DrainConditions& conditions = {});
DrainVerdict judge_drain_blind(const Spec& spec, const DrainCase& drain, const std::vector<DeliveryError>& errors,
                               WallTime now);

// The streams among `numbers` that the manifest lists as draining.
std::vector<DrainCase> drain_cases(const Spec& spec, const Observed& observed, const Manifest& manifest,
                                   const std::set<int>& numbers);

// Reads the evidence and judges each case. Only asks AWS when time alone does not say "not yet"; asks again, for a
// sixtieth of `drain.time`, before it believes that metrics may not be read and a stream may go without them. Waits.
Result<std::vector<DrainVerdict>> look_at_drains(aws::Client& client, const Spec& spec,
                                                 const std::vector<DrainCase>& drains,
                                                 const DrainConditions& conditions = {});

// `fhctl wait --for delivered`: whether what was sent to a stream before `since` is in the bucket. The phase is kReady,
// kFlushing, kFailing or kUnknown. kDenied where metrics may not be read: nothing else tells. Waits.
DrainCase delivery_case(const Spec& spec, const ObservedStream& stream, WallTime since);
DrainVerdict judge_delivery(const Spec& spec, const DrainCase& delivery, const DrainEvidence& evidence, WallTime now);
Result<std::vector<DrainVerdict>> look_at_deliveries(aws::Client& client, const Spec& spec,
                                                     const std::vector<DrainCase>& deliveries);

// How long a drain takes at least, from its beginning: said before it is started.
Duration shortest_drain(const Spec& spec);
// AWS's clock, as far as it is known: ours, corrected by what the Date headers said.
WallTime aws_now(const aws::Client& client);

}  // namespace fhctl::pipeline
