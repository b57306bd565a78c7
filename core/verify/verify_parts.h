// The steps of a verification, each on one stream's state. For verify.cc only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/services/s3_objects.h"
#include "core/verify/verify.h"

namespace fhctl::pipeline {

// One stream that was sent to.
struct VerifiedStream {
  s3::BucketRef bucket;
  firehose::S3Destination destination;
  StreamProof proof;
  std::set<int> expected;      // numbers of the markers that Firehose took, or may have taken
  std::set<int> found;         // of those, read back
  std::set<std::string> read;  // keys that were read, so that none is read twice
  std::string obstacle;        // what kept an object from being read, or the bucket from being listed
  bool lost_bucket = false;    // waiting longer is useless
  WallTime sent_at{};          // AWS's clock
  Instant sent_instant{};

  bool waiting() const { return !expected.empty() && !proof.arrived() && !lost_bucket; }
};

}  // namespace fhctl::pipeline
