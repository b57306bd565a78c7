#include "core/base/text.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace fhctl {
namespace text_test {
namespace {

using namespace std::string_literals;
using Parts = std::vector<std::string>;

TEST(Text, CaseIsAsciiOnly) {
  EXPECT_EQ(to_lower("X-Amz-Ümlaut"), "x-amz-Ümlaut");
  EXPECT_EQ(to_upper("straße1"), "STRAßE1");
  EXPECT_TRUE(equal_ignoring_case("ETag", "etag"));
  EXPECT_FALSE(equal_ignoring_case("ETag", "etags"));
  EXPECT_FALSE(equal_ignoring_case("[", "{"));
}

TEST(Text, IsCutAndJoined) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n"), "");
  EXPECT_EQ(split("a,,b", ','), (Parts{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (Parts{""}));
  EXPECT_EQ(split(",", ','), (Parts{"", ""}));
  EXPECT_EQ(join({"a", "", "b"}, ", "), "a, , b");
  EXPECT_EQ(join({"", "b"}, "-"), "-b");
  EXPECT_EQ(join({}, ","), "");
  EXPECT_EQ(replace_all("aaa", "a", "aa"), "aaaaaa");
  EXPECT_EQ(replace_all("aaa", "", "x"), "aaa");
}

TEST(Base64, FollowsTheRfcVectorsBothWays) {
  const std::vector<std::pair<std::string, std::string>> rows = {
      {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"\xff\xfe\xfd\0"s, "//79AA=="}};
  for (const auto& [bytes, text] : rows) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes) << text;
  }
  for (const std::string bad : {"Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "=Zg=", "Zg==Zg==", "Zm 9", "Zm9v\n"}) {
    EXPECT_EQ(from_base64(bad), std::nullopt) << bad;
  }
}

TEST(Percent, EncodesAllButTheUnreservedAndDecodesOnlyWhatIsHex) {
  EXPECT_EQ(percent_encode("a-._~Z09"), "a-._~Z09");
  EXPECT_EQ(percent_encode("a b+/ü"), "a%20b%2B%2F%C3%BC");
  EXPECT_EQ(percent_encode("a/b c", true), "a/b%20c");
  EXPECT_EQ(percent_decode("a%20b+%2f%2F"), "a b+//");
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
  EXPECT_EQ(to_hex("\x00\xff\x1a"s), "00ff1a");
}

TEST(Numbers, AreReadWhole) {
  EXPECT_EQ(parse_integer("-12"), -12);
  EXPECT_EQ(parse_integer("9223372036854775807"), INT64_MAX);
  for (const std::string bad : {"", " 3", "3 ", "3x", "+3", "0x10", "1.0", "9223372036854775808"}) {
    EXPECT_EQ(parse_integer(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(parse_double("1.5"), 1.5);
  for (const std::string bad : {"", "1,5", "nan", "inf", "1e999", "1.5x"}) {
    EXPECT_EQ(parse_double(bad), std::nullopt) << bad;
  }
}

TEST(Size, IsReadWithBinaryAndDecimalUnits) {
  struct Row {
    std::string text;
    std::optional<std::int64_t> bytes;
  };
  const std::vector<Row> rows = {
      {"5MiB", 5 << 20},
      {"40 MiB", 40 << 20},
      {"512KiB", 512 << 10},
      {"3670016", 3670016},
      {"80k", 80000},
      {"1GB", 1000000000},
      {"1.5KiB", 1536},
      {"0", 0},
      {"12B", 12},
      {" 7 ", 7},
      {"1.5", std::nullopt},
      {"", std::nullopt},
      {"MiB", std::nullopt},
      {"-5MiB", std::nullopt},
      {"5XiB", std::nullopt},
      {"5MiB/s", std::nullopt},
      {"99999999999GiB", std::nullopt},
      {"9223372036854775807", INT64_MAX},
  };
  for (const Row& row : rows) EXPECT_EQ(parse_size(row.text), row.bytes) << row.text;
}

TEST(Numbers, AreWrittenForPeople) {
  EXPECT_EQ(format_bytes(0), "0 B");
  EXPECT_EQ(format_bytes(1023), "1023 B");
  EXPECT_EQ(format_bytes(5 << 20), "5 MiB");
  EXPECT_EQ(format_bytes(3'650'722'201), "3.4 GiB");
  EXPECT_EQ(format_bytes((1 << 20) - 1), "1 MiB");
  EXPECT_EQ(format_bytes(INT64_MAX), "8 EiB");
  EXPECT_EQ(format_bytes(-2048), "-2 KiB");
  EXPECT_EQ(format_thousands(0), "0");
  EXPECT_EQ(format_thousands(999), "999");
  EXPECT_EQ(format_thousands(1000000), "1,000,000");
  EXPECT_EQ(format_thousands(-123456), "-123,456");
  EXPECT_EQ(format_thousands(INT64_MIN), "-9,223,372,036,854,775,808");
  EXPECT_EQ(plural(1, "stream"), "1 stream");
  EXPECT_EQ(plural(0, "stream"), "0 streams");
  EXPECT_EQ(plural(2, "policy"), "2 policies");
  EXPECT_EQ(plural(2, "key"), "2 keys");
  EXPECT_EQ(plural(1200, "alias"), "1,200 aliases");
}

TEST(EscapeForTerminal, ShowsWhatWouldMislead) {
  struct Row {
    std::string text;
    std::string escaped;
  };
  const std::vector<Row> rows = {
      {"plain ü € 😀", "plain ü € 😀"},
      {"\x1b[31mred", "\\x1b[31mred"},
      {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
      {"\0\x7f"s, "\\x00\\x7f"},
      {"\u0085\u009b", "\\u0085\\u009b"},
      {"\u2028\u2029", "\\u2028\\u2029"},
      {"\u202e\u2066\u2069\u200e\u200f", "\\u202e\\u2066\\u2069\\u200e\\u200f"},
      {"\ufeff", "\\ufeff"},
      {"\xff\x9b", "\\xff\\x9b"},
      {"\xc0\xaf", "\\xc0\\xaf"},                    // overlong
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},           // a surrogate
      {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},  // above U+10FFFF
      {"cut \xe2\x82", "cut \\xe2\\x82"},
      {"\xe2(\xa1", "\\xe2(\\xa1"},
  };
  for (const Row& row : rows) EXPECT_EQ(escape_for_terminal(row.text), row.escaped);
  EXPECT_EQ(escape_for_terminal("a\n\tb\r\x1b", true), "a\n\tb\\r\\x1b");
}

TEST(Nearest, SuggestsOnlyWhatIsClose) {
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(nearest("destory", {"describe", "destroy"}), "destroy");
  EXPECT_EQ(nearest("scael", {"up", "scale"}), "scale");
  EXPECT_EQ(nearest("xy", {"up"}), std::nullopt);
  EXPECT_EQ(nearest("completely", {"up", "scale"}), std::nullopt);
}

}  // namespace
}  // namespace text_test
}  // namespace fhctl
