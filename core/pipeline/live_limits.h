// The limits that Firehose has right now for each stream, from its metrics BytesPerSecondLimit, RecordsPerSecondLimit
// and PutRequestsPerSecondLimit. Firehose raises them by itself while it throttles, and lowers them again.
#pragma once

#include <map>
#include <string>

#include "core/aws/client.h"
#include "core/pipeline/capacity.h"
#include "core/pipeline/manifest.h"

namespace fhctl::pipeline {

using LiveLimits = std::map<std::string, StreamLimits>;  // by stream name; what is not known is not in it

// The newest points of the last 15 minutes for the manifest's active streams: one GetMetricData for every 166. Nobody
// needs them badly, so a failure is an empty answer and hardly any wait, and nothing is asked where the streams are at
// a custom endpoint and the metrics are not: they would be those of other streams. Waits.
LiveLimits read_live_limits(aws::Client& client, const Manifest& manifest, WallTime now);

}  // namespace fhctl::pipeline
