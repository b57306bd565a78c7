// The result of `wait`, and its renderings.
#pragma once

#include <string>

#include "cli/views/result.h"
#include "core/converge/wait.h"

namespace fhctl::cli {

// `goal`: the value of --for.
CommandResult wait_result(std::string goal, pipeline::Waited waited);

}  // namespace fhctl::cli
