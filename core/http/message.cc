#include "core/http/message.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::http {

std::optional<std::string> Headers::find(std::string_view name) const {
  for (const Header& header : all) {
    if (equal_ignoring_case(header.name, name)) return header.value;
  }
  return std::nullopt;
}

// The value stays where the first one stood.
void Headers::set(std::string_view name, std::string_view value) {
  const auto same = [name](const Header& header) { return equal_ignoring_case(header.name, name); };
  const auto first = std::find_if(all.begin(), all.end(), same);
  if (first == all.end()) return add(name, value);
  *first = {std::string(name), std::string(value)};
  all.erase(std::remove_if(first + 1, all.end(), same), all.end());
}

void Headers::add(std::string_view name, std::string_view value) {
  all.push_back({std::string(name), std::string(value)});
}

void Headers::remove(std::string_view name) {
  std::erase_if(all, [name](const Header& header) { return equal_ignoring_case(header.name, name); });
}

std::string Request::authority() const {
  const int default_port = scheme == "http" ? 80 : 443;
  return port == 0 || port == default_port ? host : fmt::format("{}:{}", host, port);
}

std::string Request::target() const { return query.empty() ? path : path + "?" + query; }

std::string Request::url() const { return scheme + "://" + authority() + target(); }

}  // namespace fhctl::http
