#include "core/verify/gunzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

namespace fhctl::pipeline {
namespace gunzip_test {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  constexpr int kGzipWindow = 15 + 16;
  EXPECT_EQ(deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string input = text;
  std::string packed(deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(input.data());
  stream.avail_in = static_cast<uInt>(input.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string problem(std::string_view bytes, std::size_t bytes_max = kGunzipBytesMax) {
  const Result<std::string> text = gunzip(bytes, bytes_max);
  return text ? "fine: " + *text : text.error().message;
}

TEST(Gunzip, OneMember) {
  for (const std::string& text :
       {std::string(), std::string("a"), std::string("line\nline\n"), std::string(300000, 'x')}) {
    const Result<std::string> unpacked = gunzip(gzip(text));
    ASSERT_TRUE(unpacked);
    EXPECT_EQ(*unpacked, text);
  }
}

TEST(Gunzip, AllMembersOfOneObject) {
  const std::string packed = gzip("one\n") + gzip("") + gzip(std::string(100000, '2')) + gzip("three\n");
  const Result<std::string> unpacked = gunzip(packed);
  ASSERT_TRUE(unpacked);
  EXPECT_EQ(*unpacked, "one\n" + std::string(100000, '2') + "three\n");
}

TEST(Gunzip, CutOffAtEveryPlace) {
  const std::string packed = gzip("some text, some text");
  for (std::size_t size = 2; size < packed.size(); ++size) {
    EXPECT_EQ(problem(std::string_view(packed).substr(0, size)), "cut off") << size;
  }
  EXPECT_EQ(problem(gzip("whole") + packed.substr(0, packed.size() - 1)), "cut off");
}

TEST(Gunzip, Corrupt) {
  std::string packed = gzip("some text, some text");
  packed[packed.size() - 8] = static_cast<char>(packed[packed.size() - 8] ^ 1);  // the checksum
  EXPECT_EQ(problem(packed).rfind("corrupt", 0), 0u) << problem(packed);
  EXPECT_EQ(problem(""), "not gzip");
  EXPECT_EQ(problem("plain text"), "not gzip");
  EXPECT_EQ(problem(gzip("a") + "trailing"), "bytes behind its end that are not gzip");
}

TEST(Gunzip, NoMoreThanTheCap) {
  const std::string bomb = gzip(std::string(8u << 20, '\0'));
  EXPECT_LT(bomb.size(), 20000u);
  EXPECT_EQ(problem(bomb, 1u << 20), "more than 1 MiB when unpacked");
  EXPECT_EQ(problem(gzip("1234"), 4), "fine: 1234");
  EXPECT_EQ(problem(gzip("1234") + gzip("5"), 4).rfind("more than", 0), 0u);
}

}  // namespace
}  // namespace gunzip_test
}  // namespace fhctl::pipeline
