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

// In an expanded pattern: what '*' and '?' were. No policy can contain them.
constexpr char kAnyRun = '\x01';
constexpr char kAnyOne = '\x02';

// Greedy matching; backtracks only to the last run.
bool matches_pattern(std::string_view pattern, std::string_view text, char run, char one) {
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t star_text = 0;
  for (std::size_t t = 0; t < text.size();) {
    if (p < pattern.size() && pattern[p] == run) {
      star = p++;
      star_text = t;
    } else if (p < pattern.size() && (pattern[p] == one || pattern[p] == text[t])) {
      ++p;
      ++t;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      t = ++star_text;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == run) ++p;
  return p == pattern.size();
}

// A policy with its question.
struct Asked {
  const PolicyQuestion& question;
  bool has_variables = false;
};

// The value of what stands between "${" and "}".
std::optional<std::string> variable(const std::string& name, const PolicyQuestion& question) {
  if (name == "*" || name == "?" || name == "$") return name;
  const auto found = question.context.find(to_lower(name));
  return found == question.context.end() ? std::nullopt : std::optional<std::string>(found->second);
}

// Replaces variables, and wildcards by kAnyRun and kAnyOne if they have a meaning. Nullopt: a variable has no value.
std::optional<std::string> expand(std::string_view pattern, const Asked& asked, bool has_wildcards) {
  std::string out;
  while (!pattern.empty()) {
    const std::size_t end = pattern.find('}');
    if (asked.has_variables && starts_with(pattern, "${") && end != std::string_view::npos) {
      const std::optional<std::string> value = variable(std::string(pattern.substr(2, end - 2)), asked.question);
      if (!value) return std::nullopt;
      out += *value;
      pattern.remove_prefix(end + 1);
      continue;
    }
    const char c = pattern.front();
    out += has_wildcards && c == '*' ? kAnyRun : has_wildcards && c == '?' ? kAnyOne : c;
    pattern.remove_prefix(1);
  }
  return out;
}

bool matches_any(const std::vector<std::string>& patterns, std::string_view text, bool ignoring_case) {
  for (const std::string& pattern : patterns) {
    if (ignoring_case ? matches_wildcard(to_lower(pattern), to_lower(text)) : matches_wildcard(pattern, text)) {
      return true;
    }
  }
  return false;
}

bool resource_matches(const std::vector<std::string>& patterns, const Asked& asked) {
  for (const std::string& pattern : patterns) {
    const std::optional<std::string> expanded = expand(pattern, asked, true);
    if (expanded && matches_pattern(*expanded, asked.question.resource, kAnyRun, kAnyOne)) return true;
  }
  return false;
}

bool is_among(const std::vector<std::string>& values, std::string_view text) {
  for (const std::string& value : values) {
    if (value == text) return true;
  }
  return false;
}

// Whether one value of the request fits one value of the policy. Operators that are not simulated never fit.
bool value_fits(std::string_view operator_name, const std::string& actual, const std::string& value,
                const Asked& asked) {
  const bool has_wildcards =
      is_listed("StringLike StringNotLike ArnLike ArnNotLike ArnEquals ArnNotEquals", operator_name);
  const std::optional<std::string> expanded = expand(value, asked, has_wildcards);
  if (!expanded) return false;
  if (has_wildcards) return matches_pattern(*expanded, actual, kAnyRun, kAnyOne);
  if (is_listed("StringEquals StringNotEquals", operator_name)) return *expanded == actual;
  return is_listed("Bool StringEqualsIgnoreCase StringNotEqualsIgnoreCase", operator_name) &&
         equal_ignoring_case(*expanded, actual);
}

bool fits_any(std::string_view operator_name, const std::string& actual, const std::vector<std::string>& values,
              const Asked& asked) {
  for (const std::string& value : values) {
    if (value_fits(operator_name, actual, value, asked)) return true;
  }
  return false;
}

constexpr const char* kNegated = "StringNotEquals StringNotEqualsIgnoreCase StringNotLike ArnNotEquals ArnNotLike";

// The values of a key in the request; nullopt: the request does not have it.
std::optional<std::vector<std::string>> actual_values(const PolicyQuestion& question, const std::string& key) {
  if (const auto list = question.lists.find(key); list != question.lists.end()) return list->second;
  const auto found = question.context.find(key);
  if (found == question.context.end()) return std::nullopt;
  return std::vector<std::string>{found->second};
}

// One key of a condition block: {"StringEquals": {"sts:ExternalId": [...]}}.
bool condition_holds(std::string_view operator_name, const std::string& key, const std::vector<std::string>& values,
                     const Asked& asked) {
  const bool all_values = starts_with(operator_name, "ForAllValues:");
  const bool any_value = starts_with(operator_name, "ForAnyValue:");
  operator_name.remove_prefix(all_values || any_value ? operator_name.find(':') + 1 : 0);
  const bool if_exists = ends_with(operator_name, "IfExists");
  if (if_exists) operator_name.remove_suffix(std::string_view("IfExists").size());
  const bool is_negated = is_listed(kNegated, operator_name);
  const std::optional<std::vector<std::string>> actual = actual_values(asked.question, key);
  if (operator_name == "Null") return is_among(values, actual ? "false" : "true");
  if (!actual || actual->empty()) return if_exists || all_values || (is_negated && !any_value);
  for (const std::string& each : *actual) {
    const bool holds = fits_any(operator_name, each, values, asked) != is_negated;
    if (all_values && !holds) return false;
    if (!all_values && holds) return true;
  }
  return all_values;
}

bool conditions_hold(const Json& statement, const Asked& asked) {
  const Json* conditions = get_object(statement, "Condition");
  if (conditions == nullptr) return true;
  for (const auto& [operator_name, keys] : conditions->items()) {
    if (!keys.is_object()) return false;
    for (const auto& [key, value] : keys.items()) {
      if (!condition_holds(operator_name, to_lower(key), strings_of(keys, key.c_str()), asked)) return false;
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

bool applies(const Json& statement, const Asked& asked) {
  const PolicyQuestion& question = asked.question;
  if (statement.contains("Action") && !matches_any(strings_of(statement, "Action"), question.action, true)) {
    return false;
  }
  if (matches_any(strings_of(statement, "NotAction"), question.action, true)) return false;
  if (statement.contains("Resource") && !resource_matches(strings_of(statement, "Resource"), asked)) return false;
  if (resource_matches(strings_of(statement, "NotResource"), asked)) return false;
  if (!question.principal.empty() && !principal_matches(statement, question.principal)) return false;
  if (!question.caller.empty() && !caller_matches(statement, question.caller)) return false;
  return conditions_hold(statement, asked);
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
  const Asked asked{question, get_string(*policy, "Version") == "2012-10-17"};
  PolicyVerdict verdict = PolicyVerdict::kSilent;
  for (const Json& statement : statements_of(*policy)) {
    if (!statement.is_object() || !applies(statement, asked)) continue;
    if (get_string(statement, "Effect") == "Deny") return PolicyVerdict::kDeny;
    verdict = PolicyVerdict::kAllow;
  }
  return verdict;
}

bool matches_wildcard(std::string_view pattern, std::string_view text) {
  return matches_pattern(pattern, text, '*', '?');
}

}  // namespace fhctl::sandbox
