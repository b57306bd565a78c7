// The JSON reader: its limit on depth, errors without quotes of the input, and documents unchanged after writing.
#include "core/base/json.h"

#include "core/base/text.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::json {
namespace {

constexpr int kLevelsMax = 64;

int levels_of(const Json& json) {
  int deepest = 0;
  if (!json.is_structured()) return 0;
  for (const Json& member : json) deepest = std::max(deepest, levels_of(member));
  return deepest + 1;
}

// Each getter accepts only values of its type.
void check_getters(const Json& object) {
  for (const auto& [name, value] : object.items()) {
    FUZZ_CHECK(get_string(object, name).has_value() == value.is_string());
    FUZZ_CHECK(get_bool(object, name).has_value() == value.is_boolean());
    FUZZ_CHECK(get_number(object, name).has_value() == value.is_number());
    FUZZ_CHECK((get_object(object, name) != nullptr) == value.is_object());
    FUZZ_CHECK((get_array(object, name) != nullptr) == value.is_array());
    const std::optional<std::int64_t> integer = get_integer(object, name);
    const bool too_large = value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
    FUZZ_CHECK(integer.has_value() == (value.is_number_integer() && !too_large));
    if (integer) FUZZ_CHECK(*integer == value.get<std::int64_t>());
    FUZZ_CHECK(!get_string(object, name + "x") || object.contains(name + "x"));
  }
}

}  // namespace

FUZZ_TARGET(json) {
  const Result<Json> document = parse_json(input, "the answer");
  const Result<Json> again = parse_json(input, "the answer");
  FUZZ_CHECK(document.has_value() == again.has_value());
  if (!document) {
    const Error error = document.error();
    FUZZ_CHECK(error == again.error());
    FUZZ_CHECK(error.kind == ErrorKind::kProtocol);
    // Only position and problem: the text may contain a secret.
    FUZZ_CHECK(starts_with(error.message, "the answer ") && error.message.size() < 100);
    return;
  }
  FUZZ_CHECK(*document == *again);
  FUZZ_CHECK(levels_of(*document) <= kLevelsMax);
  if (document->is_object()) check_getters(*document);
  for (const int indent : {-1, 2}) {
    const std::string text = dump(*document, indent);
    const Result<Json> read_back = parse_json(text, "what was written");
    FUZZ_CHECK(read_back && *read_back == *document);
    FUZZ_CHECK(dump(*read_back, indent) == text);
  }
}

}  // namespace fhctl::fuzz::json
