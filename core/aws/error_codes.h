// What AWS's error codes mean to fhctl: the one table of them.
#pragma once

#include <string_view>

#include "core/aws/endpoints.h"
#include "core/aws/error_response.h"
#include "core/base/error.h"

namespace fhctl::aws {

enum class Retry {
  kNo,
  kTransient,
  kThrottling,
  kSkew,
  kBusy,  // another operation on the resource is under way, for seconds or many minutes (core/aws/consistency.h)
};

struct ErrorClass {
  Error error;
  Retry retry = Retry::kNo;
};

// `operation` matters: LimitExceededException is a full quota on CreateDeliveryStream and throttling elsewhere;
// InvalidArgumentException means IAM propagation only with the messages of the table (with an open tail).
ErrorClass classify(Service service, std::string_view operation, const ErrorResponse& response_error);

// The texts that CreateDeliveryStream and UpdateDestination answer with while IAM still spreads.
bool is_iam_propagation_message(std::string_view message);

}  // namespace fhctl::aws
