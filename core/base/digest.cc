#include "core/base/digest.h"

#include <array>
#include <cstdint>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace fhctl {

namespace {

// Looking an algorithm up costs as much as hashing the few hundred bytes of a request.
struct Sha256Mac {
  EVP_MAC* algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  EVP_MAC_CTX* context = EVP_MAC_CTX_new(algorithm);
  ~Sha256Mac() {
    EVP_MAC_CTX_free(context);
    EVP_MAC_free(algorithm);
  }
};

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
  thread_local const Sha256Mac mac;
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  std::size_t size = 0;
  const auto pointer = [](std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); };
  char name[] = OSSL_DIGEST_NAME_SHA2_256;
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, 0),
                                   OSSL_PARAM_construct_end()};
  // OpenSSL takes a null key for "the key of last time"; an empty one must be a key.
  EVP_MAC_init(mac.context, pointer(key.empty() ? "" : key), key.size(), parameters);
  EVP_MAC_update(mac.context, pointer(bytes), bytes.size());
  EVP_MAC_final(mac.context, result.data(), &size, result.size());
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
