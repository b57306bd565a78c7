// Reads from CloudWatch and the error log what the drain rules (drain.h) need to know.
#pragma once

#include <vector>

#include "core/aws/client.h"
#include "core/drain/drain.h"

namespace fhctl::pipeline {

// Reads the metrics and checks each stream. Calls AWS only if time alone does not say "not yet". Before it accepts that
// metrics may not be read, which allows a deletion without them, it repeats the call for a sixtieth of `drain.time`.
// Waits.
Result<std::vector<DrainStatus>> read_drain_statuses(aws::Client& client, const Spec& spec,
                                                     const std::vector<DrainTarget>& drains,
                                                     const DrainConditions& conditions = {});

// The same for deliveries; see delivery_target(). Waits.
Result<std::vector<DrainStatus>> read_delivery_statuses(aws::Client& client, const Spec& spec,
                                                        const std::vector<DrainTarget>& deliveries);

}  // namespace fhctl::pipeline
