// From a stream's buffer to objects in its bucket, with the role's permissions, retries and error log.
#pragma once

#include "sandbox/firehose/firehose_state.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

// Adds a record to the buffer. A full buffer is closed and delivered. A stream in DELETING may lose the record.
void buffer_record(CloudState& world, Stream& stream, std::string_view data);

// Delivers what is due at world.now: a buffer whose interval has passed, and objects that arrive or are retried. Gives
// up after 24 hours. Publishes the age of the oldest waiting record.
void deliver_due(CloudState& world, Stream& stream);

// Called before the stream vanishes. If `flush`, closes the buffer and makes one last attempt for every object. Records
// that are left after that are lost.
void deliver_last(CloudState& world, Stream& stream, bool flush);

// Returns when deliver_due must be called next; WallTime::max() if nothing waits.
WallTime next_delivery(const CloudState& world, const Stream& stream);

}  // namespace fhctl::sandbox
