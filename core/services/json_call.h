// The awsJson1_1 protocol, as Firehose and CloudWatch Logs speak it: a JSON object goes out, a JSON object comes back.
// Only for .cc files.
#pragma once

#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/base/json.h"

namespace fhctl {

struct JsonService {
  aws::Service service;
  std::string_view target_prefix;  // "Firehose_20150804"
};

// Waits. The answer is always an object; an empty body counts as {}, since some servers answer so where the operation
// has no output. Anything else is kProtocol.
Result<Json> json_call(aws::Client& client, const JsonService& service, const std::string& operation, const Json& input,
                       aws::Safety safety = aws::Safety::kIdempotent);

}  // namespace fhctl
