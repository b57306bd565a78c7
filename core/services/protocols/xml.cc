#include "core/services/protocols/xml.h"

#include <charconv>
#include <cstdint>
#include <new>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl {
namespace {

constexpr int kDepthMax = 32;

Error unreadable(std::string_view what, std::string_view why) {
  return Error{.kind = ErrorKind::kProtocol, .message = fmt::format("{} cannot be read as XML: {}", what, why)};
}

// "&#0;" in any spelling, and references to what is no character: pugixml would turn the one into the byte that ends a
// string, and count the others round to any character, that byte among them.
bool has_bad_reference(std::string_view text) {
  constexpr std::uint32_t kCharacterMax = 0x10FFFF;
  for (std::size_t at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at + 2)) {
    std::string_view digits = text.substr(at + 2);
    const bool hexadecimal = starts_with(digits, "x");
    if (hexadecimal) digits.remove_prefix(1);
    std::uint32_t character = 0;
    const auto [end, problem] =
        std::from_chars(digits.data(), digits.data() + digits.size(), character, hexadecimal ? 16 : 10);
    const bool closed = end != digits.data() + digits.size() && *end == ';';
    if (!closed || problem == std::errc::invalid_argument) continue;  // no reference: it stays as it is
    if (problem != std::errc() || character == 0 || character > kCharacterMax) return true;
  }
  return false;
}

// The next node in document order, or an empty one after the last. Not recursive, because the sender of the document
// chooses its depth.
pugi::xml_node next_node(pugi::xml_node node, int& depth) {
  if (pugi::xml_node below = node.first_child()) {
    ++depth;
    return below;
  }
  while (node && !node.next_sibling()) {
    node = node.parent();
    --depth;
  }
  return node.next_sibling();
}

bool deeper_than(const pugi::xml_node& root, int levels_max) {
  int depth = 0;
  for (pugi::xml_node node = root; node; node = next_node(node, depth)) {
    if (depth > levels_max) return true;
  }
  return false;
}

// A CDATA section cannot contain references, so a CR in it could not be written in a way that readers keep.
void open_sections_with_returns(const pugi::xml_node& root) {
  int depth = 0;
  for (pugi::xml_node node = root; node; node = next_node(node, depth)) {
    if (node.type() != pugi::node_cdata || !contains(node.value(), "\r")) continue;
    pugi::xml_node text = node.parent().insert_child_before(pugi::node_pcdata, node);
    text.set_value(node.value());
    node.parent().remove_child(node);
    node = text;
  }
}

}  // namespace

Result<XmlDocument> parse_xml(std::string_view text, std::string_view what) {
  if (text.find('\0') != std::string_view::npos || has_bad_reference(text)) {
    return unreadable(what, "it has a character of value 0 or beyond Unicode");
  }
  // An element that contains only white space may be a key or a value, so it is kept. So is a bare CR: a server that
  // does not escape it means it, and without it the key would be another one.
  constexpr unsigned kOptions = (pugi::parse_default & ~static_cast<unsigned>(pugi::parse_eol)) |
                                pugi::parse_ws_pcdata_single | pugi::parse_doctype;
  XmlDocument document = new_xml_document();
  pugi::xml_parse_result parsed = document->load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  if (!parsed) return unreadable(what, fmt::format("{} at byte {}", parsed.description(), parsed.offset));
  for (const pugi::xml_node& node : document->children()) {
    if (node.type() == pugi::node_doctype) return unreadable(what, "it has a DOCTYPE");
  }
  if (!document->document_element()) return unreadable(what, "it has no element");
  if (deeper_than(*document, kDepthMax)) return unreadable(what, fmt::format("more than {} levels", kDepthMax));
  open_sections_with_returns(*document);
  return document;
}

void take_xml_memory_by_new() {
  pugi::set_memory_management_functions([](std::size_t bytes) { return ::operator new(bytes); },
                                        [](void* memory) { ::operator delete(memory); });
}

XmlDocument new_xml_document() { return std::make_unique<pugi::xml_document>(); }

std::string xml_text(const pugi::xml_node& node) {
  struct Writer final : pugi::xml_writer {
    std::string text;
    void write(const void* data, std::size_t size) override { text.append(static_cast<const char*>(data), size); }
  } writer;
  node.print(writer, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return replace_all(std::move(writer.text), "\r", "&#13;");
}

std::string_view local_name(const pugi::xml_node& node) {
  std::string_view name = node.name();
  return name.substr(name.find(':') + 1);  // npos + 1 is 0
}

pugi::xml_node child_element(const pugi::xml_node& parent, std::string_view name) {
  for (const pugi::xml_node& child : parent.children()) {
    if (child.type() == pugi::node_element && local_name(child) == name) return child;
  }
  return {};
}

std::vector<pugi::xml_node> child_elements(const pugi::xml_node& parent, std::string_view name) {
  std::vector<pugi::xml_node> found;
  for (const pugi::xml_node& child : parent.children()) {
    if (child.type() == pugi::node_element && local_name(child) == name) found.push_back(child);
  }
  return found;
}

std::string text_of(const pugi::xml_node& element) {
  std::string text;
  for (const pugi::xml_node& child : element.children()) {
    if (child.type() == pugi::node_pcdata || child.type() == pugi::node_cdata) text += child.value();
  }
  return text;
}

std::optional<std::string> child_text(const pugi::xml_node& parent, std::string_view name) {
  pugi::xml_node child = child_element(parent, name);
  if (!child) return std::nullopt;
  return text_of(child);
}

pugi::xml_node append_text(pugi::xml_node parent, const char* name, const std::string& text) {
  pugi::xml_node child = parent.append_child(name);
  if (!text.empty()) child.append_child(pugi::node_pcdata).set_value(text.c_str());
  return child;
}

}  // namespace fhctl
