#include "core/base/atomic_file.h"

#include <fmt/format.h>

#include "core/base/random.h"

namespace fhctl {

namespace {

Error refused(const std::string& path, std::string_view what) {
  return {.kind = ErrorKind::kPrecondition,
          .message = fmt::format("'{}' is {}; only a regular file is replaced", path, what),
          .hint = "name another file"};
}

Result<void> check_replaceable(FileSystem& files, const std::string& path) {
  ASSIGN_OR_RETURN(const FileKind kind, files.kind(path));
  switch (kind) {
    case FileKind::kDirectory:
      return refused(path, "a directory");
    case FileKind::kSymlink:
      return refused(path, "a symbolic link");
    case FileKind::kOther:
      return refused(path, "a device, pipe or socket");
    case FileKind::kAbsent:
    case FileKind::kRegular:
      break;
  }
  return ok();
}

}  // namespace

Result<void> replace_file(FileSystem& files, Entropy& entropy, const std::string& path, std::string_view bytes,
                          unsigned mode) {
  RETURN_IF_ERROR(check_replaceable(files, path));
  const std::size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const std::string base = slash == std::string::npos ? path : path.substr(slash + 1);
  const std::string beside = slash == std::string::npos ? "" : directory;
  // A unique name, so that a file that a killed run left behind is never read and never blocks a later run.
  const std::string temporary = fmt::format("{}.{}.{}.tmp", beside, base, random_hex(entropy, 16));

  Result<void> done = files.write_new(temporary, bytes, mode);
  if (done) done = files.rename(temporary, path);
  if (!done) {
    const Result<void> removed = files.remove(temporary);
    static_cast<void>(removed);  // the first error is the one that helps
    return with_context(done.error(), fmt::format("writing '{}'", path));
  }
  return files.sync_directory(directory);
}

}  // namespace fhctl
