// Enumerations that a newer service or program may extend.
#pragma once

#include <string>
#include <string_view>

namespace fhctl {

// A value of the enumeration `Enum`, or one that this version does not know, which keeps its text and counts as
// Enum::kOther. Needs a function enum_text(Enum) beside the enumeration, and Enum::kOther as its last value.
template <class Enum>
class ExtensibleEnum {
 public:
  ExtensibleEnum(Enum value) : value_(value), text_(enum_text(value)) {}  // NOLINT: an enumerator is a value

  // The value that is written so.
  static ExtensibleEnum parse(std::string_view text) {
    ExtensibleEnum parsed(Enum::kOther);
    parsed.text_ = text;
    for (int i = 0; i < static_cast<int>(Enum::kOther); ++i) {
      if (enum_text(static_cast<Enum>(i)) == text) parsed.value_ = static_cast<Enum>(i);
    }
    return parsed;
  }

  Enum value() const { return value_; }
  const std::string& text() const { return text_; }
  bool operator==(const ExtensibleEnum&) const = default;
  bool operator==(Enum value) const { return value_ == value; }

 private:
  Enum value_;
  std::string text_;
};

}  // namespace fhctl
