// Errors in the three forms in which AWS writes them, for those parts that answer on behalf of every service.
#pragma once

#include <string>
#include <string_view>

#include "core/http/message.h"

namespace fhctl::sandbox {

enum class Wire {
  kJson,   // Firehose, Logs, Parameter Store; CloudWatch, whose answers are rewritten for the query protocol
  kQuery,  // IAM, STS
  kS3,
};

// The wire form of a service by its signing name; "" (not known) is S3's, as an unsigned request to AWS may be
// anything.
Wire wire_of(std::string_view service);

http::Response wire_error(std::string_view service, int status, std::string_view code, std::string_view message);

// One refusal with the code, status and form that each family has for it. `message` may be empty.
enum class Refusal { kThrottled, kDenied, kExpired, kUnknownKey, kBadSignature, kUnsigned, kMalformed, kUnavailable };
http::Response refuse(std::string_view service, Refusal refusal, std::string_view message = "");

}  // namespace fhctl::sandbox
