// How the files of --state write times: milliseconds since 1970.
#pragma once

#include <chrono>
#include <cstdint>

#include "core/base/json.h"
#include "core/base/time.h"

namespace fhctl::sandbox {

inline std::int64_t ms_of(WallTime time) { return time.time_since_epoch().count(); }
inline WallTime time_of(const Json& json) { return WallTime(std::chrono::milliseconds(json.get<std::int64_t>())); }

}  // namespace fhctl::sandbox
