// Carries out the plan of a growing or changing run.
#pragma once

#include "core/execute/apply_context.h"

namespace fhctl::pipeline {

void apply_up(ApplyContext& context);

}  // namespace fhctl::pipeline
