// The XML reader: its limits, and documents whose names and texts are unchanged after writing, as lifecycle rules must
// be.
#include "core/services/protocols/xml.h"

#include <algorithm>

#include "tests/fuzz/target.h"

namespace fhctl::fuzz::xml {
namespace {

constexpr int kLevelsMax = 32;

// Appends names, texts and depth of all elements in order. The reader limits the depth of this recursion.
void describe_element(const pugi::xml_node& element, int level, std::string& said) {
  FUZZ_CHECK(level <= kLevelsMax);
  said += "<" + std::string(element.name()) + "|" + text_of(element) + "|";
  for (const pugi::xml_attribute& attribute : element.attributes()) {
    said += std::string(attribute.name()) + "=" + attribute.value() + ";";
  }
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_element) describe_element(child, level + 1, said);
  }
  said += ">";
}

std::string describe_document(const XmlDocument& document) {
  std::string said;
  describe_element(document->document_element(), 1, said);
  return said;
}

// Returns true if the text has a reference to a character that does not exist, found without the reader's arithmetic:
// too many digits, or only zeros. In pugixml such numbers overflow.
bool has_impossible_reference(std::string_view text) {
  for (std::size_t at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at + 1)) {
    const bool hexadecimal = text.substr(at + 2, 1) == "x";
    const std::size_t begin = at + (hexadecimal ? 3 : 2);
    const std::size_t end = text.find_first_not_of(hexadecimal ? "0123456789abcdefABCDEF" : "0123456789", begin);
    if (end == std::string_view::npos || end == begin || text[end] != ';') continue;
    const std::size_t first = std::min(text.find_first_not_of('0', begin), end);
    const std::size_t digits = end - first;
    if (digits == 0 || digits > (hexadecimal ? 6u : 7u)) return true;
  }
  return false;
}

// The first child of a name is among all of that name, and has the text that child_text gives.
void check_children(const pugi::xml_node& root) {
  for (const pugi::xml_node& child : root.children()) {
    if (child.type() != pugi::node_element) continue;
    const std::string_view name = local_name(child);
    const std::vector<pugi::xml_node> all = child_elements(root, name);
    FUZZ_CHECK(!all.empty() && all.front() == child_element(root, name));
    FUZZ_CHECK(child_text(root, name) == text_of(all.front()));
  }
}

}  // namespace

FUZZ_TARGET(xml) {
  const Result<XmlDocument> document = parse_xml(input, "the answer");
  if (!document) {
    FUZZ_CHECK(document.error().kind == ErrorKind::kProtocol);
    FUZZ_CHECK(!parse_xml(input, "the answer"));
    return;
  }
  // A zero byte would truncate a key, so that it would name another object.
  FUZZ_CHECK(input.find('\0') == std::string_view::npos && !has_impossible_reference(input));
  const pugi::xml_node root = (*document)->document_element();
  FUZZ_CHECK(root);
  const std::string said = describe_document(*document);
  check_children(root);

  const std::string text = xml_text(root);
  const Result<XmlDocument> again = parse_xml(text, "what was written");
  FUZZ_CHECK(again.has_value());
  FUZZ_CHECK(describe_document(*again) == said);
  FUZZ_CHECK(xml_text((*again)->document_element()) == text);
}

}  // namespace fhctl::fuzz::xml
