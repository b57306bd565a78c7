// Bucket policies, of which the sandbox follows the denials: its callers may do everything else.
#pragma once

#include <map>
#include <string>

#include "sandbox/s3/s3_state.h"

namespace fhctl::sandbox {

struct S3Request {
  std::string action;                            // "s3:PutObject"
  std::string key;                               // empty: about the bucket
  std::string caller;                            // ARN
  std::map<std::string, std::string> context{};  // condition keys in lower case
};

bool bucket_policy_denies(const Bucket& bucket, const S3Request& request);
// "arn:aws:s3:::bucket", or that of an object in it.
std::string arn_in_bucket(const Bucket& bucket, const std::string& key);

}  // namespace fhctl::sandbox
