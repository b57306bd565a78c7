// The two protocols of CloudWatch that are simulated: JSON 1.0, and the older query protocol with forms and XML.
// Internally everything is JSON. (Smithy RPC v2 in CBOR is not simulated: AWS's own tools prefer JSON.)
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/http/message.h"
#include "sandbox/wire/shape.h"

namespace fhctl::sandbox {

struct CloudWatchRequest {
  std::string operation;
  bool is_query = false;
};

// Returns the operation and protocol of a request; nullopt if it uses neither protocol.
std::optional<CloudWatchRequest> read_cloudwatch_request(const http::Request& request);

// Returns the members of the request as JSON; discarded if the body cannot be read. Text of a form is converted to the
// types of `shape`; text that cannot be converted stays text, and check_shape refuses it.
nlohmann::json read_cloudwatch_body(const http::Request& request, bool is_query, const Shape& shape);

// Converts a JSON response, whichever component produced it, to the protocol of the request: the content type, the
// header with the error code of the query protocol, or XML.
void finish_cloudwatch_answer(const http::Request& request, const std::string& operation, http::Response& response);

}  // namespace fhctl::sandbox
