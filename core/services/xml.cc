#include "core/services/xml.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl {
namespace {

constexpr int kDepthMax = 32;

Error unreadable(std::string_view what, std::string_view why) {
  return Error{.kind = ErrorKind::kProtocol, .message = fmt::format("{} cannot be read as XML: {}", what, why)};
}

// "&#0;" in any spelling. pugixml would turn it into the byte that ends a string.
bool has_null_reference(std::string_view text) {
  for (std::size_t at = text.find("&#"); at != std::string_view::npos; at = text.find("&#", at + 2)) {
    std::size_t digit = at + 2;
    if (digit < text.size() && text[digit] == 'x') ++digit;
    std::size_t end = digit;
    while (end < text.size() && text[end] == '0') ++end;
    if (end > digit && end < text.size() && text[end] == ';') return true;
  }
  return false;
}

// Without recursion: the depth is chosen by whoever wrote the document.
bool deeper_than(const pugi::xml_node& root, int levels_max) {
  pugi::xml_node node = root;
  int depth = 0;
  while (true) {
    if (pugi::xml_node below = node.first_child()) {
      node = below;
      if (++depth > levels_max) return true;
      continue;
    }
    while (node != root && !node.next_sibling()) {
      node = node.parent();
      --depth;
    }
    if (node == root) return false;
    node = node.next_sibling();
  }
}

}  // namespace

Result<XmlDocument> parse_xml(std::string_view text, std::string_view what) {
  if (text.find('\0') != std::string_view::npos || has_null_reference(text)) {
    return unreadable(what, "it has a character of value 0");
  }
  // White space that is all there is in an element may be a key or a value, and stays. A bare CR stays too: a server
  // that does not escape it means it, and another key would be meant without it.
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
  return document;
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
