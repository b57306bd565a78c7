// The end of a changing run: the lines that scripts look for, and the same facts as JSON and text.
#pragma once

#include <string>

#include "cli/views/style.h"
#include "core/pipeline/converge.h"

namespace fhctl::cli {

// "ok", "no_changes", "changes_pending", "partial", "blocked", "error"
std::string result_word(const pipeline::Outcome& outcome, bool plan_only);

// "Apply complete! Resources: 7 added, 0 changed, 0 destroyed." or "Destroy complete! Resources: 7 destroyed."
std::string complete_line(const pipeline::Outcome& outcome, bool destroy);
// "Manifest: generation 1, 2 active", then where it was written to, a line each; empty without a manifest.
std::string manifest_line(const pipeline::Outcome& outcome);

std::string outcome_json(const pipeline::Outcome& outcome, const pipeline::Run& run, bool plan_only, int exit_code);
std::string outcome_lines(const pipeline::Outcome& outcome, bool plan_only);

}  // namespace fhctl::cli
