// Responses that were damaged on the way, or that come from a newer version of a service.
#pragma once

#include "core/http/message.h"
#include "tests/sim/harness/fault.h"

namespace fhctl::test {

http::Response garbled(FaultKind kind, http::Response response);  // kCutShort, kGarbled, kWrongType, kNewMembers
http::Response keys_refused(const http::Request& request);        // DeleteObjects: 200, and an <Error> for each key
http::Response without_tags(http::Response response);
http::Response with_more(http::Response response);  // a list that claims to have another page

}  // namespace fhctl::test
