// How text may look where it goes: colours, UTF-8 and the width.
#pragma once

#include <string>
#include <string_view>

#include "cli/globals.h"
#include "core/base/seams.h"

namespace fhctl::cli {

enum class Colour { kRed, kGreen, kYellow, kDim, kBold };

struct Style {
  bool color = false;
  bool utf8 = true;
  int columns = 80;

  // Colour never carries meaning alone: the marks and words do.
  std::string paint(Colour colour, std::string_view text) const;
};

Style style_of_stdout(const Globals& globals, const Environment& environment, const Streams& streams);
Style style_of_stderr(const Globals& globals, const Environment& environment, const Streams& streams);

// Columns that the text takes, without escape sequences: one for each code point.
std::size_t display_width(std::string_view text);
// At most so many columns; what is cut ends in "...".
std::string cut_to_width(std::string_view text, std::size_t columns);
std::string pad_to_width(std::string_view text, std::size_t columns);

}  // namespace fhctl::cli
