// The copy of the manifest on this machine, seen beside the one in the bucket.
#pragma once

#include "cli/views/describe.h"
#include "core/base/seams.h"
#include "core/pipeline/observed.h"

namespace fhctl::cli {

LocalManifest compare_local_manifest(FileSystem& files, const pipeline::Observed& observed);

}  // namespace fhctl::cli
