// Compares desired and observed state and returns the steps between them. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/plan/desired.h"

namespace fhctl::pipeline {

// The plan. Pure: same inputs, same plan, same order.
Plan diff(const Desired& desired, const Observed& observed);

// What the resources of the pipeline are compared with and changed to. It refers to `desired`, which must outlive it.
ResourceGoal resource_goal(const Desired& desired, const Observed& observed);

// The spec as pipeline.json keeps it: without the count, which the members say.
SpecValues document_values(const Spec& spec);

}  // namespace fhctl::pipeline
