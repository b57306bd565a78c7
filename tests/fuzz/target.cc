#include "tests/fuzz/target.h"

#include <cstdio>
#include <cstdlib>

namespace fhctl::fuzz {

void fail(const char* property, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: this does not hold: %s\n", file, line, property);
  std::abort();
}

std::uint8_t Input::byte() {
  if (bytes_.empty()) return 0;
  const auto first = static_cast<std::uint8_t>(bytes_.front());
  bytes_.remove_prefix(1);
  return first;
}

std::string_view Input::piece() {
  const std::size_t end = bytes_.find('\xff');
  const std::string_view taken = bytes_.substr(0, end);
  bytes_.remove_prefix(end == std::string_view::npos ? bytes_.size() : end + 1);
  return taken;
}

std::vector<Target>& targets() {
  static std::vector<Target> all;
  return all;
}

}  // namespace fhctl::fuzz
