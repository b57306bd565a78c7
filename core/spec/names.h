// Names: what a pipeline may be called, and what its parts are called by default.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace fhctl::pipeline {

inline constexpr std::string_view kDefaultName = "scaling-firehose";

// [a-z]([a-z0-9-]{0,29}[a-z0-9])?, not beginning with a prefix that S3 forbids. The error (kUsage) says what to change.
Result<void> check_pipeline_name(std::string_view name);

std::string default_bucket(std::string_view name, std::string_view account, std::string_view region);
std::string default_role(std::string_view name, std::string_view region);
std::string default_log_group(std::string_view name);
std::string stream_name(std::string_view pipeline, int number);  // "logs-3"
// The number in "NAME-3": nullopt for other names, leading zeros, 0 and numbers over 999,999. "app-2-1" is stream 1 of
// "app-2" and not one of "app".
std::optional<int> stream_number(std::string_view pipeline, std::string_view stream);

// Where fhctl keeps its own objects in the bucket: "_fhctl/NAME/REGION/".
std::string own_prefix(std::string_view name, std::string_view region);
std::string document_key(std::string_view name, std::string_view region);
std::string manifest_key(std::string_view name, std::string_view region);
std::string lock_key(std::string_view name, std::string_view region);
// True for exactly these three keys. Another object below the prefix is not fhctl's.
bool is_own_key(std::string_view key, std::string_view name, std::string_view region);

// The set of stream numbers that belong to a pipeline, written "1-2,4-6".
inline constexpr int kMembersMax = 10'000;
using Members = std::set<int>;
std::string format_members(const Members& members);
std::optional<Members> parse_members(std::string_view text);  // nullopt: not of that form, or over kMembersMax numbers

}  // namespace fhctl::pipeline
