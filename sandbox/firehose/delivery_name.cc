#include "sandbox/firehose/delivery_name.h"

#include <algorithm>
#include <chrono>
#include <vector>

#include "core/base/text.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {
namespace {

constexpr std::size_t kEvaluatedBytesMax = 512;

// "logs/!{timestamp:yyyy}/" is split into text "logs/", expression timestamp "yyyy", text "/".
struct Piece {
  std::string space;  // "timestamp", "firehose"; empty: plain text
  std::string text;
};

// Returns nullopt if an expression is not closed or has no colon.
std::optional<std::vector<Piece>> split_prefix(std::string_view prefix) {
  std::vector<Piece> pieces;
  while (!prefix.empty()) {
    const std::size_t start = prefix.find("!{");
    if (start != 0) {
      pieces.push_back({"", std::string(prefix.substr(0, start))});
      if (start == std::string_view::npos) break;
      prefix.remove_prefix(start);
    }
    const std::size_t end = prefix.find('}');
    const std::size_t colon = prefix.find(':');
    if (end == std::string_view::npos || colon == std::string_view::npos || colon > end) return std::nullopt;
    pieces.push_back(
        {std::string(prefix.substr(2, colon - 2)), std::string(prefix.substr(colon + 1, end - colon - 1))});
    prefix.remove_prefix(end + 1);
  }
  return pieces;
}

struct Contents {
  std::string problem;
  bool any = false;
  bool timestamp = false;
  bool error_type = false;
};

Contents examine(std::string_view prefix, std::string_view name) {
  Contents contents;
  const std::optional<std::vector<Piece>> pieces = split_prefix(prefix);
  if (!pieces) {
    contents.problem = std::string(name) + " has an expression that is not of the form !{namespace:value}.";
    return contents;
  }
  for (const Piece& piece : *pieces) {
    if (piece.space.empty()) continue;
    contents.any = true;
    if (piece.space == "timestamp") {
      contents.timestamp = true;
      if (piece.text.empty() || !format_java_time(piece.text, WallTime{})) {
        contents.problem = std::string(name) + ": the format in !{timestamp:" + piece.text + "} is not simulated.";
      }
    } else if (piece.space == "firehose" && piece.text == "error-output-type") {
      contents.error_type = true;
    } else if (piece.space != "firehose" || piece.text != "random-string") {
      contents.problem = std::string(name) + ": the expression !{" + piece.space + ":" + piece.text + "} is not known.";
    }
  }
  return contents;
}

std::string padded(int number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

struct Calendar {
  explicit Calendar(WallTime time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
    year = static_cast<int>(date.year());
    month = static_cast<int>(static_cast<unsigned>(date.month()));
    day_of_month = static_cast<int>(static_cast<unsigned>(date.day()));
    hour = static_cast<int>(clock.hours().count());
    minute = static_cast<int>(clock.minutes().count());
    second = static_cast<int>(clock.seconds().count());
  }

  int year, month, day_of_month, hour, minute, second;
};

// "MM" of March is "03"; nullopt for a field that is not simulated.
std::optional<std::string> format_field(std::string_view field, const Calendar& calendar) {
  if (field == "yyyy") return padded(calendar.year, 4);
  if (field == "MM") return padded(calendar.month, 2);
  if (field == "dd") return padded(calendar.day_of_month, 2);
  if (field == "HH") return padded(calendar.hour, 2);
  if (field == "mm") return padded(calendar.minute, 2);
  if (field == "ss") return padded(calendar.second, 2);
  return std::nullopt;
}

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string random_string(Entropy& entropy, std::size_t length) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  std::string text;
  while (text.size() < length) text += kAlphabet[random_below(entropy, kAlphabet.size())];
  return text;
}

std::string evaluate(std::string_view prefix, WallTime time, Entropy& entropy) {
  std::string result;
  bool has_timestamp = false;
  for (const Piece& piece : split_prefix(prefix).value_or(std::vector<Piece>{})) {
    if (piece.space.empty()) {
      result += piece.text;
    } else if (piece.space == "timestamp") {
      has_timestamp = true;
      result += format_java_time(piece.text, time).value_or("");
    } else {
      result += random_string(entropy, 11);
    }
  }
  if (!has_timestamp) result += format_java_time("yyyy/MM/dd/HH/", time).value_or("");
  return result;
}

}  // namespace

std::optional<std::string> format_java_time(std::string_view format, WallTime time) {
  const Calendar calendar(time);
  std::string result;
  for (std::size_t i = 0; i < format.size();) {
    if (format[i] == '\'') {
      const std::size_t close = format.find('\'', i + 1);
      if (close == std::string_view::npos) return std::nullopt;
      result += close == i + 1 ? "'" : std::string(format.substr(i + 1, close - i - 1));
      i = close + 1;
    } else if (is_letter(format[i])) {
      const std::size_t after = std::min(format.find_first_not_of(format[i], i), format.size());
      const std::optional<std::string> field = format_field(format.substr(i, after - i), calendar);
      if (!field) return std::nullopt;
      result += *field;
      i = after;
    } else {
      result += format[i++];
    }
  }
  return result;
}

std::optional<std::string> prefix_problem(std::string_view prefix, std::string_view error_prefix) {
  const Contents main = examine(prefix, "Prefix");
  if (!main.problem.empty()) return main.problem;
  const Contents error = examine(error_prefix, "ErrorOutputPrefix");
  if (!error.problem.empty()) return error.problem;
  if (main.error_type) return "Prefix cannot contain !{firehose:error-output-type}.";
  if (main.any && error_prefix.empty()) {
    return "ErrorOutputPrefix cannot be null or empty when Prefix contains expressions.";
  }
  if (error.any && !error.error_type) {
    return "ErrorOutputPrefix must contain !{firehose:error-output-type} when it contains expressions.";
  }
  SeededEntropy entropy(0);
  if (evaluate(prefix, WallTime{}, entropy).size() > kEvaluatedBytesMax) {
    return "Prefix is longer than 512 characters when its expressions are evaluated.";
  }
  return std::nullopt;
}

std::string object_key(const ObjectName& name, WallTime time, Entropy& entropy) {
  return evaluate(name.prefix, time, entropy) + name.stream + "-" + name.version + "-" +
         format_java_time("yyyy-MM-dd-HH-mm-ss", time).value_or("") + "-" + random_uuid(entropy) + name.extension;
}

}  // namespace fhctl::sandbox
