// Conditional writes that survive lost responses: after one, the object is read to see whether it was written.
#pragma once

#include <optional>
#include <string>

#include "core/services/s3_objects.h"

namespace fhctl::pipeline {

// The state of the object after a conditional write.
struct ConditionalPut {
  bool stored = false;  // the object is ours; otherwise the condition failed
  std::string etag;     // empty: there is no object
  std::string body;
};

struct ConditionalPutAttempt {
  ConditionalPut written;
  std::optional<Error> lost;  // the lost response; `written` is what was read back then
};

// Replaces the object that has `etag` (empty: creates one if there is none), with one request. After anything but a
// plain success the object is read back. Errors: those of PutObject, except lost responses, and of GetObject. Waits.
Result<ConditionalPutAttempt> attempt_conditional_put(aws::Client& client, const s3::BucketRef& bucket,
                                                      const std::string& key, const std::string& body,
                                                      const std::string& etag, const s3::Encryption& encryption = {});

// The same, repeated while responses are lost and the object is not ours: at most five times, a second apart. Other
// errors: the last lost response, and the stop or deadline of the client's control. Waits.
Result<ConditionalPut> put_if_unchanged(aws::Client& client, const s3::BucketRef& bucket, const std::string& key,
                                        const std::string& body, const std::string& etag,
                                        const s3::Encryption& encryption = {});

}  // namespace fhctl::pipeline
