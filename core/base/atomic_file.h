// Writing a file so that a reader sees either the old or the new content, never a part of it.
#pragma once

#include <string>
#include <string_view>

#include "core/base/platform.h"
#include "core/base/result.h"

namespace fhctl {

// Replaces the file in one step as seen from outside: a temporary file beside it, synced, renamed over it, directory
// synced. A crash or a full disk leaves the old file whole. Refuses a path that is a directory, a symlink or a device.
Result<void> replace_file(FileSystem& files, Entropy& entropy, const std::string& path, std::string_view bytes,
                          unsigned mode = 0644);

}  // namespace fhctl
