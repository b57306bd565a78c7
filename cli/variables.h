// FHCTL_* variables whose names are most likely mistyped, and how a run reacts to them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/platform.h"
#include "core/base/result.h"
#include "core/plan/plan.h"

namespace fhctl::cli {

struct MistypedVariable {
  std::string name;     // as it is in the environment: "FHCTL_NAEM"
  std::string setting;  // the nearest variable that fhctl reads: "FHCTL_NAME"
};

// Returns the FHCTL_* variables that fhctl neither reads, prints nor documents and whose names are at most two edits
// from that of a setting, sorted by name. Variables that Kubernetes and Docker create for a service called "fhctl"
// (*_SERVICE_*, *_PORT*) are not included.
std::vector<MistypedVariable> mistyped_variables(const Environment& environment);

// For a run that deletes streams. kUsage if there are mistyped variables, or if FHCTL_NAME is empty and
// `named_by_flags` is false (the command line does not name the pipeline): the run might delete streams of another
// pipeline than intended.
Result<void> check_variables(const Environment& environment, bool named_by_flags);

// For every other run: one warning that names all mistyped variables, or nothing.
std::optional<pipeline::Note> mistyped_variables_note(const Environment& environment);

}  // namespace fhctl::cli
