// Reads an error response of AWS. core/aws/error_codes.h maps its code to an Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/aws/endpoints.h"
#include "core/base/result.h"
#include "core/http/message.h"

namespace fhctl::aws {

// What an error response says, before it is classified.
struct ErrorResponse {
  std::string code{};     // without namespace prefix and ':' suffix; "HTTP 503" style only when no code could be read
  std::string message{};  // shortened to 500 bytes, still unescaped
  std::string request_id{};
  std::string region{};  // S3 redirects: x-amz-bucket-region or <Region>
  int http_status = 0;
};

// Reads the error response from any of the wire protocols: JSON bodies, the headers x-amzn-errortype and
// x-amzn-query-error, XML of S3 and of the query protocol, HEAD without body, HTML of a proxy.
ErrorResponse read_error_response(Service service, const http::Response& response);

// True when the response has a body that no service of AWS would send, such as the page of a proxy. Its status then
// says nothing about the resource.
bool is_foreign(const ErrorResponse& response_error);

// True when the response is an error although its status is 200: an <Error> as the root, as S3 may send it, an error
// code as "__type" of a JSON service, or a truncated body.
bool error_in_success(Service service, const http::Response& response);

}  // namespace fhctl::aws
