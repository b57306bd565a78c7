// The copy of the manifest on this machine. All writers use write_manifest_file(), which never replaces the file of
// another pipeline, account or region.
#pragma once

#include <optional>
#include <string>

#include "core/base/error.h"
#include "core/base/platform.h"
#include "core/manifest/manifest.h"
#include "core/observe/observe.h"
#include "core/run/run.h"

namespace fhctl::pipeline {

// Why the file must not be written.
struct ManifestFileProblem {
  bool foreign = false;  // it is the manifest of another pipeline, account or region
  Error error;           // kPrecondition, or that of the file system
};

// Returns why the file at `path` must not become the manifest of this pipeline, or nothing. It must not when it is the
// manifest of another pipeline, account or region, when it is no manifest or no regular file, and when its folder does
// not exist. An empty path, an absent file and an empty file are fine.
std::optional<ManifestFileProblem> manifest_file_problem(FileSystem& files, const std::string& path,
                                                         const Identity& identity, const std::string& pipeline);

// Whether a flag, the environment or fhctl.toml names the manifest file, rather than the default.
bool manifest_file_named(const SpecSources& sources);

// To be called before anything is changed. An error ends the run: the file that the user named is another pipeline's,
// or, unless the run destroys the pipeline, cannot be written. If the file of the default name is foreign, the run
// continues without it after one warning.
Result<void> check_manifest_file(Run& run, const SpecSources& sources, const std::string& path,
                                 const Identity& identity, bool destroying);

// Replaces the file at `path` with `body`, a manifest of this pipeline, after checking what is there. Returns false,
// after at most one warning in a run, when the file must not be replaced or cannot be written; the copy in the bucket
// is the one that counts. `path` is not empty.
bool write_manifest_file(Run& run, const std::string& path, const Identity& identity, const std::string& pipeline,
                         const std::string& body);

// Writes the file if it does not hold `manifest`, the one in the bucket, already. Returns true when it was written. An
// empty path and a manifest of another pipeline write nothing.
bool refresh_manifest_file(Run& run, const std::string& path, const Identity& identity, const std::string& pipeline,
                           const Manifest& manifest);

}  // namespace fhctl::pipeline
