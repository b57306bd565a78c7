#include "core/base/digest.h"

#include <gtest/gtest.h>

#include "core/base/text.h"

namespace fhctl {
namespace digest_test {
namespace {

// FIPS 180, RFC 1321, RFC 4231 cases 2 and 6 (a key longer than a block), and the check value of CRC-32.
TEST(Digest, GivesThePublishedValues) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(md5("abc")), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
  EXPECT_EQ(to_hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
  EXPECT_EQ(to_hex(crc32("123456789")), "cbf43926");
  EXPECT_EQ(to_hex(crc32("")), "00000000");
}

TEST(Wipe, ClearsTheMemoryThatTheSecretWasIn) {
  std::string secret(64, 's');
  secret.resize(20);
  const char* const bytes = secret.data();
  const std::size_t capacity = secret.capacity();
  wipe(secret);
  EXPECT_TRUE(secret.empty());
  ASSERT_EQ(secret.data(), bytes);
  for (std::size_t i = 0; i < capacity; ++i) EXPECT_EQ(bytes[i], '\0') << i;
}

}  // namespace
}  // namespace digest_test
}  // namespace fhctl
