// Decompresses gzip data that Firehose wrote.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace fhctl::pipeline {

inline constexpr std::size_t kGunzipBytesMax = 256u << 20;

// Whether the bytes begin as a gzip file does.
bool looks_like_gzip(std::string_view bytes);

// Decompresses all members of a gzip file: Firehose may put several into one object. Errors (kProtocol) say what is
// wrong: truncated, corrupt, bytes after the last member, or more than `bytes_max` when decompressed.
Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max = kGunzipBytesMax);

}  // namespace fhctl::pipeline
