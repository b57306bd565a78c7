// Parses argv into the targets of a Flags table. The only place that uses CLI11.
#pragma once

#include <string>
#include <vector>

#include "cli/flags.h"

namespace fhctl::cli {

// The words after the program's name. "-auto-approve", as Terraform spells it, becomes "--auto-approve".
std::vector<std::string> normalise_words(std::vector<std::string> words);

// Returns the index of the command in `words`: the first word that is neither a flag nor the value of one of `globals`.
// words.size() if there is none.
std::size_t find_command(const std::vector<std::string>& words, const Flags& globals);

// Parses the words except the command's name. kUsage: an unknown flag (with the nearest known one), a missing value, a
// value that is not among the choices, a flag of the command where a value is expected ("--prefix --yes";
// "--prefix=--yes" is accepted), an unexpected argument.
Result<void> parse_words(const std::vector<std::string>& words, const Flags& flags, std::string_view command);

}  // namespace fhctl::cli
