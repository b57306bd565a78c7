// Emptying a bucket: objects, versions, delete markers and unfinished uploads, with progress.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "core/run/run.h"

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

// Lists and deletes in parallel, pass after pass, until a pass finds nothing. If a pass deletes nothing of what it
// found, that is an error that names a key. `may_go_on` is called before each batch (to check the lock and for a stop).
// Progress extends the run's deadline: emptying is limited by standstill, not by its total time. Adds to `report` what
// was deleted, also when it returns an error. Waits.
Result<void> empty_bucket(Run& run, const s3::BucketRef& bucket, const EmptyScope& scope,
                          const std::function<Result<void>()>& may_go_on, EmptyReport& report);

}  // namespace fhctl::pipeline
