#include "core/services/protocols/aws_json.h"

#include <utility>

#include <fmt/format.h>

namespace fhctl {

Result<Json> json_call(aws::Client& client, const JsonService& service, const std::string& operation, const Json& input,
                       aws::Idempotency safety, aws::CallResources resources) {
  aws::Call call;
  call.service = service.service;
  call.operation = operation;
  call.safety = safety;
  call.attempts_max = service.attempts_max;
  call.resources = std::move(resources);
  call.request.method = "POST";
  call.request.headers.set("Content-Type", std::string(service.content_type));
  call.request.headers.set("X-Amz-Target", fmt::format("{}.{}", service.target_prefix, operation));
  if (service.query_mode) call.request.headers.set("x-amzn-query-mode", "true");
  call.request.body = dump(input);

  ASSIGN_OR_RETURN(http::Response response, client.call(call));
  std::string_view body = response.body.empty() ? std::string_view("{}") : response.body;
  Result<Json> answer = parse_json(body, "the answer to " + operation);
  if (!answer) return answer.error();
  if (!answer->is_object()) {
    return Error{.kind = ErrorKind::kProtocol,
                 .message = fmt::format("the answer to {} is not a JSON object", operation)};
  }
  return answer;
}

}  // namespace fhctl
