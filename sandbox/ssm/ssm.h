// The simulated Parameter Store of Systems Manager.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_ssm(CloudState& world, const Incoming& incoming);

// --state DIR: the state of the service as text and back. load returns false if it cannot read the text.
std::string save_ssm(const CloudState& world);
bool load_ssm(CloudState& world, std::string_view text);

}  // namespace fhctl::sandbox
