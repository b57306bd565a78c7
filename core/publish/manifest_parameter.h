// The compact copy of the manifest in a parameter of SSM Parameter Store (spec key manifest.parameter). It is optional:
// every failure is a warning, and the bucket's copy is the one that counts.
#pragma once

#include <optional>
#include <string>

#include "core/plan/desired.h"
#include "core/run/run.h"

namespace fhctl::pipeline {

// Writes the parameter if its content differs, but never over a parameter that is not this pipeline's compact manifest.
// Returns nothing if the parameter now matches the manifest, else the warning to report. Waits.
std::optional<Note> write_manifest_parameter(aws::Client& client, const std::string& name, const Manifest& manifest);

// Deletes the parameter if it is this pipeline's compact manifest; absent is fine. Waits.
void delete_parameter_of(Run& run, const std::string& name, const Identity& identity, const std::string& pipeline);

// For the end of a destroy: deletes the parameter that the spec names. Returns an error only if the run must end.
// Waits.
Result<void> delete_manifest_parameter(Run& run, const Desired& desired);

}  // namespace fhctl::pipeline
