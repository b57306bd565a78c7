// The simulated CloudWatch Logs.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_logs(CloudState& world, const Incoming& incoming);

// Appends a delivery error of Firehose. Returns false if the group or stream does not exist.
bool append_log_event(CloudState& world, const std::string& region, const std::string& group, const std::string& stream,
                      const std::string& message);

// --state DIR: the state of the service as text and back. load returns false if it cannot read the text.
std::string save_logs(const CloudState& world);
bool load_logs(CloudState& world, std::string_view text);

}  // namespace fhctl::sandbox
