// Responses in the formats that several services share.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"

namespace fhctl::sandbox {

// Cloud replaces this by the request id wherever it occurs in a response of IAM or STS.
inline constexpr std::string_view kRequestIdMark = "@REQUEST-ID@";
http::Response json_error(int status, std::string_view code, std::string_view message);
http::Response json_answer(std::string body);  // application/x-amz-json-1.1
http::Response query_error(int status, std::string_view code, std::string_view message, std::string_view xmlns);

}  // namespace fhctl::sandbox
