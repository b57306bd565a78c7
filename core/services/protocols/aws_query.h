// The query protocol, as IAM and STS speak it: a form goes out, XML comes back. Only for .cc files.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/aws/client.h"
#include "core/base/tags.h"
#include "core/services/protocols/xml.h"

namespace fhctl {

struct QueryService {
  aws::Service service;
  std::string_view version;  // "2010-05-08"
};

// In the order of sending, after Action and Version. Values are raw: they are encoded here.
using QueryParameters = std::vector<std::pair<std::string, std::string>>;

// "Tags.member.1.Key", "Tags.member.1.Value", ...
void append_tags(QueryParameters& parameters, const Tags& tags);

// A response, and the element in it that contains the members of the output.
struct QueryAnswer {
  XmlDocument document;
  pugi::xml_node result;  // <OperationResult>; empty for operations without output
};

// Waits. kProtocol when the response is not XML.
Result<QueryAnswer> query_call(aws::Client& client, const QueryService& service, const std::string& operation,
                               const QueryParameters& parameters,
                               aws::Idempotency safety = aws::Idempotency::kIdempotent,
                               aws::CallResources resources = {});

}  // namespace fhctl
