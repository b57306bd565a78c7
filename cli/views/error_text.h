// Errors as text for people. Text from outside is escaped.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "cli/views/style.h"
#include "core/base/error.h"
#include "core/plan/plan.h"

namespace fhctl::cli {

// As fhctl::error_text(), in the style of the terminal.
std::string error_text(const Error& error, const Style& style);

// The block at the very end of a run: the same error over several resources once, with all their names.
std::string failures_text(const std::vector<std::pair<pipeline::ResourceId, Error>>& failures, const Style& style);

std::string note_text(const pipeline::Note& note, const Style& style);

}  // namespace fhctl::cli
