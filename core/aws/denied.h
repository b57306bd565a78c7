// What a denial of AWS says: which action on which resource, which kind of policy refused it, and what helps.
#pragma once

#include <string>
#include <string_view>

#include "core/aws/client.h"
#include "core/aws/endpoints.h"
#include "core/base/error.h"

namespace fhctl::aws {

// The kinds of policies that AWS names in its denials.
enum class DeniedBy {
  kUnknown,  // AWS does not say it
  kIdentityPolicy,
  kResourcePolicy,  // of the bucket, of the key
  kPermissionsBoundary,
  kServiceControlPolicy,
  kResourceControlPolicy,
  kSessionPolicy,
  kEndpointPolicy,
};

struct Denial {
  DeniedBy by = DeniedBy::kUnknown;
  bool is_explicit = false;   // a statement denies it; else none allows it
  std::string action = {};    // "logs:TagResource"
  std::string resource = {};  // an ARN, or "*" for actions without resources; empty: not known
};

// False for codes of kDenied that no policy causes: the account or the region may not use the service.
bool is_policy_denial(std::string_view code);

// Reads AWS's message. The action is that of the operation if the message names none; the resource stays empty if the
// message does not hold its ARN.
Denial read_denial(Service service, std::string_view operation, std::string_view message);

// The action that IAM judges an operation of fhctl by: "s3:ListBucket" for HeadBucket of S3.
std::string action_of(Service service, std::string_view operation);

// The ARN of what the call names, as IAM judges the call's own action; "*" if its action has no resources, empty if it
// cannot be told. `account` may be empty: not known yet.
std::string resource_of(const Call& call, std::string_view region, std::string_view account);

// The statement that allows it, as one line of JSON to paste into a policy.
std::string allow_statement(const Denial& denial);

// What to do: which policy to change, with a statement to paste where one helps. Other policies than the identity's are
// never blamed on it.
std::string denial_hint(const Denial& denial);

// Completes the hint of a denial with the resource that the call names, if AWS did not name it.
void explain_denial(Error& error, const Call& call, std::string_view message, std::string_view region,
                    std::string_view account);

}  // namespace fhctl::aws
