// Help texts, generated from the table of commands and their flags. At most 80 columns wide.
#pragma once

#include <string>

#include "cli/command.h"
#include "cli/flags.h"

namespace fhctl::cli {

// What `fhctl` alone prints: at most 25 lines.
std::string overview();
// What `fhctl CMD --help` prints. `flags` are the command's own and the global ones.
std::string command_help(const Command& command, const Flags& flags);

// "-o, --output FORM"
std::string flag_spelling(const Flag& flag);
// Breaks a text into lines of at most `width` columns between words.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

}  // namespace fhctl::cli
