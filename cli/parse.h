// Turns argv into the targets of a Flags table. The only place that knows CLI11.
#pragma once

#include <string>
#include <vector>

#include "cli/flags.h"

namespace fhctl::cli {

// The words after the program's name. "-auto-approve", as Terraform spells it, becomes "--auto-approve".
std::vector<std::string> normalise_words(std::vector<std::string> words);

// Where in `words` the command stands: the first word that is neither a flag nor the value of one of `globals`.
// words.size(): there is none.
std::size_t find_command(const std::vector<std::string>& words, const Flags& globals);

// Parses the words without the command's own. kUsage: an unknown flag (with the nearest known one), a missing value, a
// value that is not among the choices, a flag of the command where a value is expected ("--prefix --yes";
// "--prefix=--yes" is taken), a word too many.
Result<void> parse_words(const std::vector<std::string>& words, const Flags& flags, std::string_view command);

}  // namespace fhctl::cli
