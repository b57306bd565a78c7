// Small helpers around nlohmann::json for documents that came from outside: nothing here throws.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

#include "core/base/result.h"

namespace fhctl {

using Json = nlohmann::json;
using OrderedJson = nlohmann::ordered_json;

// Parses a whole document of at most 64 levels. The error (kProtocol) says where it broke and names `what`.
Result<Json> parse_json(std::string_view text, std::string_view what);

// Members by name: nullopt when absent, null or of another type. Never throws on any document.
std::optional<std::string> get_string(const Json& object, std::string_view name);
std::optional<std::int64_t> get_integer(const Json& object, std::string_view name);
std::optional<int> get_int(const Json& object, std::string_view name);  // nullopt as well where it does not fit
std::optional<double> get_number(const Json& object, std::string_view name);
std::optional<bool> get_bool(const Json& object, std::string_view name);
// A pointer into `object`, or nullptr when the member is absent or not of that type.
const Json* get_object(const Json& object, std::string_view name);
const Json* get_array(const Json& object, std::string_view name);

// Text for output: invalid UTF-8 is replaced rather than thrown about.
std::string dump(const Json& json, int indent = -1);
std::string dump(const OrderedJson& json, int indent = -1);

}  // namespace fhctl
