// A whole run: observe, plan, confirm, lock, observe again, apply. `up`, `scale` and `destroy` all run through this.
#pragma once

#include "core/observe/observe.h"
#include "core/run/options.h"
#include "core/run/run.h"

namespace fhctl::pipeline {

// Runs the command. Returns an error only if nothing was changed; afterwards the Outcome contains the error. Waits.
Result<Outcome> converge(Run& run, const ConvergeOptions& options);

// Takes the lock and publishes the manifest that the live streams call for, in the bucket (with a condition on the
// previous ETag) and in the local file, if it differs. For `fhctl manifest publish`.
Result<Manifest> publish_now(Run& run, const SpecSources& sources, Duration lock_timeout);

}  // namespace fhctl::pipeline
