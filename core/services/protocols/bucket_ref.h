// The address of an S3 bucket.
#pragma once

#include <string>

namespace fhctl::s3 {

struct BucketRef {
  std::string name;
  std::string owner;  // account id
};

}  // namespace fhctl::s3
