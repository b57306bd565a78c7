// AWS STS, query protocol, 2011-06-15.
#pragma once

#include <string>

#include "core/aws/client.h"

namespace fhctl::sts {

struct CallerIdentity {
  std::string account;  // 12 digits
  std::string arn;
  std::string user_id;
  std::string partition;  // field 2 of the ARN
};

// Needs no permission and cannot be denied. Waits.
Result<CallerIdentity> get_caller_identity(aws::Client& client);

}  // namespace fhctl::sts
