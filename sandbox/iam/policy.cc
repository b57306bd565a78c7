#include "sandbox/iam/policy.h"

#include <vector>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/wire/xml.h"

namespace fhctl::sandbox {
namespace {

// A policy may write a list of one element as a single string.
std::vector<std::string> strings_of(const Json& object, const char* name) {
  std::vector<std::string> out;
  const auto found = object.find(name);
  if (found == object.end()) return out;
  if (found->is_string()) return {found->get<std::string>()};
  if (found->is_boolean()) return {found->get<bool>() ? "true" : "false"};
  if (!found->is_array()) return out;
  for (const Json& element : *found) {
    if (element.is_string()) out.push_back(element.get<std::string>());
  }
  return out;
}

bool is_string_or_list(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end()) return true;
  if (found->is_string()) return true;
  if (!found->is_array() || found->empty()) return false;
  for (const Json& element : *found) {
    if (!element.is_string()) return false;
  }
  return true;
}

std::vector<Json> statements_of(const Json& policy) {
  const auto found = policy.find("Statement");
  if (found == policy.end()) return {};
  if (found->is_array()) return found->get<std::vector<Json>>();
  return {*found};
}

bool is_action(std::string_view action) {
  if (action == "*") return true;
  const std::size_t colon = action.find(':');
  return colon != std::string_view::npos && colon > 0 && colon + 1 < action.size() &&
         action.find_first_of(" /") == std::string_view::npos;
}

bool is_sid(std::string_view sid) {
  for (const char c : sid) {
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
  }
  return true;
}

std::optional<std::string> actions_problem(const Json& statement) {
  if (statement.contains("Action") == statement.contains("NotAction")) {
    return "Policy statement must contain actions.";
  }
  for (const char* name : {"Action", "NotAction"}) {
    if (!is_string_or_list(statement, name)) return "Syntax errors in policy.";
    for (const std::string& action : strings_of(statement, name)) {
      if (!is_action(action)) return "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";
    }
  }
  return std::nullopt;
}

std::optional<std::string> targets_problem(const Json& statement, PolicyKind kind) {
  const bool has_resource = statement.contains("Resource") || statement.contains("NotResource");
  const bool has_principal = statement.contains("Principal") || statement.contains("NotPrincipal");
  if (kind == PolicyKind::kTrust) {
    if (has_resource) return "Has prohibited field Resource";
    if (!has_principal) return "AssumeRole policy must contain principals";
    const auto principal = statement.find("Principal");
    const bool is_readable = principal == statement.end() || principal->is_object() || *principal == "*";
    return is_readable ? std::nullopt : std::optional<std::string>("Invalid principal in policy");
  }
  if (has_principal) return "Policy document should not specify a principal.";
  if (!has_resource || (statement.contains("Resource") && statement.contains("NotResource"))) {
    return "Policy statement must contain resources.";
  }
  for (const char* name : {"Resource", "NotResource"}) {
    if (!is_string_or_list(statement, name)) return "Syntax errors in policy.";
    for (const std::string& resource : strings_of(statement, name)) {
      if (resource != "*" && !starts_with(resource, "arn:")) {
        return "Resource " + resource + " must be in ARN format or \"*\".";
      }
    }
  }
  return std::nullopt;
}

std::optional<std::string> statement_problem(const Json& statement, PolicyKind kind) {
  if (!statement.is_object()) return "Syntax errors in policy.";
  for (const auto& [name, value] : statement.items()) {
    if (!is_listed("Sid Effect Principal NotPrincipal Action NotAction Resource NotResource Condition", name)) {
      return "Syntax errors in policy.";
    }
  }
  if (!is_listed("Allow Deny", get_string(statement, "Effect").value_or("-"))) return "Syntax errors in policy.";
  if (statement.contains("Sid") && !is_sid(get_string(statement, "Sid").value_or("-"))) {
    return "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression "
           "[0-9A-Za-z]*";
  }
  if (statement.contains("Condition") && get_object(statement, "Condition") == nullptr) {
    return "Syntax errors in policy.";
  }
  if (std::optional<std::string> problem = actions_problem(statement)) return problem;
  return targets_problem(statement, kind);
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text, bool ignoring_case) {
  for (const std::string& pattern : patterns) {
    if (ignoring_case ? matches_wildcard(to_lower(pattern), to_lower(text)) : matches_wildcard(pattern, text)) {
      return true;
    }
  }
  return false;
}

bool is_among(const std::vector<std::string>& values, std::string_view text) {
  for (const std::string& value : values) {
    if (value == text) return true;
  }
  return false;
}

// One key of a condition block: {"StringEquals": {"sts:ExternalId": [...]}}.
bool condition_holds(std::string_view operator_name, const std::optional<std::string>& actual,
                     const std::vector<std::string>& values) {
  const bool if_exists = ends_with(operator_name, "IfExists");
  if (if_exists) operator_name.remove_suffix(std::string_view("IfExists").size());
  const bool is_negated = is_listed("StringNotEquals StringNotLike ArnNotEquals ArnNotLike", operator_name);
  if (operator_name == "Null") return !values.empty() && equal_ignoring_case(values.front(), actual ? "false" : "true");
  if (!actual) return if_exists || is_negated;
  if (operator_name == "StringEquals") return is_among(values, *actual);
  if (operator_name == "StringNotEquals") return !is_among(values, *actual);
  if (is_listed("StringLike ArnLike ArnEquals", operator_name)) return matches_any(values, *actual, false);
  if (is_negated) return !matches_any(values, *actual, false);
  if (is_listed("Bool StringEqualsIgnoreCase", operator_name)) {
    return !values.empty() && equal_ignoring_case(values.front(), *actual);
  }
  return false;
}

bool conditions_hold(const Json& statement, const PolicyQuestion& question) {
  const Json* conditions = get_object(statement, "Condition");
  if (conditions == nullptr) return true;
  for (const auto& [operator_name, keys] : conditions->items()) {
    if (!keys.is_object()) return false;
    for (const auto& [key, value] : keys.items()) {
      const auto found = question.context.find(to_lower(key));
      const std::optional<std::string> actual =
          found == question.context.end() ? std::nullopt : std::optional<std::string>(found->second);
      if (!condition_holds(operator_name, actual, strings_of(keys, key.c_str()))) return false;
    }
  }
  return true;
}

bool principal_matches(const Json& statement, const std::string& service) {
  const auto principal = statement.find("Principal");
  if (principal == statement.end()) return false;
  if (*principal == "*") return true;
  return principal->is_object() && is_among(strings_of(*principal, "Service"), service);
}

// "*", or in the list of AWS principals: "*", the caller's ARN, its account or the root of its account.
bool is_caller(const Json& principal, const std::string& caller) {
  if (principal == "*") return true;
  if (!principal.is_object()) return false;
  const std::vector<std::string> parts = split(caller, ':');
  const std::string account = parts.size() > 4 ? parts[4] : "";
  const std::vector<std::string> named = strings_of(principal, "AWS");
  return is_among(named, "*") || is_among(named, caller) || is_among(named, account) ||
         is_among(named, parts[0] + ":" + (parts.size() > 1 ? parts[1] : "") + ":iam::" + account + ":root");
}

bool caller_matches(const Json& statement, const std::string& caller) {
  const auto others = statement.find("NotPrincipal");
  if (others != statement.end()) return !is_caller(*others, caller);
  const auto principal = statement.find("Principal");
  return principal != statement.end() && is_caller(*principal, caller);
}

bool applies(const Json& statement, const PolicyQuestion& question) {
  if (statement.contains("Action") && !matches_any(strings_of(statement, "Action"), question.action, true)) {
    return false;
  }
  if (matches_any(strings_of(statement, "NotAction"), question.action, true)) return false;
  if (statement.contains("Resource") && !matches_any(strings_of(statement, "Resource"), question.resource, false)) {
    return false;
  }
  if (matches_any(strings_of(statement, "NotResource"), question.resource, false)) return false;
  if (!question.principal.empty() && !principal_matches(statement, question.principal)) return false;
  if (!question.caller.empty() && !caller_matches(statement, question.caller)) return false;
  return conditions_hold(statement, question);
}

}  // namespace

