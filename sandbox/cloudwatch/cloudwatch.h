// The metrics API of the simulated CloudWatch.
#pragma once

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_monitoring(CloudState& world, const Incoming& incoming);

}  // namespace fhctl::sandbox
