// Resolves the desired state from the spec, the request and the observed state. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/plan/desired.h"

namespace fhctl::pipeline {

// Whether resolve_desired() needs the streams' traffic: for shrinking, and for a destroy that deletes the data.
bool wants_traffic(const Spec& spec, const Intent& intent, const Observed& observed);

// Decides members, streams to delete and tags. Pure. `new_id` is used if the pipeline does not exist yet.
Desired resolve_desired(const Spec& spec, const Intent& intent, const Observed& observed, const std::string& new_id);

// When the oldest of the pipeline's streams was created, in whole seconds. nullopt: no streams, or no known date.
std::optional<WallTime> oldest_stream(const Observed& observed);

// Why the bucket existed before the pipeline did, or nullopt. fhctl marks a bucket that it adopts; earlier versions did
// not, and for theirs the dates count, which are only read for a destroy: a bucket or data older than the pipeline. All
// dates are of AWS's clocks. A bucket that fhctl created is at most as old as the run that created it, and a margin
// covers a first run that was slow.
std::optional<std::string> adoption_evidence(const Observed& observed);

// Why this version must not write pipeline.json: it may have been written by a newer fhctl. What it marks as required,
// and values that this version cannot read, would be undone or ignored. A destroy needs the names of resources only.
std::vector<Error> newer_document_problems(const Spec& spec, const Observed& observed, bool destroy);

}  // namespace fhctl::pipeline
