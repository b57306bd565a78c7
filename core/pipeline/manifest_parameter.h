// The compact copy of the manifest in a parameter of SSM Parameter Store (spec key manifest.parameter). It is an extra:
// whatever goes wrong with it is a warning, and the bucket's copy counts.
#pragma once

#include <optional>
#include <string>

#include "core/pipeline/converge.h"

namespace fhctl::pipeline {

// Writes it unless it says the same already. Never over a parameter that is not this pipeline's compact manifest.
// Nothing: the parameter now says what the manifest says; else the warning to be said. Waits.
std::optional<Note> write_manifest_parameter(aws::Client& client, const std::string& name, const Manifest& manifest);

// Deletes the parameter if it is this pipeline's compact manifest; absent is fine. Waits.
void delete_parameter_of(Run& run, const std::string& name, const Identity& identity, const std::string& pipeline);

// For the end of a destroy: the parameter that the spec names. An error only when the run has to end. Waits.
Result<void> delete_manifest_parameter(Run& run, const Desired& desired);

}  // namespace fhctl::pipeline
