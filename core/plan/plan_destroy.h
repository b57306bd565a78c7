// The plan of a destroy. Pure.
#pragma once

#include "core/plan/desired.h"

namespace fhctl::pipeline {

void diff_destroy(Plan& plan, const Desired& desired, const Observed& observed);

}  // namespace fhctl::pipeline
