// The simulated Amazon Data Firehose.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_firehose(CloudState& world, const Incoming& incoming);

// Lets time pass up to world.now: streams become ACTIVE or vanish, buffers are delivered.
void advance_firehose(CloudState& world);

// --state DIR: the state of the service as text and back. load returns false if it cannot read the text.
std::string save_firehose(const CloudState& world);
bool load_firehose(CloudState& world, std::string_view text);

}  // namespace fhctl::sandbox
