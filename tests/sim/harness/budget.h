// How much of the simulation a test run covers: FHCTL_SEEDS, FHCTL_STORIES, FHCTL_STRIDE and similar variables.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/base/text.h"

namespace fhctl::test {

// The value of an environment variable; `otherwise` if it is not set or not a number.
inline std::int64_t budget_of(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_integer(text).value_or(otherwise);
}

// Every n-th request is tried: by default every one; the sanitized build, which takes ten times as long, sets a larger
// stride.
inline int stride() { return static_cast<int>(std::max<std::int64_t>(1, budget_of("FHCTL_STRIDE", 1))); }

}  // namespace fhctl::test
