// Text for a terminal: nothing in it moves the cursor, hides text or reverses its direction.
#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::terminal {
namespace {

// Independent of the code under test on purpose. Checks byte by byte; the text must be valid UTF-8.
void check_harmless(std::string_view text, bool newlines_kept) {
  for (std::size_t i = 0; i < text.size();) {
    const auto at = [&](std::size_t k) -> unsigned {
      FUZZ_CHECK(i + k < text.size());
      const auto byte = static_cast<unsigned char>(text[i + k]);
      if (k > 0) FUZZ_CHECK(byte >= 0x80 && byte <= 0xbf);
      return byte;
    };
    const unsigned first = at(0);
    if (first < 0x80) {
      FUZZ_CHECK((first >= 0x20 && first != 0x7f) || (newlines_kept && (first == '\n' || first == '\t')));
      ++i;
      continue;
    }
    FUZZ_CHECK(first >= 0xc2 && first <= 0xf4);
    std::size_t bytes = 2;
    unsigned point = ((first & 0x1f) << 6) | (at(1) & 0x3f);
    if (first >= 0xe0) {
      bytes = 3;
      point = ((first & 0x0f) << 12) | ((at(1) & 0x3f) << 6) | (at(2) & 0x3f);
      FUZZ_CHECK(first >= 0xf0 || (point >= 0x800 && !(point >= 0xd800 && point <= 0xdfff)));
    }
    if (first >= 0xf0) {
      bytes = 4;
      point = ((first & 0x07) << 18) | ((at(1) & 0x3f) << 12) | ((at(2) & 0x3f) << 6) | (at(3) & 0x3f);
      FUZZ_CHECK(point >= 0x10000 && point <= 0x10ffff);
    }
    FUZZ_CHECK(point > 0x9f);                                           // C1 controls
    FUZZ_CHECK(point != 0x61c && point != 0x200e && point != 0x200f);   // direction marks
    FUZZ_CHECK(point < 0x2028 || point > 0x202e);                       // separators, embeddings
    FUZZ_CHECK((point < 0x2066 || point > 0x2069) && point != 0xfeff);  // isolates
    i += bytes;
  }
}

}  // namespace

FUZZ_TARGET(terminal) {
  for (const bool keep : {false, true}) {
    const std::string escaped = escape_for_terminal(input, keep);
    check_harmless(escaped, keep);
    FUZZ_CHECK(escape_for_terminal(escaped, keep) == escaped);
    FUZZ_CHECK(escaped.size() >= input.size());
  }
  // Plain text is not changed.
  const bool plain = input.find_first_not_of("abcXYZ019 ._-/") == std::string_view::npos;
  if (plain) FUZZ_CHECK(escape_for_terminal(input) == input);
}

}  // namespace fhctl::fuzz::terminal
