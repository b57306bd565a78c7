// Writes pipeline.json to the bucket under a condition, so that a lost response or another run's write is noticed.
#pragma once

#include "core/execute/apply_context.h"

namespace fhctl::pipeline {

// Writes pipeline.json if its content changes, with a condition on what was read. It lists the tags that the user has
// dropped, so that a run that continues after a crash still removes them from the resources. Waits.
Result<void> write_document(ApplyContext& context);
// To be called when no resource carries a tag any more that the user has dropped. Writes pipeline.json without their
// list if it has one. Waits.
Result<void> forget_dropped_tags(ApplyContext& context);
// Records that the pipeline is being destroyed, if there is a pipeline.json to record it in. Waits.
Result<void> write_destroy_intent(ApplyContext& context);
Result<void> delete_document(ApplyContext& context);

}  // namespace fhctl::pipeline
