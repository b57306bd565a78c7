// The two protocols of CloudWatch that are simulated: JSON 1.0, and the older query protocol with forms and XML. Inside
// everything is JSON. (The third, Smithy RPC v2 in CBOR, is not: AWS's own tools choose JSON before it.)
#pragma once

#include <optional>
#include <string>

#include <nlohmann/json_fwd.hpp>

#include "core/http/message.h"
#include "sandbox/shape.h"

namespace fhctl::sandbox {

struct CloudWatchRequest {
  std::string operation;
  bool is_query = false;
};

// Which operation is asked for, in which protocol; nullopt: in neither.
std::optional<CloudWatchRequest> read_cloudwatch_request(const http::Request& request);

// The members of the request as JSON; discarded when the body cannot be read. A form's text becomes what `shape` says;
// what is not of that kind stays text, for check_shape to refuse.
nlohmann::json read_cloudwatch_body(const http::Request& request, bool is_query, const Shape& shape);

// Turns an answer made by anybody on behalf of CloudWatch, in JSON, into what the request's protocol wants: the content
// type, the header with the code of the query protocol, or XML.
void finish_cloudwatch_answer(const http::Request& request, const std::string& operation, http::Response& response);

}  // namespace fhctl::sandbox
