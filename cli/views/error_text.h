// Errors as people read them. Everything that may come from outside is escaped.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/views/style.h"
#include "core/base/error.h"
#include "core/pipeline/plan.h"

namespace fhctl::cli {

// "error: MESSAGE", its contexts, what AWS said unless the message says it already, and the hint. Ends with a newline.
std::string error_text(const Error& error, const Style& style);

// The block at the very end of a run: the same error over several resources once, with all their names.
std::string failures_text(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures, const Style& style);

std::string note_text(const pipeline::Note& note, const Style& style);

}  // namespace fhctl::cli
