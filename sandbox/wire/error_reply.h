// Errors in the three formats that AWS uses, for code that responds on behalf of any service.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"

namespace fhctl::sandbox {

enum class Wire {
  kJson,   // Firehose, Logs, Parameter Store; CloudWatch, whose responses are rewritten for the query protocol
  kQuery,  // IAM, STS
  kS3,
};

// The error format of a service, by its signing name. For "" (unknown) it is S3's: an unsigned request may be for any
// service.
Wire wire_of(std::string_view service);

http::Response wire_error(std::string_view service, int status, std::string_view code, std::string_view message);

// Reasons to refuse a request; each format has its own code and status for each of them. `message` may be empty.
enum class Refusal { kThrottled, kDenied, kExpired, kUnknownKey, kBadSignature, kUnsigned, kMalformed, kUnavailable };
http::Response refuse(std::string_view service, Refusal refusal, std::string_view message = "");

}  // namespace fhctl::sandbox
