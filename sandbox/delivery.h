// From a stream's buffer to objects in its bucket, with the role's permissions, retries and error log.
#pragma once

#include "sandbox/firehose_state.h"
#include "sandbox/world.h"

namespace fhctl::sandbox {

// Adds records to the buffer; a full one is delivered at once.
void buffer_record(World& world, Stream& stream, std::string_view data);

// Delivers whatever is due at world.now: a buffer whose interval has passed, objects to be tried again. Gives up after
// 24 hours.
void deliver_due(World& world, Stream& stream);

// The stream is about to vanish: one last try for all of it (`flush`), and what is left is lost.
void deliver_last(World& world, Stream& stream, bool flush);

// When deliver_due has something to do next; WallTime::max() when nothing waits.
WallTime next_delivery(const World& world, const Stream& stream);

}  // namespace fhctl::sandbox
