// `fhctl wait`: polls until a condition holds. Never changes anything.
#pragma once

#include "core/converge/converge.h"

namespace fhctl::pipeline {

enum class WaitFor {
  kActive,     // every member is ACTIVE and listed in the manifest
  kDelivered,  // everything that was sent before the wait began is in the bucket, by the metrics
  kDrained,    // every draining stream is gone, or could be deleted now
};

struct Waited {
  Observed observed;
  std::vector<DrainStatus> streams;  // the last status of each, for kDelivered and kDrained
};

// Waits. kPrecondition when there is no such pipeline; kFailed when a stream ended in CREATING_FAILED; kTimeout, with
// what is still missing, when the run's deadline passes or traffic lasts longer than the spec's patience; kDenied when
// kDelivered needs metrics that may not be read.
Result<Waited> wait_for(Run& run, const SpecSources& sources, WaitFor what);

}  // namespace fhctl::pipeline
