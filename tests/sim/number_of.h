// How much of a simulation a run of the tests takes: FHCTL_SEEDS, FHCTL_STORIES, FHCTL_STRIDE and their like.
#pragma once

#include <cstdint>
#include <cstdlib>

#include "core/base/text.h"

namespace fhctl::test {

// Of the environment; `otherwise` when it is not set or no number.
inline std::int64_t number_of(const char* variable, std::int64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_integer(text).value_or(otherwise);
}

}  // namespace fhctl::test
