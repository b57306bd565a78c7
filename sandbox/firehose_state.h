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
  WallTime since{};  // arrival of the oldest record
};

// An object that could not be delivered yet. Firehose tries for 24 hours.
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
};

using StreamKey = std::pair<std::string, std::string>;  // region, name: in the order in which they are listed

// Outlives the stream, so that what became of records can be told after a scale-down.
struct Traffic {
  std::int64_t accepted = 0;   // records taken
  std::int64_t delivered = 0;  // records in objects
  std::int64_t objects = 0;
  std::int64_t lost = 0;  // dropped with their stream, or after 24 hours
};

struct FirehoseState {
  std::map<StreamKey, Stream> streams;
  std::map<StreamKey, Traffic> traffic;
  std::map<std::pair<std::string, std::string>, TokenBucket> calls;  // region, operation
  WallTime next_event{WallTime::max()};                              // nothing happens by itself before
  std::uint64_t changes = 0;                                         // grows whenever time changed something
};

}  // namespace fhctl::sandbox
