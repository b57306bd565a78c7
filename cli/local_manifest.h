// The local copy of the manifest, compared with the one in the bucket.
#pragma once

#include "cli/views/describe.h"
#include "core/base/platform.h"
#include "core/observe/observed.h"

namespace fhctl::cli {

LocalManifest compare_local_manifest(FileSystem& files, const pipeline::Observed& observed);

}  // namespace fhctl::cli
