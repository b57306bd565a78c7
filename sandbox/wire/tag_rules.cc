#include "sandbox/wire/tag_rules.h"

#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

// Accepts every character beyond ASCII; AWS accepts only the letters among them.
bool is_tag_text(std::string_view text) {
  for (const char c : text) {
    const bool alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool beyond_ascii = static_cast<unsigned char>(c) >= 0x80;
    if (!alphanumeric && !beyond_ascii && std::string_view(" _.:/=+-@").find(c) == std::string_view::npos) return false;
  }
  return true;
}

}  // namespace

std::size_t count_characters(std::string_view text) {
  std::size_t count = 0;
  for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  return count;
}

std::optional<std::string> tag_problem(std::string_view key, std::string_view value) {
  if (key.empty() || count_characters(key) > 128 || !is_tag_text(key)) return "The TagKey you have provided is invalid";
  if (count_characters(value) > 256 || !is_tag_text(value)) return "The TagValue you have provided is invalid";
  if (starts_with(to_lower(key), "aws:")) return "System tags cannot be added/updated by requester";
  return std::nullopt;
}

std::optional<std::string> read_tag_list(const Json& body, Tags& tags) {
  const Json* list = get_array(body, "Tags");
  if (list == nullptr) return std::nullopt;
  for (const Json& tag : *list) {
    const std::string key = get_string(tag, "Key").value_or("");
    const std::string value = get_string(tag, "Value").value_or("");
    if (std::optional<std::string> problem = tag_problem(key, value)) return problem;
    if (!tags.emplace(key, value).second) return "The tag key " + key + " is given twice.";
  }
  return std::nullopt;
}

}  // namespace fhctl::sandbox
