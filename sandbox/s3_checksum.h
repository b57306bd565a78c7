// The checksums that S3 verifies on what it is sent: Content-MD5 and the x-amz-checksum-* family.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "sandbox/s3_call.h"

namespace fhctl::sandbox {

std::string crc32c(std::string_view bytes);     // Castagnoli, reflected; 4 bytes, big-endian
std::string crc64nvme(std::string_view bytes);  // 8 bytes, big-endian

// An answer means a refusal: a digest that is no digest (InvalidDigest, InvalidRequest), one that does not fit the body
// (BadDigest), several at once, an announced one that is missing, or none although `required`.
std::optional<http::Response> verify_checksums(const S3Call& call, bool required);

// The checksum kept with an object: the one that came with it, else the CRC-64/NVME that S3 computes itself.
http::Header checksum_to_keep(const S3Call& call);

}  // namespace fhctl::sandbox
