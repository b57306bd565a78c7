// The style of an output stream: colours, UTF-8 and the width.
#pragma once

#include <string>
#include <string_view>

#include "cli/globals.h"
#include "core/base/platform.h"

namespace fhctl::cli {

enum class Colour { kRed, kGreen, kYellow, kDim, kBold };

struct Style {
  bool color = false;
  bool utf8 = true;
  int columns = 80;

  // Colour is never the only carrier of a meaning: marks and words have it too.
  std::string paint(Colour colour, std::string_view text) const;
};

Style style_of_stdout(const Globals& globals, const Environment& environment, const Streams& streams);
Style style_of_stderr(const Globals& globals, const Environment& environment, const Streams& streams);

// Columns that the text takes, without escape sequences: one for each code point.
std::size_t display_width(std::string_view text);
// Shortens the text to at most `columns` columns; shortened text ends in "...".
std::string cut_to_width(std::string_view text, std::size_t columns);
std::string pad_to_width(std::string_view text, std::size_t columns);

}  // namespace fhctl::cli
