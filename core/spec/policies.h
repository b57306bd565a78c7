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
// Exactly what delivery needs: writing objects below the plain start of both prefixes but never under _fhctl/ (denied),
// reading the bucket's location and uploads, putting log events into the one stream, and the KMS keys of the spec and
// of the bucket when there are any.
std::string delivery_policy(const Spec& spec, const PolicyScope& scope);
// What fhctl itself calls; metrics have no resources, so those are all of the account's. Streams are told from those of
// other pipelines by their tag, because NAME-* is also the beginning of other names. Reads are also allowed without the
// tag: it may not be seen yet, and the stream may not be this pipeline's. Of the conditions on the bucket's account,
// those that a bucket which does not exist cannot meet hold for it too.
std::string operator_policy(const Spec& spec, const PolicyScope& scope);
// Changing the number of streams and reading everything: of the operator's policy what changes no role, bucket setting
// or log group and deletes no data.
std::string resizer_policy(const Spec& spec, const PolicyScope& scope);
// Sending, and reading the manifest: in the bucket, and in the parameter when the spec names one.
std::string producer_policy(const Spec& spec, const PolicyScope& scope);

// True if the holder of operator_policy() can give the role, and through it himself, every permission in the account:
// the role is fhctl's and no permissions boundary limits it.
bool gives_any_permission(const Spec& spec);

// Characters that count towards IAM's size limits, which are all but white space; and these limits.
std::size_t policy_size(std::string_view policy);
inline constexpr std::size_t kUserPolicySizeMax = 2048;   // inline policies of one user, together
inline constexpr std::size_t kRolePolicySizeMax = 10240;  // inline policies of one role, together
inline constexpr std::size_t kManagedPolicySizeMax = 6144;

// The same by meaning: parsed JSON, single strings and one-element lists alike, order of lists and of statements free.
bool same_policy(std::string_view a, std::string_view b);

}  // namespace fhctl::pipeline
