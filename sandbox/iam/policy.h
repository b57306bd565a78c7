// IAM policy documents: validation and evaluation.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::sandbox {

enum class PolicyKind {
  kIdentity,  // of a role: has resources, no principals
  kTrust,     // who may assume a role: has principals, no resources
};

// Returns what is wrong with the document, in IAM's words, or nullopt. Stricter than AWS: unknown keys are refused.
std::optional<std::string> policy_problem(std::string_view document, PolicyKind kind);

// Characters that count towards IAM's size limits: all but white space.
std::size_t policy_size(std::string_view document);

enum class PolicyVerdict { kSilent, kAllow, kDeny };

// The request that a policy is evaluated for. Context keys are in lower case ("aws:sourceaccount").
struct PolicyQuestion {
  std::string action;
  std::string resource;   // for identity policies
  std::string principal;  // the service, for trust policies
  std::map<std::string, std::string> context;
  std::map<std::string, std::vector<std::string>> lists = {};  // keys with several values ("aws:tagkeys")
  std::string caller = {};  // ARN, for bucket policies
};

// Policy variables stand for the value of their context key; "${*}", "${?}" and "${$}" for the character itself. In a
// policy of another version than 2012-10-17 they are plain text. A statement with a variable, an operator or a key that
// is not simulated does not match.
PolicyVerdict ask_policy(std::string_view document, const PolicyQuestion& question);

// '*' matches any run of characters, '?' any single one.
bool matches_wildcard(std::string_view pattern, std::string_view text);

}  // namespace fhctl::sandbox
