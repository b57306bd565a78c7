#include "core/resources/bucket_policy.h"

#include <algorithm>
#include <vector>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr std::string_view kDeleteBucket = "s3:DeleteBucket";
constexpr std::string_view kObjectActions[] = {"s3:DeleteObject", "s3:DeleteObjectVersion"};

// A string, or a list of strings.
std::vector<std::string> strings_of(const Json& statement, std::string_view name) {
  const auto found = statement.find(name);
  if (found == statement.end()) return {};
  if (found->is_string()) return {found->get<std::string>()};
  std::vector<std::string> strings;
  if (!found->is_array()) return strings;
  for (const Json& each : *found) {
    if (each.is_string()) strings.push_back(each.get<std::string>());
  }
  return strings;
}

// '*' stands for any text, '?' for one character.
bool fits(std::string_view pattern, std::string_view text) {
  std::vector<bool> reached(text.size() + 1, false);  // by the pattern so far
  reached[0] = true;
  for (const char c : pattern) {
    std::vector<bool> next(text.size() + 1, false);
    bool any = false;
    for (std::size_t i = 0; i <= text.size(); ++i) {
      any = any || reached[i];
      next[i] = c == '*' ? any : i > 0 && reached[i - 1] && (c == '?' || c == text[i - 1]);
    }
    reached = std::move(next);
  }
  return reached[text.size()];
}

bool any_fits(const std::vector<std::string>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& each) { return fits(each, text); });
}

bool names_action(const Json& statement, std::string_view name, std::string_view action) {
  const std::vector<std::string> patterns = strings_of(statement, name);
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& each) { return fits(to_lower(each), to_lower(action)); });
}

bool has_action(const Json& statement, std::string_view action) {
  return statement.contains("NotAction") ? !names_action(statement, "NotAction", action)
                                         : names_action(statement, "Action", action);
}

bool has_resource(const Json& statement, std::string_view arn) {
  return statement.contains("NotResource") ? !any_fits(strings_of(statement, "NotResource"), arn)
                                           : any_fits(strings_of(statement, "Resource"), arn);
}

// Whether it is about any objects of the bucket: all of them, or those of a prefix.
bool has_objects(const Json& statement, std::string_view bucket_arn) {
  const std::string objects = std::string(bucket_arn) + "/";
  const std::vector<std::string> patterns = strings_of(statement, "Resource");
  return has_resource(statement, objects + "x") ||
         std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return starts_with(pattern, objects); });
}

bool is_about_everybody(const Json& statement) {
  const auto principal = statement.find("Principal");
  if (principal == statement.end()) return false;
  if (principal->is_string()) return *principal == "*";
  if (!principal->is_object()) return false;
  const std::vector<std::string> accounts = strings_of(*principal, "AWS");
  return std::find(accounts.begin(), accounts.end(), "*") != accounts.end();
}

bool is_conditional(const Json& statement) {
  const auto condition = statement.find("Condition");
  return condition != statement.end() && !condition->empty();
}

}  // namespace

DeniedDeletions denied_deletions(std::string_view policy, std::string_view bucket_arn, std::string_view own_key) {
  DeniedDeletions denied;
  const std::string own_object = std::string(bucket_arn) + "/" + std::string(own_key);
  const Result<Json> parsed = parse_json(policy, "the bucket policy");
  if (!parsed || !parsed->is_object() || !parsed->contains("Statement")) return denied;
  const Json& list = parsed->at("Statement");
  const std::vector<Json> statements = list.is_array() ? list.get<std::vector<Json>>() : std::vector<Json>{list};
  for (const Json& statement : statements) {
    if (!statement.is_object() || get_string(statement, "Effect") != "Deny" || is_conditional(statement) ||
        !is_about_everybody(statement)) {
      continue;
    }
    if (has_action(statement, kDeleteBucket) && has_resource(statement, bucket_arn)) denied.own.emplace(kDeleteBucket);
    for (const std::string_view action : kObjectActions) {
      if (!has_action(statement, action)) continue;
      if (has_resource(statement, own_object)) denied.own.emplace(action);
      if (has_objects(statement, bucket_arn)) denied.data.emplace(action);
    }
  }
  return denied;
}

}  // namespace fhctl::pipeline
