// State of the simulated Firehose. Used by the sandbox's Firehose only, and read by the summary.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/time.h"
#include "sandbox/state/history.h"

namespace fhctl::sandbox {

enum class StreamStatus { kCreating, kCreatingFailed, kActive, kDeleting };

// Refills at `rate` per second, up to what one second refills; starts full.
struct TokenBucket {
  double tokens = 0;
  WallTime filled_at{};
  bool started = false;
};

// Records that wait to be delivered together.
struct Buffer {
  std::string bytes;  // before compression
  std::int64_t records = 0;
  WallTime since{};    // arrival of the oldest record
  double stretch = 1;  // factor on the interval of the hint
};

// An object whose delivery is under way or is retried. Firehose retries for 24 hours.
struct Pending {
  std::string key;
  std::string body;
  std::int64_t records = 0;
  WallTime since{};
  WallTime next_try{};
};

struct Stream {
  std::string name;
  std::string region;
  std::string arn;
  StreamStatus status = StreamStatus::kCreating;
  WallTime created_at{};
  WallTime updated_at{};
  WallTime status_ends_at{};  // of CREATING and DELETING
  bool will_fail = false;     // CREATING ends in CREATING_FAILED
  std::int64_t version = 1;
  Json destination;  // ExtendedS3DestinationDescription, defaults filled in
  Json source;       // DirectPutSourceConfiguration, or null
  std::map<std::string, std::string> tags;
  Buffer buffer;
  std::vector<Pending> pending;
  TokenBucket put_bytes;
  TokenBucket put_records;
  TokenBucket put_requests;
  double limits_factor = 1;           // factor by which the limits have risen
  std::int64_t throttled_minute = 0;  // since the epoch: last minute with throttling that has not raised the limits yet
  WallTime freshness_until{};         // end of the periods for which DataFreshness has been published
  bool blocked = false;               // the last put to S3 failed
};

using StreamKey = std::pair<std::string, std::string>;  // region, name: in the order in which they are listed

// Outlives the stream, so that the fate of records can be checked after a scale-down.
struct Traffic {
  std::int64_t accepted = 0;   // accepted records
  std::int64_t delivered = 0;  // records in objects
  std::int64_t objects = 0;
  std::int64_t lost = 0;                 // dropped with their stream, after 24 hours, or accepted while DELETING
  std::int64_t lost_while_deleting = 0;  // part of `lost`: accepted while DELETING
};

struct FirehoseState {
  using Streams = std::map<StreamKey, Stream>;
  Streams streams;
  History<Streams> history;  // of names and tags: the earlier streams have nothing else
  std::map<StreamKey, Traffic> traffic;
  std::map<std::pair<std::string, std::string>, TokenBucket> calls;  // region, operation
  WallTime next_event{WallTime::max()};                              // no scheduled change is due before
  std::uint64_t changes = 0;                                         // increases when passing time changed something
  WallTime fail_delivery_until{WallTime::max()};                     // end of Options::fail_delivery
};

}  // namespace fhctl::sandbox
