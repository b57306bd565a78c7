// Policy documents: the delivery role's trust and permissions, and what operators and producers need. The texts live in
// templates/ and are part of the binary.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

struct PolicyScope {
  std::string partition;
  std::string region;
  std::string account;
  // ARN of the KMS key with which the bucket encrypts objects by default; empty: not a key of KMS, or AWS's own aws/s3,
  // which needs no permission.
  std::string bucket_key = {};
  // ARN of the role as IAM reports it; empty: composed of the spec's path and name.
  std::string role_arn = {};
};

std::string trust_policy(const Spec& spec, const PolicyScope& scope);
// Exactly what delivery needs: writing objects anywhere but under _fhctl/ (denied), reading the bucket's location and
// uploads, putting log events into the one stream, and the KMS keys of the spec and of the bucket when there are any.
std::string delivery_policy(const Spec& spec, const PolicyScope& scope);
// What fhctl itself calls; metrics have no resources, so those are all of the account's.
std::string operator_policy(const Spec& spec, const PolicyScope& scope);
// Sending, and reading the manifest: in the bucket, and in the parameter when the spec names one.
std::string producer_policy(const Spec& spec, const PolicyScope& scope);

// The same by meaning: parsed JSON, single strings and one-element lists alike, order of lists and of statements free.
bool same_policy(std::string_view a, std::string_view b);

}  // namespace fhctl::pipeline
