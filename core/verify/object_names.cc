#include "core/verify/object_names.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr std::string_view kTimestamp = "!{timestamp:";
constexpr std::string_view kDefaultTime = "yyyy/MM/dd/HH/";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

// The beginning of a text that is known, and whether that is all of it.
struct Known {
  std::string text;
  bool whole = true;
};

// A field of Java's DateTimeFormatter that stays the same for an hour.
std::optional<std::string> hourly_field(std::string_view field, WallTime hour) {
  const std::string digits = format_amz_date(hour);  // 20260120T100411Z
  if (field == "yyyy") return digits.substr(0, 4);
  if (field == "MM") return digits.substr(4, 2);
  if (field == "dd") return digits.substr(6, 2);
  if (field == "HH") return digits.substr(9, 2);
  return std::nullopt;
}

// Text in single quotes stands for itself, '' for a quote.
Known format_hour(std::string_view format, WallTime hour) {
  Known known;
  for (std::size_t i = 0; i < format.size();) {
    std::size_t after = i + 1;
    if (format[i] == '\'') {
      const std::size_t close = format.find('\'', i + 1);
      if (close == std::string_view::npos) return {known.text, false};
      known.text += close == i + 1 ? "'" : std::string(format.substr(i + 1, close - i - 1));
      after = close + 1;
    } else if (is_letter(format[i])) {
      after = std::min(format.find_first_not_of(format[i], i), format.size());
      const std::optional<std::string> field = hourly_field(format.substr(i, after - i), hour);
      if (!field) return {known.text, false};
      known.text += *field;
    } else {
      known.text += format[i];
    }
    i = after;
  }
  return known;
}

Known evaluate(std::string_view prefix, bool utc, WallTime hour) {
  Known known;
  const bool own_time = contains(prefix, kTimestamp);
  while (!prefix.empty()) {
    const std::size_t start = prefix.find("!{");
    known.text += prefix.substr(0, start);
    if (start == std::string_view::npos) break;
    prefix.remove_prefix(start);
    const std::size_t end = prefix.find('}');
    if (end == std::string_view::npos || !starts_with(prefix, kTimestamp) || !utc) return {known.text, false};
    const Known time = format_hour(prefix.substr(kTimestamp.size(), end - kTimestamp.size()), hour);
    known.text += time.text;
    if (!time.whole) return {known.text, false};
    prefix.remove_prefix(end + 1);
  }
  if (own_time) return known;
  if (!utc) return {known.text, false};
  known.text += format_hour(kDefaultTime, hour).text;
  return known;
}

// "{version}-{yyyy}-{MM}-{dd}-{HH}-{mm}-{ss}-{uuid}{ext}"
bool follows_stream(std::string_view rest) {
  if (contains(rest, "/")) return false;
  const std::size_t version =
      static_cast<std::size_t>(std::find_if_not(rest.begin(), rest.end(), is_digit) - rest.begin());
  if (version == 0) return false;
  rest.remove_prefix(version);
  constexpr std::string_view kForm = "-0000-00-00-00-00-00-";
  if (rest.size() <= kForm.size()) return false;
  for (std::size_t i = 0; i < kForm.size(); ++i) {
    if (kForm[i] == '-' ? rest[i] != '-' : !is_digit(rest[i])) return false;
  }
  return true;
}

}  // namespace

std::vector<std::string> listing_prefixes(const firehose::S3Destination& destination, std::string_view stream,
                                          WallTime from, WallTime to) {
  const bool utc = destination.custom_time_zone.empty() || destination.custom_time_zone == "UTC";
  std::vector<std::string> prefixes;
  for (auto hour = std::chrono::floor<std::chrono::hours>(from); hour <= to; hour += std::chrono::hours(1)) {
    Known known = evaluate(destination.prefix, utc, hour);
    if (known.whole) known.text.append(stream).append("-");
    if (std::find(prefixes.begin(), prefixes.end(), known.text) == prefixes.end()) prefixes.push_back(known.text);
  }
  return prefixes;
}

bool is_object_of(std::string_view key, std::string_view stream, std::string_view prefix) {
  // Where the prefix ends in a slash, as it does with the default time, the file is named after the stream. Without
  // one there may be anything before it.
  const bool alone = prefix.empty() || ends_with(prefix, "/") || !contains(prefix, kTimestamp);
  const std::string name = std::string(stream) + "-";
  for (std::size_t at = key.rfind(name); at != std::string_view::npos; at = at == 0 ? at : key.rfind(name, at - 1)) {
    const bool begins = at == 0 || key[at - 1] == '/' || !alone;
    if (begins && follows_stream(key.substr(at + name.size()))) return true;
    if (at == 0) return false;
  }
  return false;
}

}  // namespace fhctl::pipeline
