// fhctl.toml: the file in which a user keeps a spec.
#pragma once

#include <string>
#include <string_view>

#include "core/base/result.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

// Reads fhctl.toml. Every mistake is reported at once (kUsage), each with its line and key: unknown keys with the
// nearest known one, wrong types, wrong values. `connection` receives region and profile, which are not spec keys.
struct Connection {
  std::string region;
  std::string profile;
};
Result<SpecLayer> parse_spec_file(std::string_view text, const std::string& path, Connection& connection);
}  // namespace fhctl::pipeline
