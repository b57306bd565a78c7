// Which keys a DeleteObjects request can name: those whose bytes an XML 1.0 reader gives back as they were.
#include <cstdint>

#include "core/base/text.h"
#include "core/services/s3_objects.h"

namespace fhctl::s3 {
namespace {

// The code point that begins at `at`, which moves behind it; nullopt: not UTF-8 (overlong forms and surrogates too).
std::optional<std::uint32_t> next_code_point(std::string_view text, std::size_t& at) {
  auto byte = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  std::uint32_t first = byte(at++);
  if (first < 0x80) return first;
  int more = first >= 0xF0 ? 3 : first >= 0xE0 ? 2 : 1;
  if (first < 0xC2 || first > 0xF4) return std::nullopt;
  std::uint32_t point = first & (0x3Fu >> more);
  for (int i = 0; i < more; ++i, ++at) {
    if (at >= text.size() || (byte(at) & 0xC0) != 0x80) return std::nullopt;
    point = (point << 6) | (byte(at) & 0x3Fu);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0x80, 0x800, 0x10000};
  bool surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kSmallest[more] || point > 0x10FFFF || surrogate) return std::nullopt;
  return point;
}

}  // namespace

bool xml_can_carry(std::string_view key) {
  // Some readers cut white space off at the ends, and would name another key.
  if (key.empty() || trim(key).size() != key.size()) return false;
  for (std::size_t at = 0; at < key.size();) {
    std::optional<std::uint32_t> point = next_code_point(key, at);
    if (!point) return false;
    bool control = *point < 0x20 && *point != '\t' && *point != '\n';  // CR among them: it would become LF
    if (control || *point == 0xFFFE || *point == 0xFFFF) return false;
  }
  return true;
}

}  // namespace fhctl::s3
