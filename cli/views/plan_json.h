// Plans, errors and manifests as JSON values. Only for .cc files: it brings the JSON library along.
#pragma once

#include "core/base/json.h"
#include "core/pipeline/drain_verdict.h"
#include "core/pipeline/plan.h"

namespace fhctl::cli {

OrderedJson error_json(const Error& error);
OrderedJson note_json(const pipeline::Note& note);
OrderedJson step_json(const pipeline::Step& step);
OrderedJson drain_json(const pipeline::DrainVerdict& verdict);
OrderedJson plan_json(const pipeline::Plan& plan);

}  // namespace fhctl::cli
