// Reads from CloudWatch and the error log what the drain rules (drain.h) need to know.
#pragma once

#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/drain/drain.h"

namespace fhctl::pipeline {

// The active streams of the pipeline that show how late CloudWatch is: at most five.
std::vector<std::string> steady_streams(const Manifest& manifest);

// Reads the metrics and checks each stream; `steady` shows how late the metrics are. Calls AWS only if time alone does
// not say "not yet", and reads 3 metrics of each stream while records may still come in, at most 8 afterwards. Before
// it accepts that metrics may not be read, which allows a deletion without them, it repeats the call for a sixtieth of
// `drain.time`. Waits.
Result<std::vector<DrainStatus>> read_drain_statuses(aws::Client& client, const Spec& spec,
                                                     const std::vector<DrainTarget>& drains,
                                                     const std::vector<std::string>& steady,
                                                     const DrainConditions& conditions = {});

// The same for deliveries; see delivery_target(). Waits.
Result<std::vector<DrainStatus>> read_delivery_statuses(aws::Client& client, const Spec& spec,
                                                        const std::vector<DrainTarget>& deliveries);

// How long until reading the metrics again can show something new: until the next period counts. More than zero.
Duration until_next_look(const Spec& spec, WallTime now);

}  // namespace fhctl::pipeline
