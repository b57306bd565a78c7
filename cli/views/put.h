// What `put` sent, and its renderings.
#pragma once

#include "cli/views/result.h"
#include "core/manifest/manifest.h"
#include "core/producer/send.h"

namespace fhctl::cli {

// `manifest`: the one that the streams were taken from.
CommandResult put_result(pipeline::SendReport report, pipeline::Manifest manifest);

}  // namespace fhctl::cli
