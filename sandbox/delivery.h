// From a stream's buffer to objects in its bucket, with the role's permissions, retries and error log.
#pragma once

#include "sandbox/firehose_state.h"
#include "sandbox/world.h"

namespace fhctl::sandbox {

// Adds a record to the buffer; a full one is delivered at once, or sent on its way. A stream in DELETING may lose it.
void buffer_record(World& world, Stream& stream, std::string_view data);

// Delivers whatever is due at world.now: a buffer whose interval has passed, objects that land or are to be tried
// again. Gives up after 24 hours. Publishes how old the oldest waiting record is.
void deliver_due(World& world, Stream& stream);

// The stream is about to vanish: one last try for all of it, what is on its way lands (`flush`), and what is left is
// lost.
void deliver_last(World& world, Stream& stream, bool flush);

// When deliver_due has something to do next; WallTime::max() when nothing waits.
WallTime next_delivery(const World& world, const Stream& stream);

}  // namespace fhctl::sandbox
