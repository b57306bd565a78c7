// The pause between two attempts to create a resource.
#pragma once

#include <chrono>

#include "core/base/cancellation.h"
#include "core/base/result.h"

namespace fhctl::pipeline {

// Waits a second before every attempt but the first (0), because a request that follows at once may meet the connection
// that lost the answer to the one before. Errors: the stop or deadline of the run.
inline Result<void> pause_before_retry(Cancellation& control, int attempt) {
  return attempt == 0 ? ok() : control.sleep_for(std::chrono::seconds(1));
}

}  // namespace fhctl::pipeline
