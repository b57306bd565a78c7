#include "cli/local_manifest.h"

#include "core/manifest/manifest.h"
#include "core/manifest/manifest_parse.h"

namespace fhctl::cli {
LocalManifest compare_local_manifest(FileSystem& files, const pipeline::Observed& observed) {
  LocalManifest local;
  local.path = observed.spec.manifest_file;
  if (local.path.empty() || !observed.manifest) return local;
  local.state = LocalManifest::State::kBroken;
  // Opening a pipe would wait for a writer.
  const Result<FileKind> kind = files.kind(local.path);
  if (!kind || (*kind != FileKind::kRegular && *kind != FileKind::kAbsent)) return local;
  const Result<std::optional<std::string>> text = files.read(local.path, pipeline::kManifestBytesMax);
  if (!text) return local;
  if (!*text) {
    local.state = LocalManifest::State::kMissing;
    return local;
  }
  const Result<pipeline::Manifest> manifest = pipeline::parse_manifest(**text, local.path);
  if (!manifest) return local;
  local.generation = manifest->generation;
  const bool same_place = manifest->pipeline == observed.manifest->pipeline &&
                          manifest->account == observed.manifest->account &&
                          manifest->region == observed.manifest->region;
  const bool same =
      manifest->epoch == observed.manifest->epoch && manifest->generation == observed.manifest->generation;
  local.state = !same_place ? LocalManifest::State::kForeign
                : same      ? LocalManifest::State::kSame
                            : LocalManifest::State::kOlder;
  return local;
}

}  // namespace fhctl::cli
