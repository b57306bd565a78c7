// Waits for drains, without the lock. Private to core/converge.
#pragma once

#include "core/converge/converge.h"
#include "core/drain/drain.h"

namespace fhctl::pipeline {

// Returns when all streams that can become ready soon are ready, or when another manifest was published. kTimeout, with
// the names of the streams, when what holds them up (traffic, failing delivery, records that do not arrive) has lasted
// longer than the spec's patience. kCancelled, and kTimeout for the deadline, as everywhere. Waits.
Result<void> await_drains(Run& run, const Desired& desired, const Observed& observed, const Manifest& manifest,
                          const DrainConditions& conditions);

// The error for that kTimeout: why the streams were not deleted, and what to do. `again` is the command that continues.
Error drain_refused(const std::vector<DrainStatus>& verdicts, std::string_view again);

}  // namespace fhctl::pipeline
