#include "core/services/ssm.h"

#include <algorithm>

#include "core/base/text.h"

namespace fhctl::ssm {

std::optional<std::string> parameter_name_problem(std::string_view name) {
  if (!starts_with(name, "/")) return "it must begin with a slash";
  if (name.size() < 2 || name.size() > 512) return "it must have 2 to 512 characters";
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view(".-_/").find(c) != std::string_view::npos;
  };
  if (!std::all_of(name.begin(), name.end(), allowed)) return "only letters, digits and . - _ / are allowed";
  if (starts_with(to_lower(name), "/aws") || starts_with(to_lower(name), "/ssm")) return "/aws and /ssm are reserved";
  return std::nullopt;
}

}  // namespace fhctl::ssm
