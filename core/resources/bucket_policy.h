// What a bucket policy forbids to everybody, the operator included.
#pragma once

#include <set>
#include <string>
#include <string_view>

namespace fhctl::pipeline {

struct DeniedDeletions {
  std::set<std::string> own{};  // of s3:DeleteBucket, s3:DeleteObject, s3:DeleteObjectVersion: of bucket and own object
  std::set<std::string> data{};  // of the latter two: of some other objects
};

// What the policy denies to every principal without a condition. Statements with a condition may not apply to the
// operator and are left out, and so are documents that are not policies. `own_key`: of one of fhctl's own objects.
DeniedDeletions denied_deletions(std::string_view policy, std::string_view bucket_arn, std::string_view own_key);

}  // namespace fhctl::pipeline
