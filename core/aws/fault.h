// Turns an answer that says "no" into an Error. The one table of what AWS's error codes mean to fhctl.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/aws/endpoints.h"
#include "core/base/result.h"
#include "core/http/message.h"

namespace fhctl::aws {

// What an error answer says, before anybody judges it.
struct Fault {
  std::string code{};     // without namespace prefix and ':' suffix; "HTTP 503" style only when no code could be read
  std::string message{};  // shortened to 500 bytes, still unescaped
  std::string request_id{};
  std::string region{};  // S3 redirects: x-amz-bucket-region or <Region>
  int http_status = 0;
};

// Reads the fault from any of the wire protocols: JSON bodies, the headers x-amzn-errortype and x-amzn-query-error, XML
// of S3 and of the query protocol, HEAD without body, HTML of some proxy.
Fault read_fault(Service service, const http::Response& response);

// True when the answer has a body, but none that a service of AWS would send: the page of a proxy, for instance. Its
// status says nothing about what was asked for.
bool is_foreign(const Fault& fault);

// True when the answer is an error although its status is 200: S3 may send <Error> as the root, or be cut off.
bool error_in_success(Service service, const http::Response& response);

enum class Retry { kNo, kTransient, kThrottling, kSkew };

struct Verdict {
  Error error;
  Retry retry = Retry::kNo;
};

// `operation` matters: LimitExceededException is a full quota on CreateDeliveryStream and throttling elsewhere;
// InvalidArgumentException means IAM propagation only with the messages of the table (with an open tail).
Verdict judge(Service service, std::string_view operation, const Fault& fault);

// The texts that CreateDeliveryStream and UpdateDestination answer with while IAM still spreads.
bool is_iam_propagation_message(std::string_view message);

}  // namespace fhctl::aws
