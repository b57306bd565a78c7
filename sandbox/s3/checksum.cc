#include "sandbox/s3/checksum.h"

#include <array>
#include <cstdint>

#include "core/base/digest.h"
#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

constexpr std::string_view kChecksumPrefix = "x-amz-checksum-";

struct Algorithm {
  const char* name;  // as in x-amz-checksum-NAME; upper case in x-amz-sdk-checksum-algorithm
  std::string (*compute)(std::string_view);
};

constexpr Algorithm kAlgorithms[] = {
    {"crc32", crc32}, {"crc32c", crc32c}, {"crc64nvme", crc64nvme}, {"sha1", sha1}, {"sha256", sha256}, {"md5", md5},
};

// Both CRCs are reflected, start with all bits set and are inverted at the end; only width and polynomial differ.
template <class Word>
std::string reflected_crc(std::string_view bytes, Word polynomial) {
  std::array<Word, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    Word word = static_cast<Word>(i);
    for (int bit = 0; bit < 8; ++bit) word = (word & 1) ? (word >> 1) ^ polynomial : word >> 1;
    table[i] = word;
  }
  Word crc = ~Word{0};
  for (const char c : bytes) crc = table[(crc ^ static_cast<unsigned char>(c)) & 0xFF] ^ (crc >> 8);
  crc = ~crc;
  std::string out;
  for (int shift = static_cast<int>(sizeof(Word)) * 8 - 8; shift >= 0; shift -= 8) {
    out += static_cast<char>((crc >> shift) & 0xFF);
  }
  return out;
}

const Algorithm* find_algorithm(std::string_view name) {
  for (const Algorithm& algorithm : kAlgorithms) {
    if (equal_ignoring_case(algorithm.name, name)) return &algorithm;
  }
  return nullptr;
}

// The header of the family that carries a digest; x-amz-checksum-mode, -type and -algorithm carry none.
std::optional<http::Header> digest_header(const S3Call& call, int& count) {
  std::optional<http::Header> found;
  for (const http::Header& header : call.incoming.raw.headers.all) {
    const std::string name = to_lower(header.name);
    if (!starts_with(name, kChecksumPrefix) || is_listed("mode type algorithm", name.substr(kChecksumPrefix.size())))
      continue;
    found = http::Header{name, header.value};
    ++count;
  }
  return found;
}

std::optional<http::Response> verify_md5(const S3Call& call, const std::string& text) {
  const std::optional<std::string> digest = from_base64(text);
  if (!digest || digest->size() != 16) {
    return s3_error(call, 400, "InvalidDigest", "The Content-MD5 you specified was invalid.", {{"Content-MD5", text}});
  }
  if (*digest == md5(call.body())) return std::nullopt;
  return s3_error(call, 400, "BadDigest", "The Content-MD5 you specified did not match what we received.",
                  {{"ExpectedDigest", to_hex(*digest)}, {"CalculatedDigest", to_base64(md5(call.body()))}});
}

std::optional<http::Response> verify_digest(const S3Call& call, const http::Header& header) {
  const Algorithm* algorithm = find_algorithm(header.name.substr(kChecksumPrefix.size()));
  if (algorithm == nullptr) {
    return s3_error(call, 501, "NotImplemented", "A header you provided implies functionality that is not implemented",
                    {{"Header", header.name}});
  }
  const std::string computed = algorithm->compute(call.body());
  const std::optional<std::string> given = from_base64(header.value);
  if (!given || given->size() != computed.size()) {
    return s3_error(call, 400, "InvalidRequest", "Value for " + header.name + " header is invalid.");
  }
  if (*given == computed) return std::nullopt;
  return s3_error(call, 400, "BadDigest",
                  "The " + to_upper(algorithm->name) + " you specified did not match the calculated checksum.");
}

// x-amz-sdk-checksum-algorithm names the digest that must be present, as a header or after the body.
std::optional<http::Response> verify_announced(const S3Call& call, const std::optional<http::Header>& digest) {
  const std::optional<std::string> announced = call.header("x-amz-sdk-checksum-algorithm");
  if (!announced) return std::nullopt;
  const std::string wanted = std::string(kChecksumPrefix) + to_lower(*announced);
  const bool in_trailer = equal_ignoring_case(call.header("x-amz-trailer").value_or(""), wanted);
  if (find_algorithm(*announced) != nullptr && (in_trailer || (digest && digest->name == wanted))) return std::nullopt;
  return s3_error(call, 400, "InvalidRequest",
                  "x-amz-sdk-checksum-algorithm specified, but no corresponding x-amz-checksum-* or x-amz-trailer "
                  "headers were found.");
}

}  // namespace

std::string crc32c(std::string_view bytes) { return reflected_crc<std::uint32_t>(bytes, 0x82F63B78u); }
std::string crc64nvme(std::string_view bytes) { return reflected_crc<std::uint64_t>(bytes, 0x9A6C9329AC4BC9B5u); }

std::optional<http::Response> verify_checksums(const S3Call& call, bool required) {
  int count = 0;
  const std::optional<http::Header> digest = digest_header(call, count);
  if (count > 1) {
    return s3_error(call, 400, "InvalidRequest",
                    "Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.");
  }
  const std::optional<std::string> content_md5 = call.header("content-md5");
  if (content_md5) {
    if (std::optional<http::Response> refusal = verify_md5(call, *content_md5)) return refusal;
  }
  if (digest) {
    if (std::optional<http::Response> refusal = verify_digest(call, *digest)) return refusal;
  }
  if (std::optional<http::Response> refusal = verify_announced(call, digest)) return refusal;
  if (required && !content_md5 && !digest && !call.header("x-amz-trailer")) {
    return s3_error(call, 400, "InvalidRequest",
                    "Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  }
  return std::nullopt;
}

http::Header checksum_to_keep(const S3Call& call) {
  int count = 0;
  std::optional<http::Header> digest = digest_header(call, count);
  if (digest) return *digest;
  return {"x-amz-checksum-crc64nvme", to_base64(crc64nvme(call.body()))};
}

}  // namespace fhctl::sandbox
