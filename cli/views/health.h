// What `doctor` found, and its renderings.
#pragma once

#include <vector>

#include "cli/doctor_checks.h"
#include "cli/views/result.h"

namespace fhctl::cli {

CommandResult health_result(std::vector<HealthCheck> checks);

}  // namespace fhctl::cli
