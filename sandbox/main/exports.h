// The environment variables that a client needs to use a sandbox that listens on a port.
#pragma once

#include <string>

#include "core/base/json.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

// One shell command "export NAME=VALUE" per line.
std::string exports_text(const Options& options, int port, const std::string& region);

OrderedJson exports_json(const Options& options, int port, const std::string& region);

}  // namespace fhctl::sandbox
