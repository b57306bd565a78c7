#include "sandbox/wire/shape.h"

#include <algorithm>
#include <map>
// g++ 12 reports a moved-from std::function here as uninitialized when sanitizers are on.
#pragma GCC diagnostic push
#ifndef __clang__
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <regex>
#pragma GCC diagnostic pop

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/reply.h"
#include "sandbox/wire/tag_rules.h"

namespace fhctl::sandbox {
namespace {

const std::regex& compiled(std::string_view pattern) {
  static std::map<std::string_view, std::regex> cache;
  const auto found = cache.find(pattern);
  if (found != cache.end()) return found->second;
  return cache.emplace(pattern, std::regex(std::string(pattern))).first->second;
}

// "DeliveryStreamName" as AWS writes it in a violation: "deliveryStreamName".
std::string member_path(const std::string& path, std::string_view name) {
  std::string word(name);
  if (!word.empty()) word[0] = to_lower(word.substr(0, 1))[0];
  return path.empty() ? word : path + "." + word;
}

class Checker {
 public:
  void check(const Json& value, const Shape& shape, const std::string& path) {
    if (!malformed.empty()) return;
    switch (shape.kind) {
      case ShapeKind::kString:
        return check_string(value, shape, path);
      case ShapeKind::kInteger:
        return check_integer(value, shape, path);
      case ShapeKind::kBoolean:
        if (!value.is_boolean()) wrong_type(path, "a boolean");
        return;
      case ShapeKind::kBlob:
        return check_blob(value, shape, path);
      case ShapeKind::kStructure:
        return check_structure(value, shape, path);
      case ShapeKind::kList:
        return check_list(value, shape, path);
      case ShapeKind::kAnything:
        return;
    }
  }

  std::string malformed;
  std::vector<std::string> violations;

 private:
  void wrong_type(const std::string& path, const std::string& wanted) {
    malformed = (path.empty() ? "The request" : "'" + path + "'") + " is not " + wanted;
  }

  void violate(const Json& value, const std::string& path, const std::string& constraint) {
    const std::string text = value.is_string() ? value.get<std::string>() : dump(value);
    violations.push_back("Value '" + text + "' at '" + path + "' failed to satisfy constraint: " + constraint);
  }

  void check_range(std::int64_t size, const Shape& shape, const Json& value, const std::string& path,
                   const std::string& noun) {
    if (size < shape.min) {
      violate(value, path, "Member must have " + noun + " greater than or equal to " + std::to_string(shape.min));
    }
    if (size > shape.max) {
      violate(value, path, "Member must have " + noun + " less than or equal to " + std::to_string(shape.max));
    }
  }

  void check_string(const Json& value, const Shape& shape, const std::string& path) {
    if (!value.is_string()) return wrong_type(path, "a string");
    const auto& text = value.get_ref<const std::string&>();
    const std::size_t violations_before = violations.size();
    check_range(static_cast<std::int64_t>(count_characters(text)), shape, value, path, "length");
    // std::regex recurses over its input, so only text of a legal length may reach it.
    const bool legal_length = violations.size() == violations_before;
    if (legal_length && !shape.pattern.empty() && !std::regex_match(text, compiled(shape.pattern))) {
      violate(value, path, "Member must satisfy regular expression pattern: " + std::string(shape.pattern));
    }
    if (!shape.values.empty() && std::find(shape.values.begin(), shape.values.end(), text) == shape.values.end()) {
      const std::vector<std::string> names(shape.values.begin(), shape.values.end());
      violate(value, path, "Member must satisfy enum value set: [" + join(names, ", ") + "]");
    }
  }

  void check_integer(const Json& value, const Shape& shape, const std::string& path) {
    if (!value.is_number_integer()) return wrong_type(path, "an integer");
    const auto number = value.get<std::int64_t>();
    if (number < shape.min) {
      violate(value, path, "Member must have value greater than or equal to " + std::to_string(shape.min));
    }
    if (number > shape.max) {
      violate(value, path, "Member must have value less than or equal to " + std::to_string(shape.max));
    }
  }

  // The operation that decodes the blob checks the base64, so that megabytes are not decoded twice.
  void check_blob(const Json& value, const Shape& shape, const std::string& path) {
    if (!value.is_string()) return wrong_type(path, "base64 text");
    const auto& text = value.get_ref<const std::string&>();
    const std::size_t padding = ends_with(text, "==") ? 2 : ends_with(text, "=") ? 1 : 0;
    if (static_cast<std::int64_t>(text.size() / 4 * 3 - padding) <= shape.max) return;
    violations.push_back("Value at '" + path + "' failed to satisfy constraint: Member must have length less than " +
                         "or equal to " + std::to_string(shape.max));
  }

  void check_list(const Json& value, const Shape& shape, const std::string& path) {
    if (!value.is_array()) return wrong_type(path, "a list");
    const auto size = static_cast<std::int64_t>(value.size());
    check_range(size, shape, std::to_string(size) + " elements", path, "length");
    std::size_t n = 0;
    for (const Json& element : value) check(element, *shape.element, path + "." + std::to_string(++n) + ".member");
  }

  void check_structure(const Json& value, const Shape& shape, const std::string& path) {
    if (!value.is_object()) return wrong_type(path, "an object");
    for (const auto& [name, member_value] : value.items()) {
      const auto member = std::find_if(shape.members.begin(), shape.members.end(),
                                       [&name = name](const Member& known) { return known.name == name; });
      if (member == shape.members.end()) {
        malformed = "Unknown member '" + (path.empty() ? name : path + "." + name) + "'";
        return;
      }
      if (!member_value.is_null()) check(member_value, *member->shape, member_path(path, name));
    }
    for (const Member& member : shape.members) {
      if (!member.required || (value.contains(member.name) && !value[std::string(member.name)].is_null())) continue;
      violations.push_back("Value null at '" + member_path(path, member.name) +
                           "' failed to satisfy constraint: Member must not be null");
    }
  }
};

}  // namespace

std::optional<http::Response> check_shape(const Json& body, const Shape& shape) {
  if (body.is_discarded()) return json_error(400, "SerializationException", "The request body is not JSON.");
  Checker checker;
  checker.check(body, shape, "");
  if (!checker.malformed.empty()) return json_error(400, "SerializationException", checker.malformed);
  if (checker.violations.empty()) return std::nullopt;
  const std::size_t count = checker.violations.size();
  return json_error(
      400, "ValidationException",
      plural(static_cast<std::int64_t>(count), "validation error") + " detected: " + join(checker.violations, "; "));
}

}  // namespace fhctl::sandbox
