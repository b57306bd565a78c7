#include "core/base/json.h"

#include <algorithm>
#include <limits>

#include <fmt/format.h>

namespace fhctl {

namespace {

constexpr int kDepthMax = 64;

// Copying, comparing and writing a document recurse, and a fiber's stack is small: the depth is bounded beforehand.
// The offset of the bracket that goes too deep. Text that is not JSON is left for the parser to refuse.
std::optional<std::size_t> find_too_deep(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kDepthMax) return i;
    } else if (c == ']' || c == '}') {
      --depth;
    }
  }
  return std::nullopt;
}

Error error_at(std::string_view text, std::size_t offset, std::string_view what, std::string_view problem) {
  const std::string_view before = text.substr(0, std::min(offset, text.size()));
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  return {.kind = ErrorKind::kProtocol,
          .message = fmt::format("{} {} at line {}, column {}", what, problem, line, before.size() - line_start + 1)};
}

const Json* find_member(const Json& object, std::string_view name) {
  if (!object.is_object()) return nullptr;
  const auto member = object.find(name);
  return member == object.end() ? nullptr : &*member;
}

}  // namespace

Result<Json> parse_json(std::string_view text, std::string_view what) {
  if (const std::optional<std::size_t> deep = find_too_deep(text)) {
    return error_at(text, *deep, what, fmt::format("is nested deeper than {} levels", kDepthMax));
  }
  // The exception is the only way to learn the position without a handler of a dozen functions. Its own text quotes
  // the document, which may hold a secret.
  try {
    return Result<Json>(boost::system::in_place_value, Json::parse(text));
  } catch (const Json::parse_error& problem) {
    return error_at(text, problem.byte == 0 ? 0 : problem.byte - 1, what, "is not valid JSON");
  } catch (const Json::exception&) {
    return Error{.kind = ErrorKind::kProtocol, .message = fmt::format("{} holds a number that is too large", what)};
  }
}

std::optional<std::string> get_string(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_string()) return std::nullopt;
  return member->get_ref<const std::string&>();
}

std::optional<std::int64_t> get_integer(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_number_integer()) return std::nullopt;
  if (member->is_number_unsigned() && member->get<std::uint64_t>() > INT64_MAX) return std::nullopt;
  return member->get<std::int64_t>();
}

std::optional<int> get_int(const Json& object, std::string_view name) {
  const std::optional<std::int64_t> number = get_integer(object, name);
  if (!number || *number > std::numeric_limits<int>::max() || *number < std::numeric_limits<int>::min()) {
    return std::nullopt;
  }
  return static_cast<int>(*number);
}

std::optional<double> get_number(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_number()) return std::nullopt;
  return member->get<double>();
}

std::optional<bool> get_bool(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member == nullptr || !member->is_boolean()) return std::nullopt;
  return member->get<bool>();
}

const Json* get_object(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  return member != nullptr && member->is_object() ? member : nullptr;
}

const Json* get_array(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  return member != nullptr && member->is_array() ? member : nullptr;
}

std::string dump(const Json& json, int indent) { return json.dump(indent, ' ', false, Json::error_handler_t::replace); }

std::string dump(const OrderedJson& json, int indent) {
  return json.dump(indent, ' ', false, OrderedJson::error_handler_t::replace);
}

}  // namespace fhctl
