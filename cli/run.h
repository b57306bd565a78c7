// Runs the program: from argv to the exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/platform.h"

namespace fhctl::cli {

// `words` are the arguments without the program's name. Prints everything, errors included.
int run_cli(const std::vector<std::string>& words, Platform& platform);

}  // namespace fhctl::cli
