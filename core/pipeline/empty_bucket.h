// Emptying a bucket: objects, versions, delete markers and unfinished uploads, with progress.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/pipeline/converge.h"

namespace fhctl::pipeline {

struct EmptyScope {
  std::string only_prefix;  // delete only keys that begin so; empty: all
  std::string keep_prefix;  // of what remains, leave keys that begin so; empty: nothing is left
  bool uploads = true;      // also abort unfinished multipart uploads
  bool told = true;         // progress is worth telling: these are the user's data
};

struct EmptyReport {
  std::int64_t deleted = 0;
  std::int64_t uploads_aborted = 0;
};

// Lists and deletes side by side, lap after lap, until a lap finds nothing. A lap that deletes nothing of what it found
// is an error that names a key. `may_go_on` is asked before each batch (the lock, the user). Progress pushes the run's
// deadline back: emptying is limited by standing still, not by its total time. Waits.
Result<EmptyReport> empty_bucket(Run& run, const s3::BucketRef& bucket, const EmptyScope& scope,
                                 const std::function<Result<void>()>& may_go_on);

}  // namespace fhctl::pipeline
