// What `manifest` prints, checked or published, with the renderings.
#pragma once

#include <string>

#include "cli/views/result.h"
#include "core/manifest/manifest.h"

namespace fhctl::cli {

// The manifest itself. `form`: its text in the form that --format asks for. `published`: its text as it was published,
// which is what JSON shows, with the members that this version does not know.
CommandResult manifest_result(std::string form, std::string published);
// A manifest that was read from `where` without a problem.
CommandResult valid_manifest_result(const pipeline::Manifest& manifest, const std::string& where);
// The manifest after `manifest publish`.
CommandResult published_manifest_result(const pipeline::Manifest& manifest);

// The JSON text of a manifest as one line, without a newline.
std::string manifest_on_one_line(const std::string& published);

}  // namespace fhctl::cli
