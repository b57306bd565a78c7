// The protocols awsJson1_1, as Firehose, CloudWatch Logs and Systems Manager speak it, and awsJson1_0, as CloudWatch
// does: a JSON object goes out, a JSON object comes back. Only for .cc files.
#pragma once

#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/base/json.h"

namespace fhctl {

struct JsonService {
  aws::Service service;
  std::string_view target_prefix;  // "Firehose_20150804"
  std::string_view content_type = "application/x-amz-json-1.1";
  // A service that spoke the query protocol before: asks for its old error codes, too (x-amzn-query-mode).
  bool query_mode = false;
  int attempts_max = 0;  // as aws::Call has it
};

// Waits. The result is always an object; an empty body counts as {}, because some servers send one for operations
// without output. Anything else is kProtocol.
Result<Json> json_call(aws::Client& client, const JsonService& service, const std::string& operation, const Json& input,
                       aws::Idempotency safety = aws::Idempotency::kIdempotent, aws::CallResources resources = {});

}  // namespace fhctl
