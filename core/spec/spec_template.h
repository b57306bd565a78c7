// The fhctl.toml that `fhctl init` writes: every key with its help, its flag, its variable and its default.
#pragma once

#include <string>

#include "core/spec/spec.h"
#include "core/spec/spec_file.h"

namespace fhctl::pipeline {

// What is in `chosen` (and in `connection`) stands there as said; every other key stands there as a comment. What comes
// out is a file that parse_spec_file() reads and that says exactly `chosen`.
std::string format_init_file(const Connection& connection, const SpecValues& chosen);

}  // namespace fhctl::pipeline
