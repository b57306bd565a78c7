#include "sandbox/s3/bucket_policy.h"

#include "sandbox/iam/policy.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

std::string arn_in_bucket(const Bucket& bucket, const std::string& key) {
  const std::string arn = "arn:" + std::string(partition_of(bucket.region)) + ":s3:::" + bucket.name;
  return key.empty() ? arn : arn + "/" + key;
}

bool bucket_policy_denies(const Bucket& bucket, const S3Request& request) {
  if (bucket.policy.empty()) return false;
  PolicyQuestion question{request.action, arn_in_bucket(bucket, request.key), "", request.context, {}, request.caller};
  // Policies that demand TLS would refuse every request to a server on loopback.
  question.context["aws:securetransport"] = "true";
  return ask_policy(bucket.policy, question) == PolicyVerdict::kDeny;
}

}  // namespace fhctl::sandbox
