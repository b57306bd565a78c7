// The manifest that the live streams and the spec call for, and how it differs from the published one. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/manifest/manifest.h"
#include "core/plan/desired.h"

namespace fhctl::pipeline {

// The input of a manifest: this pipeline's existing streams, and which of them are to be deleted.
struct StreamsNow {
  std::map<int, firehose::StreamStatus>
      statuses;           // AWS's status by number; streams whose delete was accepted are not in it
  std::set<int> leaving;  // to be listed as draining
};

StreamsNow streams_now(const Desired& desired, const Observed& observed);

// Lists ACTIVE members as `active`, and ACTIVE streams that are to be deleted as `draining`; nothing else is listed.
Manifest build_manifest(const Desired& desired, const StreamsNow& streams, const std::optional<Manifest>& previous,
                        WallTime now);

// Why the published manifest is not the one that the live streams call for, or nothing. Members that are still CREATING
// count as a reason, because they must be published once they are ACTIVE.
std::optional<std::string> manifest_lags(const Desired& desired, const Observed& observed);

}  // namespace fhctl::pipeline
