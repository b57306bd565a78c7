#include "core/base/digest.h"

#include <array>
#include <cstdint>
#include <memory>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace fhctl {

namespace {

// Looking an algorithm up takes OpenSSL longer than a short digest, so each is looked up once per process.
const EVP_MD* fetched(const char* name) { return EVP_MD_fetch(nullptr, name, nullptr); }

// A null algorithm (no provider has it) gives an empty digest.
std::string digest(const EVP_MD* algorithm, std::string_view bytes) {
  if (algorithm == nullptr) return {};
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), result.data(), &size, algorithm, nullptr) != 1) return {};
  return std::string(reinterpret_cast<const char*>(result.data()), size);
}

// HMAC-SHA256 before it has a key, to be copied.
EVP_MAC_CTX* blank_hmac() {
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, "HMAC", nullptr);
  EVP_MAC_CTX* const context = algorithm != nullptr ? EVP_MAC_CTX_new(algorithm) : nullptr;
  EVP_MAC_free(algorithm);  // the context holds it
  char digest_name[] = "SHA256";
  const OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest_name, 0),
                                   OSSL_PARAM_construct_end()};
  if (context != nullptr) EVP_MAC_CTX_set_params(context, parameters);
  return context;
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

std::string sha256(std::string_view bytes) {
  static const EVP_MD* const kAlgorithm = fetched("SHA256");
  return digest(kAlgorithm, bytes);
}

std::string sha1(std::string_view bytes) {
  static const EVP_MD* const kAlgorithm = fetched("SHA1");
  return digest(kAlgorithm, bytes);
}

std::string md5(std::string_view bytes) {
  static const EVP_MD* const kAlgorithm = fetched("MD5");
  return digest(kAlgorithm, bytes);
}

std::string hmac_sha256(std::string_view key, std::string_view bytes) {
  static const EVP_MAC_CTX* const kBlank = blank_hmac();
  const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> context(kBlank ? EVP_MAC_CTX_dup(kBlank) : nullptr,
                                                                          &EVP_MAC_CTX_free);
  // OpenSSL takes a null key for "the key of last time"; an empty one must be a key.
  const auto* const key_data = reinterpret_cast<const unsigned char*>(key.empty() ? "" : key.data());
  const auto* const data = reinterpret_cast<const unsigned char*>(bytes.data());
  std::array<unsigned char, EVP_MAX_MD_SIZE> result{};
  std::size_t size = 0;
  if (!context || EVP_MAC_init(context.get(), key_data, key.size(), nullptr) != 1 ||
      EVP_MAC_update(context.get(), data, bytes.size()) != 1 ||
      EVP_MAC_final(context.get(), result.data(), &size, result.size()) != 1) {
    return {};
  }
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
  secret.resize(secret.capacity());  // also overwrites what an earlier, longer value left behind
  OPENSSL_cleanse(secret.data(), secret.size());
  secret.clear();
}

}  // namespace fhctl
