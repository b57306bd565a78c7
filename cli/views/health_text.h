// What `doctor` found, in its three forms. Pure.
#pragma once

#include <string>
#include <vector>

#include "cli/health.h"
#include "cli/views/style.h"

namespace fhctl::cli {

std::string health_text(const std::vector<HealthCheck>& checks, const Style& style);
std::string health_lines(const std::vector<HealthCheck>& checks);
std::string health_json(const std::vector<HealthCheck>& checks);

}  // namespace fhctl::cli
