// Descriptions of request bodies, and the check of a body against one. AWS refuses wrong types, values out of range and
// missing members; the sandbox also refuses unknown members, which AWS silently ignores.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "core/http/message.h"

namespace fhctl::sandbox {

enum class ShapeKind { kString, kInteger, kBoolean, kBlob, kStructure, kList, kAnything };

struct Shape;

struct Member {
  std::string_view name;
  const Shape* shape = nullptr;
  bool required = false;
};

struct Shape {
  ShapeKind kind = ShapeKind::kAnything;
  // Characters of a string, bytes of a decoded blob, value of an integer, elements of a list.
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  std::string_view pattern{};              // of the whole string, ECMAScript; empty: any
  std::vector<std::string_view> values{};  // of an enum; empty: any
  const Shape* element = nullptr;          // of a list
  std::vector<Member> members{};           // of a structure
};

// Returns the refusal, or nullopt: SerializationException for invalid JSON, a wrong type or an unknown member;
// otherwise ValidationException with every violated constraint.
std::optional<http::Response> check_shape(const nlohmann::json& body, const Shape& shape);

}  // namespace fhctl::sandbox
