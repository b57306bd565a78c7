#include "core/services/protocols/aws_query.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl {

void append_tags(QueryParameters& parameters, const Tags& tags) {
  int number = 0;
  for (const auto& [key, value] : tags) {
    ++number;
    parameters.emplace_back(fmt::format("Tags.member.{}.Key", number), key);
    parameters.emplace_back(fmt::format("Tags.member.{}.Value", number), value);
  }
}

Result<QueryAnswer> query_call(aws::Client& client, const QueryService& service, const std::string& operation,
                               const QueryParameters& parameters, aws::Idempotency safety,
                               aws::CallResources resources) {
  aws::Call call;
  call.service = service.service;
  call.operation = operation;
  call.safety = safety;
  call.resources = std::move(resources);
  call.request.method = "POST";
  call.request.headers.set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  call.request.body = fmt::format("Action={}&Version={}", operation, service.version);
  for (const auto& [name, value] : parameters) {
    call.request.body += fmt::format("&{}={}", name, percent_encode(value));
  }

  ASSIGN_OR_RETURN(http::Response response, client.call(call));
  ASSIGN_OR_RETURN(XmlDocument document, parse_xml(response.body, "the answer to " + operation));
  pugi::xml_node root = document->document_element();
  pugi::xml_node result = child_element(root, operation + "Result");
  return QueryAnswer{std::move(document), result};
}

}  // namespace fhctl
