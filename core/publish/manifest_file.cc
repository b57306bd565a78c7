#include "core/publish/manifest_file.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/atomic_file.h"
#include "core/manifest/manifest_parse.h"

namespace fhctl::pipeline {
namespace {

constexpr std::string_view kKey = "manifest.file";

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool belongs_to(const Manifest& manifest, const Identity& identity, const std::string& pipeline) {
  return manifest.pipeline == pipeline && manifest.account == identity.account && manifest.region == identity.region;
}

ManifestFileProblem problem(std::string message, bool foreign = false) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = std::move(message);
  error.hint = "move it away, or give another --manifest-file (an empty one writes none)";
  return {foreign, std::move(error)};
}

void warn_once(Run& run, Note note) {
  note.warning = true;
  if (!run.manifest_file_warned) run.observer.on(Said{std::move(note)});
  run.manifest_file_warned = true;
}

void warn_of_problem(Run& run, const ManifestFileProblem& problem) {
  const char* own = "`--manifest-file PATH` keeps the copy of this pipeline's manifest in another file";
  warn_once(run, {true, describe(problem.error) + "; it is left as it is", problem.foreign ? own : problem.error.hint});
}

}  // namespace

std::optional<ManifestFileProblem> manifest_file_problem(FileSystem& files, const std::string& path,
                                                         const Identity& identity, const std::string& pipeline) {
  if (path.empty()) return std::nullopt;
  const Result<FileKind> folder = files.kind(folder_of(path));
  if (!folder) return ManifestFileProblem{false, folder.error()};
  if (*folder == FileKind::kAbsent) return problem("the folder of the manifest file " + path + " does not exist");
  const Result<FileKind> kind = files.kind(path);
  if (!kind) return ManifestFileProblem{false, kind.error()};
  if (*kind == FileKind::kAbsent) return std::nullopt;
  if (*kind != FileKind::kRegular) return problem("the manifest file " + path + " is not a regular file");
  const Result<std::optional<std::string>> text = files.read(path, kManifestBytesMax);
  if (!text) return ManifestFileProblem{false, text.error()};
  if (!*text || (*text)->empty()) return std::nullopt;
  const Result<Manifest> there = parse_manifest(**text, path);
  if (!there) return problem("the file " + path + " is there and is not a manifest that fhctl can read");
  if (belongs_to(*there, identity, pipeline)) return std::nullopt;
  return problem(fmt::format("the file {} is the manifest of pipeline {} in account {}, region {}", path,
                             there->pipeline, there->account, there->region),
                 /*foreign=*/true);
}

bool manifest_file_named(const SpecSources& sources) {
  const auto names_it = [](const SpecLayer& layer) { return layer.values.contains(std::string(kKey)); };
  return std::any_of(sources.below.begin(), sources.below.end(), names_it) ||
         std::any_of(sources.above.begin(), sources.above.end(), names_it);
}

Result<void> check_manifest_file(Run& run, const SpecSources& sources, const std::string& path,
                                 const Identity& identity, bool destroying) {
  const std::optional<ManifestFileProblem> problem = manifest_file_problem(run.files, path, identity, sources.name);
  if (!problem) return ok();
  const bool named = manifest_file_named(sources);
  if (problem->foreign ? named : !destroying) return problem->error;
  if (problem->foreign) warn_of_problem(run, *problem);
  return ok();
}

bool write_manifest_file(Run& run, const std::string& path, const Identity& identity, const std::string& pipeline,
                         const std::string& body) {
  if (const auto problem = manifest_file_problem(run.files, path, identity, pipeline)) {
    warn_of_problem(run, *problem);
    return false;
  }
  const Result<void> written = replace_file(run.files, run.entropy, path, body);
  if (written) return true;
  warn_once(run, {true, "The manifest file was not written: " + describe(written.error()),
                  "`fhctl manifest > " + path + "` writes it again"});
  return false;
}

bool refresh_manifest_file(Run& run, const std::string& path, const Identity& identity, const std::string& pipeline,
                           const Manifest& manifest) {
  if (path.empty() || !belongs_to(manifest, identity, pipeline)) return false;
  const std::string body = format_manifest(manifest);
  // Checked before it is read: reading a named pipe would wait for a writer.
  if (const auto problem = manifest_file_problem(run.files, path, identity, pipeline)) {
    warn_of_problem(run, *problem);
    return false;
  }
  const Result<std::optional<std::string>> text = run.files.read(path, kManifestBytesMax);
  if (!text || (*text && **text == body)) return false;
  if (!write_manifest_file(run, path, identity, pipeline, body)) return false;
  run.observer.on(Said{{false, path + " refreshed from the bucket.", ""}});
  return true;
}

}  // namespace fhctl::pipeline
