#include "cli/views/style.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

bool utf8_locale(const Environment& environment) {
  for (const std::string_view name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const std::optional<std::string> value = environment.get(name);
    if (value && !value->empty()) return contains(to_lower(*value), "utf-8") || contains(to_lower(*value), "utf8");
  }
  return false;
}

Style make_style(const Globals& globals, const Environment& environment, const Streams& streams, bool terminal) {
  Style style;
  style.color = use_color(globals, environment, terminal);
  style.utf8 = utf8_locale(environment);
  style.columns = streams.columns();
  const std::optional<std::int64_t> columns = parse_integer(environment.get("COLUMNS").value_or(""));
  if (columns && *columns >= 20 && *columns <= 1000) style.columns = static_cast<int>(*columns);
  return style;
}

bool starts_code_point(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

}  // namespace

std::string Style::paint(Colour colour, std::string_view text) const {
  if (!color || text.empty()) return std::string(text);
  const char* code = "1";
  if (colour == Colour::kRed) code = "31";
  if (colour == Colour::kGreen) code = "32";
  if (colour == Colour::kYellow) code = "33";
  if (colour == Colour::kDim) code = "2";
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

Style style_of_stdout(const Globals& globals, const Environment& environment, const Streams& streams) {
  return make_style(globals, environment, streams, streams.out_is_terminal());
}

Style style_of_stderr(const Globals& globals, const Environment& environment, const Streams& streams) {
  return make_style(globals, environment, streams, streams.err_is_terminal());
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\x1b') {
      while (i < text.size() && text[i] != 'm') ++i;
      continue;
    }
    if (starts_code_point(text[i])) ++width;
  }
  return width;
}

std::string cut_to_width(std::string_view text, std::size_t columns) {
  if (display_width(text) <= columns || columns < 4) return std::string(text);
  std::size_t width = 0;
  std::size_t end = 0;
  while (end < text.size()) {
    if (starts_code_point(text[end]) && ++width > columns - 3) break;
    ++end;
  }
  return std::string(text.substr(0, end)) + "...";
}

std::string pad_to_width(std::string_view text, std::size_t columns) {
  const std::size_t width = display_width(text);
  return std::string(text) + std::string(width < columns ? columns - width : 0, ' ');
}

}  // namespace fhctl::cli
