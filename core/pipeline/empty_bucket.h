// Emptying a bucket: objects, versions, delete markers and unfinished uploads, with progress.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/pipeline/converge.h"

namespace fhctl::pipeline {

struct EmptyScope {
  std::string prefix;                  // only keys that begin so are listed; empty: all
  std::vector<std::string> only_keys;  // of these, only these keys are deleted; empty: all
  std::vector<std::string> keep_keys;  // and these keys are kept, with all their versions
  bool uploads = true;                 // also abort unfinished multipart uploads
  bool report_progress = true;         // false for fhctl's own objects
};

struct EmptyReport {
  std::int64_t deleted = 0;  // objects, versions and delete markers
  std::int64_t uploads_aborted = 0;
};

// Lists and deletes side by side, pass after pass, until a pass finds nothing. A pass that deletes nothing of what it
// found is an error that names a key. `may_go_on` is asked before each batch (the lock, the user). Progress moves the
// run's deadline: emptying is limited by a standstill, not by its total time. Adds to `report` what was deleted, also
// when it ends with an error. Waits.
Result<void> empty_bucket(Run& run, const s3::BucketRef& bucket, const EmptyScope& scope,
                          const std::function<Result<void>()>& may_go_on, EmptyReport& report);

}  // namespace fhctl::pipeline
