// The checksums of requests that S3 verifies: Content-MD5 and the x-amz-checksum-* family.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/s3/call.h"

namespace fhctl::sandbox {

std::string crc32c(std::string_view bytes);     // Castagnoli, reflected; 4 bytes, big-endian
std::string crc64nvme(std::string_view bytes);  // 8 bytes, big-endian

// Returns an error response for a malformed digest (InvalidDigest, InvalidRequest), one that does not match the body
// (BadDigest), several at once, an announced one that is missing, or none although `required`.
std::optional<http::Response> verify_checksums(const S3Call& call, bool required);

// The checksum stored with an object: the one in the request, else the CRC-64/NVME that S3 computes itself.
http::Header checksum_to_keep(const S3Call& call);

}  // namespace fhctl::sandbox
