#include "sandbox/wire/xml.h"

#include <cstdint>
#include <new>
#include <optional>
#include <sstream>

#include "core/base/text.h"

namespace fhctl::sandbox {
namespace {

// XML 1.0, production 2, without the surrogates that UTF-8 cannot hold anyway.
bool is_xml_character(std::uint32_t code) {
  if (code < 0x20) return code == '\t' || code == '\n' || code == '\r';
  return code != 0xFFFE && code != 0xFFFF && code <= 0x10FFFF && !(code >= 0xD800 && code <= 0xDFFF);
}

std::optional<std::uint32_t> reference_code(std::string_view digits, int base) {
  if (digits.empty() || digits.size() > 8) return std::nullopt;
  std::uint64_t code = 0;
  for (const char c : digits) {
    int digit = -1;
    if (c >= '0' && c <= '9') digit = c - '0';
    if (base == 16 && c >= 'a' && c <= 'f') digit = c - 'a' + 10;
    if (base == 16 && c >= 'A' && c <= 'F') digit = c - 'A' + 10;
    if (digit < 0) return std::nullopt;
    code = code * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit);
  }
  if (code > 0x10FFFF) return std::nullopt;
  return static_cast<std::uint32_t>(code);
}

bool is_reference(std::string_view name) {
  if (!starts_with(name, "#")) return is_listed("amp lt gt quot apos", name);
  const bool hexadecimal = starts_with(name, "#x");
  const std::optional<std::uint32_t> code = reference_code(name.substr(hexadecimal ? 2 : 1), hexadecimal ? 16 : 10);
  return code && is_xml_character(*code);
}

// pugixml accepts some input that a conforming parser refuses; this checks for it first.
bool is_acceptable(std::string_view text) {
  if (contains(text, "<!DOCTYPE") || contains(text, "\xEF\xBF\xBE") || contains(text, "\xEF\xBF\xBF")) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_xml_character(static_cast<unsigned char>(text[i]))) return false;
    if (text[i] != '&') continue;
    const std::size_t end = text.find(';', i);
    if (end == std::string_view::npos || !is_reference(text.substr(i + 1, end - i - 1))) return false;
  }
  return true;
}

}  // namespace

void take_xml_memory_by_new() {
  pugi::set_memory_management_functions([](std::size_t bytes) { return ::operator new(bytes); },
                                        [](void* memory) { ::operator delete(memory); });
}

bool parse_xml(pugi::xml_document& document, std::string_view text) {
  if (!is_acceptable(text)) return false;
  const unsigned flags = pugi::parse_default | pugi::parse_ws_pcdata_single;
  const pugi::xml_parse_result result = document.load_buffer(text.data(), text.size(), flags, pugi::encoding_utf8);
  if (!result || document.document_element().empty()) return false;
  const pugi::xml_node root = document.document_element();
  return !root.previous_sibling() && !root.next_sibling();
}

std::string write_xml(const pugi::xml_document& document) {
  std::ostringstream out;
  out << R"(<?xml version="1.0" encoding="UTF-8"?>)" << '\n';
  document.save(out, "", pugi::format_raw | pugi::format_no_declaration, pugi::encoding_utf8);
  return out.str();
}

pugi::xml_node add_element(pugi::xml_node parent, const char* name) { return parent.append_child(name); }

void add_text(pugi::xml_node parent, const char* name, const std::string& text) {
  parent.append_child(name).append_child(pugi::node_pcdata).set_value(text.c_str());
}

void add_bool(pugi::xml_node parent, const char* name, bool value) { add_text(parent, name, value ? "true" : "false"); }

std::string child_text(const pugi::xml_node& node, const char* name) { return node.child_value(name); }

bool has_only(const pugi::xml_node& node, std::string_view names) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() != pugi::node_element || !is_listed(names, child.name())) return false;
  }
  return true;
}

std::size_t count_of(const pugi::xml_node& node, const char* name) {
  std::size_t count = 0;
  for (const pugi::xml_node child : node.children(name)) count += child ? 1 : 0;
  return count;
}

bool has_once(const pugi::xml_node& node, const char* name) { return count_of(node, name) == 1; }

bool is_listed(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const std::size_t end = list.find(' ');
    const std::string_view entry = list.substr(0, end);
    if (ends_with(entry, "*") ? starts_with(word, entry.substr(0, entry.size() - 1)) : entry == word) return true;
    list = end == std::string_view::npos ? std::string_view() : list.substr(end + 1);
  }
  return false;
}

}  // namespace fhctl::sandbox
