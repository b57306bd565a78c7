// The text behind a command-line flag as a number or a duration. Each error is kUsage and names the flag.
#pragma once

#include <string_view>

#include "core/base/result.h"
#include "core/base/time.h"

namespace fhctl {

Result<int> parse_int_flag(std::string_view flag, std::string_view value);
Result<double> parse_number_flag(std::string_view flag, std::string_view value);  // at least 0
Result<Duration> parse_duration_flag(std::string_view flag, std::string_view value);

}  // namespace fhctl
