// `fhctl doctor --print-policy WHO`: the IAM policies that fhctl prints, for the pipeline as it is.
#pragma once

#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/spec_flags.h"

namespace fhctl::cli {

// The values of WHO: "operator", "resizer", "producer" and "delivery".
const std::vector<std::string>& policy_names();

// Prints the policy of `who` to stdout, and to stderr its size, where it fits, and what its holder can do beyond the
// pipeline. It takes into account what pipeline.json, the role and the bucket say, as far as they can be read; what
// cannot be read is named on stderr. Waits.
Result<int> print_policy(Session& session, const NamedSources& named, const std::string& who);

}  // namespace fhctl::cli
