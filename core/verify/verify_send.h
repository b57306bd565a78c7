// Sends the marked records of a verification.
#pragma once

#include <string>
#include <vector>

#include "core/verify/verify_parts.h"

namespace fhctl::pipeline {

// Sends the marked records in one batch, and refused ones again a few times. Waits.
Result<void> send_markers(aws::Client& sender, VerifiedStream& stream, const VerifyOptions& options);

}  // namespace fhctl::pipeline
