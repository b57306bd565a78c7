// Waiting for a drain, without the lock. Private to core/pipeline.
#pragma once

#include "core/pipeline/converge.h"
#include "core/pipeline/drain.h"

namespace fhctl::pipeline {

// Returns when all streams that can be expected soon have their evidence, or when somebody published another manifest.
// kTimeout when what holds the streams up has gone on for longer than the spec's patience: traffic, failing delivery,
// records that do not arrive. It names the streams. kCancelled and the deadline's kTimeout as everywhere. Waits.
Result<void> await_drains(Run& run, const Desired& desired, const Observed& observed, const Manifest& manifest,
                          const DrainConditions& conditions);

// Why the streams were not deleted, and what to do: for kTimeout. `again` is the command that goes on.
Error drain_refused(const std::vector<DrainVerdict>& verdicts, std::string_view again);

}  // namespace fhctl::pipeline
