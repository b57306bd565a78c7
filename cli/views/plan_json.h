// Plans and manifests as JSON values. Only for .cc files: it brings the JSON library along.
#pragma once

#include "core/base/json.h"
#include "core/drain/drain_status.h"
#include "core/plan/plan.h"

namespace fhctl::cli {

OrderedJson note_json(const pipeline::Note& note);
OrderedJson step_json(const pipeline::Step& step);
OrderedJson drain_json(const pipeline::DrainStatus& verdict);
OrderedJson plan_json(const pipeline::Plan& plan);

}  // namespace fhctl::cli
