// Carries out the plan of a destroy.
#pragma once

#include "core/execute/apply_context.h"

namespace fhctl::pipeline {

void apply_destroy(ApplyContext& context);

}  // namespace fhctl::pipeline
