// How much of a simulation a run of the tests takes: FHCTL_SEEDS, FHCTL_STORIES, FHCTL_STRIDE and their like.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "core/base/text.h"

namespace fhctl::test {

// Of the environment; `otherwise` when it is not set or no number.
inline std::int64_t number_of(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_integer(text).value_or(otherwise);
}

// Every so many requests are tried: all of them, unless the sanitized build, in which one takes ten times as long, says
// otherwise.
inline int stride() { return static_cast<int>(std::max<std::int64_t>(1, number_of("FHCTL_STRIDE", 1))); }

}  // namespace fhctl::test
