// Gzip decompression: the size limit holds, and compressed data is restored unchanged, in any number of members.
#include "core/verify/gunzip.h"

#include <zlib.h>

#include "tests/fuzz/target.h"

namespace fhctl::fuzz::gunzip {
namespace {

constexpr std::size_t kBytesMax = 1u << 20;

std::string gzip(std::string_view bytes) {
  z_stream stream{};
  FUZZ_CHECK(deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  FUZZ_CHECK(deflate(&stream, Z_FINISH) == Z_STREAM_END);
  packed.resize(packed.size() - stream.avail_out);
  deflateEnd(&stream);
  return packed;
}

}  // namespace

FUZZ_TARGET(gunzip) {
  const Result<std::string> unpacked = pipeline::gunzip(input, kBytesMax);
  if (unpacked) {
    FUZZ_CHECK(unpacked->size() <= kBytesMax && pipeline::looks_like_gzip(input));
    FUZZ_CHECK(*pipeline::gunzip(input, kBytesMax) == *unpacked);
    // A limit that is one byte smaller must fail.
    if (!unpacked->empty()) FUZZ_CHECK(!pipeline::gunzip(input, unpacked->size() - 1));
  } else {
    FUZZ_CHECK(unpacked.error().kind == ErrorKind::kProtocol && !unpacked.error().message.empty());
  }
  // Compression dominates the cost, so only the beginning of the input is used.
  const std::string_view text = input.substr(0, 512);
  const std::string packed = gzip(text);
  const Result<std::string> again = pipeline::gunzip(packed + packed, kBytesMax);
  FUZZ_CHECK(again && *again == std::string(text) + std::string(text));
  FUZZ_CHECK(!pipeline::gunzip(std::string_view(packed).substr(0, packed.size() - 1), kBytesMax));
  FUZZ_CHECK(!pipeline::gunzip(packed + "x", kBytesMax));
}

}  // namespace fhctl::fuzz::gunzip
