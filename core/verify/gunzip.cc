#include "core/verify/gunzip.h"

#include <zlib.h>

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr int kGzipWindow = 15 + 16;  // the largest window, and gzip's header
constexpr std::size_t kChunk = 1u << 16;

Error broken(std::string what) { return make_error(ErrorKind::kProtocol, std::move(what)); }

// zlib's state, freed whatever happens.
class Inflater {
 public:
  Inflater() : ready_(inflateInit2(&stream_, kGzipWindow) == Z_OK) {}
  ~Inflater() {
    if (ready_) inflateEnd(&stream_);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  bool ready() const { return ready_; }

  // Unpacks one member from the front of `bytes`, which loses what was used, onto the end of `unpacked`.
  Result<void> unpack_member(std::string_view& bytes, std::string& unpacked, std::size_t bytes_max) {
    inflateReset(&stream_);
    while (true) {
      const std::size_t offered = std::min<std::size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      // zlib does not write to its input, but says so only in newer versions.
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
      stream_.avail_in = static_cast<uInt>(offered);
      stream_.next_out = reinterpret_cast<Bytef*>(chunk_.data());
      stream_.avail_out = static_cast<uInt>(chunk_.size());
      const int status = inflate(&stream_, Z_NO_FLUSH);
      bytes.remove_prefix(offered - stream_.avail_in);
      const std::size_t made = chunk_.size() - stream_.avail_out;
      if (made > bytes_max - unpacked.size()) {
        return broken(fmt::format("more than {} when unpacked", format_bytes(static_cast<std::int64_t>(bytes_max))));
      }
      unpacked.append(chunk_, 0, made);
      if (status == Z_STREAM_END) return ok();
      if (status == Z_BUF_ERROR || (status == Z_OK && bytes.empty() && made == 0)) return broken("cut off");
      if (status != Z_OK) return broken(stream_.msg == nullptr ? "corrupt" : fmt::format("corrupt: {}", stream_.msg));
    }
  }

 private:
  z_stream stream_{};
  bool ready_;
  std::string chunk_ = std::string(kChunk, '\0');
};

}  // namespace

bool looks_like_gzip(std::string_view bytes) { return starts_with(bytes, "\x1f\x8b"); }

Result<std::string> gunzip(std::string_view bytes, std::size_t bytes_max) {
  if (!looks_like_gzip(bytes)) return broken("not gzip");
  Inflater inflater;
  if (!inflater.ready()) return broken("zlib has no memory");
  std::string unpacked;
  while (!bytes.empty()) {
    if (!looks_like_gzip(bytes)) return broken("bytes behind its end that are not gzip");
    if (Result<void> member = inflater.unpack_member(bytes, unpacked, bytes_max); !member) return member.error();
  }
  return unpacked;
}

}  // namespace fhctl::pipeline
