// What to do when a request got no usable answer: whether it was carried out is not known, so look.
#pragma once

#include <string>

#include "core/services/s3_objects.h"

namespace fhctl::pipeline {

// No answer, or one that cannot be read.
bool answer_lost(const Error& error);

// What stands in the bucket after a conditional write.
struct Written {
  bool stored = false;  // ours does; otherwise the condition failed
  std::string etag;     // empty: nothing is there
  std::string body;
};

// Replaces the object that has `etag` (empty: makes one where none is). After a lost answer it reads the object back,
// and where that is not ours tries again, five times in all and a second apart. Errors: those of PutObject and
// GetObject; the last lost answer; the stop or deadline of the client's control. Waits.
Result<Written> write_if_unchanged(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                                   const std::string& body, const std::string& etag);

}  // namespace fhctl::pipeline
