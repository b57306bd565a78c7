#include "core/base/digest.h"

#include <array>
#include <cstdint>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

namespace fhctl {

namespace {

std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), result.data(), &size, algorithm, nullptr) != 1) return {};
  return std::string(reinterpret_cast<const char*>(result.data()), size);
}

constexpr std::array<std::uint32_t, 256> make_crc32_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value & 1) != 0 ? (value >> 1) ^ 0xedb88320u : value >> 1;
    table[i] = value;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kCrc32Table = make_crc32_table();

}  // namespace

std::string sha256(std::string_view bytes) { return digest(EVP_sha256(), bytes); }
std::string sha1(std::string_view bytes) { return digest(EVP_sha1(), bytes); }
std::string md5(std::string_view bytes) { return digest(EVP_md5(), bytes); }

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned size = 0;
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  // OpenSSL takes a null key for "the key of last time"; an empty one must be a key.
  const void* const key_data = key.empty() ? "" : key.data();
  HMAC(EVP_sha256(), key_data, static_cast<int>(key.size()), data, bytes.size(), result.data(), &size);
  std::string code(reinterpret_cast<const char*>(result.data()), size);
  OPENSSL_cleanse(result.data(), result.size());
  return code;
}

std::string crc32(std::string_view bytes) {
  std::uint32_t value = 0xffffffffu;
  for (const char c : bytes) value = (value >> 8) ^ kCrc32Table[(value ^ static_cast<unsigned char>(c)) & 0xff];
  value = ~value;
  std::string result;
  for (const int shift : {24, 16, 8, 0}) result += static_cast<char>((value >> shift) & 0xff);
  return result;
}

void wipe(std::string& secret) {
  secret.resize(secret.capacity());  // what an earlier, longer value left behind goes too
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace fhctl
