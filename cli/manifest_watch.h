// `fhctl manifest watch`: every new generation, from the bucket or from a local file.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/context.h"
#include "cli/spec_flags.h"
#include "core/pipeline/manifest.h"

namespace fhctl::cli {

struct WatchRequest {
  NamedSources named;               // whose manifest
  std::optional<std::string> file;  // read this file instead of the bucket
  bool follow = false;              // wait for a pipeline that is not there, or not any more
  std::function<void(const pipeline::Manifest&, const std::string& text)> print;
};

// Prints what is there and then each manifest that supersedes the last one printed, until somebody stops it or
// --timeout has passed (0), the reader of stdout went away (0), or the pipeline was destroyed (0, unless it follows).
// kPrecondition when the first one is another pipeline's, account's or region's, unless it follows. Whatever else goes
// wrong after the first reading is one line on stderr: the last good manifest stays the last good one.
Result<int> watch_manifest(Context& context, const WatchRequest& request);

}  // namespace fhctl::cli
