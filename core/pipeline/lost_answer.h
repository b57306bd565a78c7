// What to do when a request got no usable answer: whether it was carried out is not known, so look.
#pragma once

#include <optional>
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

struct WriteAttempt {
  Written written;
  std::optional<Error> lost;  // the answer was: `written` is what was read back then
};

// Replaces the object that has `etag` (empty: makes one where none is), once. Whatever is not a plain success is read
// back. Errors: those of PutObject, but for lost answers, and of GetObject. Waits.
Result<WriteAttempt> try_write(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                               const std::string& body, const std::string& etag);

// The same, and after a lost answer, where the object is not ours, again: five times in all and a second apart. Errors:
// besides, the last lost answer, and the stop or deadline of the client's control. Waits.
Result<Written> write_if_unchanged(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                                   const std::string& body, const std::string& etag);

}  // namespace fhctl::pipeline
