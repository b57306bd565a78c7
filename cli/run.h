// From argv to the exit code.
#pragma once

#include <string>
#include <vector>

#include "cli/world.h"

namespace fhctl::cli {

// `words` are the arguments without the program's name. Prints everything, errors included.
int run_cli(const std::vector<std::string>& words, World& world);

}  // namespace fhctl::cli
