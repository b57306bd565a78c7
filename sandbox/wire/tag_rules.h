// What AWS allows in the tags of buckets, roles and log groups.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/base/json.h"
#include "core/base/tags.h"

namespace fhctl::sandbox {

inline constexpr std::size_t kTagsMax = 50;

// Counts Unicode characters in UTF-8, not bytes: limits on tags and descriptions are given in characters.
std::size_t count_characters(std::string_view text);

// Returns what is wrong with the tag, or nullopt: the key must have 1 to 128 characters, the value at most 256, both
// only letters, digits, spaces and _.:/=+-@, and no key may begin with "aws:".
std::optional<std::string> tag_problem(std::string_view key, std::string_view value);

// Adds the list "Tags" of a JSON request, whose members have Key and Value, to `tags`. Returns what is wrong with the
// first tag that is not accepted, or nullopt; a request without the list is fine.
std::optional<std::string> read_tag_list(const Json& body, Tags& tags);

}  // namespace fhctl::sandbox
