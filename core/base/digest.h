// Hashes and message authentication codes, over OpenSSL. All results are raw bytes.
#pragma once

#include <string>
#include <string_view>

namespace fhctl {

std::string sha256(std::string_view bytes);
std::string sha1(std::string_view bytes);
std::string md5(std::string_view bytes);
std::string hmac_sha256(std::string_view key, std::string_view bytes);
// CRC-32 as S3 checksums use it (IEEE, reflected), big-endian bytes.
std::string crc32(std::string_view bytes);

// Overwrites secret bytes before their memory is given back.
void wipe(std::string& secret);

}  // namespace fhctl