std::optional<std::string> policy_problem(std::string_view document, PolicyKind kind) {
  const Result<Json> policy = parse_json(document, "policy");
  if (!policy) return "This policy contains invalid Json";
  if (!policy->is_object()) return "Syntax errors in policy.";
  for (const auto& [name, value] : policy->items()) {
    if (!is_listed("Version Id Statement", name)) return "Syntax errors in policy.";
  }
  if (policy->contains("Version") &&
      !is_listed("2012-10-17 2008-10-17", get_string(*policy, "Version").value_or("-"))) {
    return "Syntax errors in policy.";
  }
  const std::vector<Json> statements = statements_of(*policy);
  if (statements.empty()) return "Syntax errors in policy.";
  for (const Json& statement : statements) {
    if (std::optional<std::string> problem = statement_problem(statement, kind)) return problem;
  }
  return std::nullopt;
}

std::size_t policy_size(std::string_view document) {
  std::size_t size = 0;
  for (const char c : document) size += std::string_view(" \t\r\n").find(c) == std::string_view::npos ? 1 : 0;
  return size;
}

PolicyVerdict ask_policy(std::string_view document, const PolicyQuestion& question) {
  const Result<Json> policy = parse_json(document, "policy");
  if (!policy || !policy->is_object()) return PolicyVerdict::kSilent;
  PolicyVerdict verdict = PolicyVerdict::kSilent;
  for (const Json& statement : statements_of(*policy)) {
    if (!statement.is_object() || !applies(statement, question)) continue;
    if (get_string(statement, "Effect") == "Deny") return PolicyVerdict::kDeny;
    verdict = PolicyVerdict::kAllow;
  }
  return verdict;
}

// Greedy matching; backtracks only to the last '*'.
bool matches_wildcard(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  for (std::size_t t = 0; t < text.size();) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

}  // namespace fhctl::sandbox
