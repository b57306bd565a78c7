// What Firehose remembers. Used by the sandbox's Firehose only, and read by the summary.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/base/json.h"
#include "core/base/time.h"

namespace fhctl::sandbox {

enum class StreamStatus { kCreating, kCreatingFailed, kActive, kDeleting };

// Fills at `rate` a second up to one second's worth; starts full.
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
  double stretch = 1;  // its interval is so many times the hint
};

// An object that is on its way, or could not be delivered yet. Firehose tries for 24 hours.
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
  double limits_factor = 1;           // the limits have risen to so many times what they were
  std::int64_t throttled_minute = 0;  // since the epoch: the last one with throttling after which none have risen yet
  WallTime freshness_until{};         // DataFreshness has been published for all periods that end until then
  bool blocked = false;               // the last put to S3 failed
};

using StreamKey = std::pair<std::string, std::string>;  // region, name: in the order in which they are listed

// Outlives the stream, so that what became of records can be told after a scale-down.
struct Traffic {
  std::int64_t accepted = 0;   // records taken
  std::int64_t delivered = 0;  // records in objects
  std::int64_t objects = 0;
  std::int64_t lost = 0;                 // dropped with their stream, after 24 hours, or taken while DELETING
  std::int64_t lost_while_deleting = 0;  // the last of these only
};

struct FirehoseState {
  std::map<StreamKey, Stream> streams;
  std::map<StreamKey, Traffic> traffic;
  std::map<std::pair<std::string, std::string>, TokenBucket> calls;  // region, operation
  WallTime next_event{WallTime::max()};                              // nothing happens by itself before
  std::uint64_t changes = 0;                                         // grows whenever time changed something
  WallTime fail_delivery_until{WallTime::max()};                     // how long Options::fail_delivery holds
};

}  // namespace fhctl::sandbox
