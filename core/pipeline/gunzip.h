// Gzip, one way: what Firehose wrote, read back.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace fhctl::pipeline {

inline constexpr std::size_t kGunzipBytesMax = 256u << 20;

// Whether the bytes begin as a gzip file does.
bool looks_like_gzip(std::string_view bytes);

// All members of a gzip file, one after the other: Firehose may put several into one object. Errors (kProtocol) say
// what is wrong: cut off, corrupt, bytes behind the end that are no member, or more than `bytes_max` when unpacked.
Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max = kGunzipBytesMax);

}  // namespace fhctl::pipeline
