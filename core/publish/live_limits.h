// The current limits of each stream, from its metrics BytesPerSecondLimit, RecordsPerSecondLimit and
// PutRequestsPerSecondLimit. Firehose raises them automatically while it throttles, and lowers them again.
#pragma once

#include <map>
#include <string>

#include "core/aws/client.h"
#include "core/manifest/manifest.h"
#include "core/spec/limits.h"

namespace fhctl::pipeline {

using LiveLimits = std::map<std::string, StreamLimits>;  // by stream name; without unknown limits

// The newest points of the last 15 minutes for the manifest's active streams: one GetMetricData for every 166. The
// limits are optional, so a failure gives an empty result after few retries. Nothing is read if the streams are at a
// custom endpoint and the metrics are not, because the metrics would be those of other streams. Waits.
LiveLimits read_live_limits(aws::Client& client, const Manifest& manifest, WallTime now);

}  // namespace fhctl::pipeline
