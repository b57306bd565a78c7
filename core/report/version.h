// Which fhctl this is.
#pragma once

#include <string_view>

namespace fhctl {

#ifndef FHCTL_VERSION
#define FHCTL_VERSION "0.0.0"
#endif

inline constexpr std::string_view kVersion = FHCTL_VERSION;

}  // namespace fhctl
