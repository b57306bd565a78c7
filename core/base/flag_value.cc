#include "core/base/flag_value.h"

#include <limits>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl {

Result<int> parse_int_flag(std::string_view flag, std::string_view value) {
  const std::optional<std::int64_t> number = parse_integer(value);
  if (!number || *number > std::numeric_limits<int>::max() || *number < std::numeric_limits<int>::min()) {
    return make_error(ErrorKind::kUsage, fmt::format("{} takes a whole number, not \"{}\"", flag, value));
  }
  return static_cast<int>(*number);
}

Result<double> parse_number_flag(std::string_view flag, std::string_view value) {
  const std::optional<double> number = parse_double(value);
  if (!number || !(*number >= 0)) {
    return make_error(ErrorKind::kUsage, fmt::format("{} takes a number, not \"{}\"", flag, value));
  }
  return *number;
}

Result<Duration> parse_duration_flag(std::string_view flag, std::string_view value) {
  const std::optional<Duration> duration = parse_duration(value);
  if (!duration) {
    return make_error(ErrorKind::kUsage, fmt::format("{} takes a duration such as 90s or 5m, not \"{}\"", flag, value));
  }
  return *duration;
}

}  // namespace fhctl
