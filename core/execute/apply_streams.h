// Creates, updates and deletes delivery streams, and publishes the manifest as they change.
#pragma once

#include "core/execute/apply_context.h"

namespace fhctl::pipeline {

// Creates, updates and deletes streams, waits for them and publishes; independent parts run in parallel. Waits.
void converge_streams(ApplyContext& context);
}  // namespace fhctl::pipeline
