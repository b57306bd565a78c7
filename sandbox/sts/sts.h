// The simulated Security Token Service.
#pragma once

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_sts(CloudState& world, const Incoming& incoming);

}  // namespace fhctl::sandbox
