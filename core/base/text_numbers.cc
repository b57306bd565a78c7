#include "core/base/text.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

#include <fmt/format.h>

namespace fhctl {

namespace {

// The whole text as a Number, in the C locale.
template <class Number>
std::optional<Number> parse_whole(std::string_view text) {
  Number number{};
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

struct SizeUnit {
  std::string_view name;  // in lower case
  double factor;
};
constexpr std::array<SizeUnit, 11> kSizeUnits = {{{"", 1},
                                                  {"b", 1},
                                                  {"kib", 1024},
                                                  {"mib", 1024.0 * 1024},
                                                  {"gib", 1024.0 * 1024 * 1024},
                                                  {"k", 1e3},
                                                  {"m", 1e6},
                                                  {"g", 1e9},
                                                  {"kb", 1e3},
                                                  {"mb", 1e6},
                                                  {"gb", 1e9}}};

std::string plural_of(std::string_view noun) {
  const auto is_vowel = [](char c) { return std::string_view("aeiou").find(c) != std::string_view::npos; };
  if (ends_with(noun, "y") && noun.size() > 1 && !is_vowel(noun[noun.size() - 2])) {
    return std::string(noun.substr(0, noun.size() - 1)) + "ies";
  }
  const bool hisses = ends_with(noun, "s") || ends_with(noun, "x") || ends_with(noun, "ch") || ends_with(noun, "sh");
  return std::string(noun) + (hisses ? "es" : "s");
}

}  // namespace

std::optional<std::int64_t> parse_integer(std::string_view text) { return parse_whole<std::int64_t>(text); }

std::optional<double> parse_double(std::string_view text) {
  const std::optional<double> number = parse_whole<double>(text);
  if (!number || !std::isfinite(*number)) return std::nullopt;  // "nan" and "inf" are words, not numbers
  return number;
}

std::optional<std::int64_t> parse_size(std::string_view text) {
  text = trim(text);
  const std::size_t digits = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::optional<double> number = parse_double(text.substr(0, digits));
  if (!number) return std::nullopt;
  const std::string unit = to_lower(trim(text.substr(digits)));
  for (const SizeUnit& candidate : kSizeUnits) {
    if (candidate.name != unit) continue;
    if (unit.empty()) return parse_integer(text);  // a plain count has no fraction and is exact
    const double size = std::round(*number * candidate.factor);
    if (size >= 9.2e18) return std::nullopt;
    return static_cast<std::int64_t>(size);
  }
  return std::nullopt;
}

std::string format_bytes(std::int64_t bytes) {
  constexpr std::array<std::string_view, 6> kUnits = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes > -1024 && bytes < 1024) return fmt::format("{} B", bytes);
  double size = static_cast<double>(bytes);
  std::size_t unit = 0;
  size /= 1024;
  while (std::abs(size) >= 1023.95 && unit + 1 < kUnits.size()) {  // what would be written as 1024.0
    size /= 1024;
    ++unit;
  }
  std::string number = fmt::format("{:.1f}", size);
  if (ends_with(number, ".0")) number.resize(number.size() - 2);
  return fmt::format("{} {}", number, kUnits.at(unit));
}

std::string format_thousands(std::int64_t number) {
  std::string text = fmt::format("{}", number);
  const std::size_t first = number < 0 ? 1 : 0;
  for (std::size_t at = text.size(); at > first + 3;) {
    at -= 3;
    text.insert(at, ",");
  }
  return text;
}

std::string plural(std::int64_t n, std::string_view noun) {
  return fmt::format("{} {}", format_thousands(n), n == 1 ? std::string(noun) : plural_of(noun));
}

}  // namespace fhctl
