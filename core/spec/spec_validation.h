// AWS's rules for the values of a spec, as phrases that complete "KEY ...": "must be ...". nullopt means that the value
// is valid. Used where values are read (spec_keys) and where they are merged (spec).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/spec/spec.h"

namespace fhctl::pipeline {

// A name, or the ARN of a role, with its path, in any partition and account.
std::optional<std::string> existing_role_problem(std::string_view name_or_arn);
std::optional<std::string> existing_bucket_problem(std::string_view name);  // buckets of before 2018 had laxer rules
std::optional<std::string> account_problem(std::string_view account);
std::optional<std::string> role_name_problem(std::string_view name);
std::optional<std::string> role_path_problem(std::string_view path);
std::optional<std::string> policy_name_problem(std::string_view name);
std::optional<std::string> log_group_problem(std::string_view name);
std::optional<std::string> log_stream_problem(std::string_view name);
std::optional<std::string> boundary_problem(std::string_view arn);
// A key, not an alias, because the role's policy must name the key.
std::optional<std::string> kms_key_problem(std::string_view arn);
std::optional<std::string> tag_problem(std::string_view key, std::string_view value);

// What is wrong with the two prefixes, alone and together: whole sentences.
std::vector<std::string> prefix_problems(const Spec& spec);

// Combines the problems into one kUsage error, one problem a line.
Error spec_error(const std::vector<std::string>& problems, std::string hint = "");

}  // namespace fhctl::pipeline
