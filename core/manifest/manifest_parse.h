// Reads a manifest: fhctl's own from the bucket, or a file that a user names.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/manifest/manifest.h"

namespace fhctl::pipeline {

// kProtocol with every problem found: what `fhctl manifest validate` prints. Unknown members and states are fine.
Result<Manifest> parse_manifest(std::string_view text, std::string_view where);

}  // namespace fhctl::pipeline
