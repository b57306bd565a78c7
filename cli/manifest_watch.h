// `fhctl manifest watch`: prints every new generation, from the bucket or from a local file.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/spec_flags.h"
#include "core/manifest/manifest.h"

namespace fhctl::cli {

struct WatchRequest {
  NamedSources named;               // whose manifest
  std::optional<std::string> file;  // read this file instead of the bucket
  bool follow = false;              // wait while the pipeline does not exist
  std::function<void(const pipeline::Manifest&, const std::string& text)> print;
};

// Prints the current manifest and then each one that supersedes the last one printed, until the user stops it,
// --timeout has passed, the reader of stdout has closed it, or the pipeline was destroyed (unless it follows): exit
// code 0. kPrecondition if the first manifest is another pipeline's, account's or region's, unless it follows. Any
// other problem after the first reading is one line on stderr, and the last good manifest stays valid.
Result<int> watch_manifest(Context& context, const WatchRequest& request);

}  // namespace fhctl::cli
