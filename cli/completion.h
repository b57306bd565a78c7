// Completion scripts and the manual page, generated from the table of commands.
#pragma once

#include <string>

namespace fhctl::cli {

std::string bash_completion();
std::string zsh_completion();
std::string fish_completion();
std::string manual_page();  // troff, section 1

}  // namespace fhctl::cli
