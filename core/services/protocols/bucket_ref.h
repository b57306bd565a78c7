// The address of an S3 bucket.
#pragma once

#include <string>
#include <string_view>

namespace fhctl::s3 {

struct BucketRef {
  std::string name;
  std::string owner;  // account id
};

// The bucket's name as a resource of a call (core/aws/consistency.h): "bucket NAME".
std::string bucket_resource(std::string_view bucket);

}  // namespace fhctl::s3
