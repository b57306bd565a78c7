// XML in and out, over pugixml: documents of AWS are read by the local names of their elements, so that namespace
// prefixes and the varying names of root elements do not matter. Nothing here throws. Only for .cc files.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <pugixml.hpp>

#include "core/base/result.h"

namespace fhctl {

using XmlDocument = std::unique_ptr<pugi::xml_document>;

// Parses a whole document of at most 32 levels. Refused (kProtocol, naming `what`): text that is cut off, a DOCTYPE, a
// document without an element, characters of value 0, which would cut a name short, references to what is no character.
Result<XmlDocument> parse_xml(std::string_view text, std::string_view what);

// Makes pugixml allocate with `new`, so that running out of memory is handled as everywhere (core/base/system.h);
// otherwise a response would be called unreadable, and a request would lack an element. Call it before the first
// document.
void take_xml_memory_by_new();

XmlDocument new_xml_document();
// The document without indentation or declaration. A CR in the data is written as a reference, so that readers keep it.
std::string xml_text(const pugi::xml_node& node);

std::string_view local_name(const pugi::xml_node& node);
// The first element with that local name; an empty node if there is none.
pugi::xml_node child_element(const pugi::xml_node& parent, std::string_view name);
std::vector<pugi::xml_node> child_elements(const pugi::xml_node& parent, std::string_view name);
// All character data directly in the element.
std::string text_of(const pugi::xml_node& element);
// The text of the first child with that name; nullopt: there is no such child.
std::optional<std::string> child_text(const pugi::xml_node& parent, std::string_view name);
// Appends <name>text</name>.
pugi::xml_node append_text(pugi::xml_node parent, const char* name, const std::string& text);

}  // namespace fhctl
