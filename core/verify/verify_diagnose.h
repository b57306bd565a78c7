// Diagnoses why records did not arrive.
#pragma once

#include <string>
#include <vector>

#include "core/verify/verify_parts.h"

namespace fhctl::pipeline {

// Adds the reason to every stream that is not proven, and fills in the report's drift. Waits.
Result<void> diagnose(aws::Client& client, const SpecSources& sources, const Observed& observed,
                      std::vector<VerifiedStream>& streams, VerifyReport& report);

}  // namespace fhctl::pipeline
