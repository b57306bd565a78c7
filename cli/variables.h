// FHCTL_* variables whose names are most likely mistyped, and what a run does about them.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/seams.h"
#include "core/pipeline/plan.h"

namespace fhctl::cli {

struct MistypedVariable {
  std::string name;     // as it is in the environment: "FHCTL_NAEM"
  std::string setting;  // the nearest variable that fhctl reads: "FHCTL_NAME"
};

// Returns the FHCTL_* variables that fhctl neither reads, prints nor documents and whose names are at most two edits
// from that of a setting, sorted by name. Variables that Kubernetes and Docker make for a service of that name
// (*_SERVICE_*, *_PORT*) are not among them.
std::vector<MistypedVariable> mistyped_variables(const Environment& environment);

// For a run that deletes streams. kUsage when there are mistyped variables, or when FHCTL_NAME is empty and
// `named_by_flags` is false, that is, the command line does not name the pipeline: the run would delete from another
// pipeline than the one that was meant.
Result<void> check_variables(const Environment& environment, bool named_by_flags);

// For every other run: one warning that names all mistyped variables, or nothing.
std::optional<pipeline::Note> mistyped_variables_note(const Environment& environment);

}  // namespace fhctl::cli
