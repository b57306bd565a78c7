// XML in and out for the services that speak it (S3, IAM), over pugixml.
#pragma once

#include <string>
#include <string_view>

#include <pugixml.hpp>

namespace fhctl::sandbox {

// From now on pugixml allocates with operator new, so that end_without_memory() covers it.
void take_xml_memory_by_new();

// Parses a whole document as strictly as XML 1.0 requires: a CR in text becomes LF, and control characters, raw or as a
// character reference, document types and unknown entities are refused. Returns false for any other document.
bool parse_xml(pugi::xml_document& document, std::string_view text);

// Writes the declaration and the document, without added white space.
std::string write_xml(const pugi::xml_document& document);

pugi::xml_node add_element(pugi::xml_node parent, const char* name);
// <name>text</name>; characters that XML cannot represent are written as references, as S3 does.
void add_text(pugi::xml_node parent, const char* name, const std::string& text);
void add_bool(pugi::xml_node parent, const char* name, bool value);  // "true" or "false"

std::string child_text(const pugi::xml_node& node, const char* name);  // of the first child of that name

// Whether every child element is named in `names` (separated by spaces), and nothing but white space stands between.
bool has_only(const pugi::xml_node& node, std::string_view names);
bool has_once(const pugi::xml_node& node, const char* name);  // exactly one child of that name
std::size_t count_of(const pugi::xml_node& node, const char* name);

// Whether a list separated by spaces contains a word. An entry that ends in '*' matches every word with that prefix.
bool is_listed(std::string_view list, std::string_view word);

}  // namespace fhctl::sandbox
