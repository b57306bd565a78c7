// How one field differs, for people: short values on one line, policies as the lines that differ.
#pragma once

#include <string>
#include <vector>

namespace fhctl::cli {

// The lines to print, escaped, without indentation. Short values: "field: before -> after". JSON documents and other
// long values: "field:", then the removed lines ("- ...") and the added ones ("+ ..."), at most 16 of them.
std::vector<std::string> field_change_lines(const std::string& field, const std::string& before,
                                            const std::string& after);

}  // namespace fhctl::cli
