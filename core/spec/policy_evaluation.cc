#include "core/spec/policy_evaluation.h"

#include <algorithm>
#include <optional>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

enum class Match { kNo, kUnknown, kYes };

Match match_of(bool yes) { return yes ? Match::kYes : Match::kNo; }
Match negated(Match match) {
  if (match == Match::kUnknown) return match;
  return match_of(match == Match::kNo);
}
Match all_of(Match a, Match b) { return std::min(a, b); }
Match any_of(Match a, Match b) { return std::max(a, b); }

// Whether a pattern with * and ? matches the text or, if the text continues, what begins with it: kUnknown if it
// matches some continuations and not others.
Match match_pattern(std::string_view pattern, std::string_view text, bool continues) {
  // The places in the pattern that the text read so far can have reached.
  std::set<std::size_t> places = {0};
  const auto skip_stars = [&] {
    for (const std::size_t place : std::set<std::size_t>(places)) {
      for (std::size_t next = place; next < pattern.size() && pattern[next] == '*';) places.insert(++next);
    }
  };
  skip_stars();
  for (const char c : text) {
    std::set<std::size_t> reached;
    for (const std::size_t place : places) {
      if (place >= pattern.size()) continue;
      if (pattern[place] == '*') reached.insert(place);
      if (pattern[place] == '?' || pattern[place] == c) reached.insert(place + 1);
    }
    places = std::move(reached);
    skip_stars();
  }
  if (!continues) return match_of(places.contains(pattern.size()));
  const auto matches_any = [&](std::size_t place) { return place < pattern.size() && pattern.substr(place) == "*"; };
  if (std::any_of(places.begin(), places.end(), matches_any)) return Match::kYes;
  return places.empty() ? Match::kNo : Match::kUnknown;
}

// Strings of a member that is one string or a list of them. Numbers and booleans count as their text.
std::vector<std::string> strings_of(const Json& object, std::string_view name) {
  std::vector<std::string> strings;
  const auto found = object.find(name);
  if (found == object.end()) return strings;
  const auto add = [&](const Json& each) {
    strings.push_back(each.is_string() ? each.get<std::string>() : dump(each));
  };
  if (found->is_array()) {
    for (const Json& each : *found) add(each);
  } else {
    add(*found);
  }
  return strings;
}

// One statement may stand without a list.
std::vector<Json> statements_of(const Json& policy) {
  const Json& statements = policy.at("Statement");
  if (!statements.is_array()) return {statements};
  return {statements.begin(), statements.end()};
}

class Evaluator {
 public:
  explicit Evaluator(const AccessRequest& request) : request_(request) {}

  void add(std::string_view document);
  Evaluation result() &&;

 private:
  Match applies(const Json& statement);
  Match matches_action(const Json& statement) const;
  Match matches_resource(const Json& statement);
  Match matches_principal(const Json& statement);
  Match matches_conditions(const Json& statement);
  Match matches_condition(std::string_view operation, const std::string& key, const std::vector<std::string>& wanted);
  void add_statement(const Json& statement);

  const AccessRequest& request_;
  Match allowed_ = Match::kNo;
  Match denied_ = Match::kNo;
  std::set<std::string> unknown_;          // of the statement that is being looked at
  std::set<std::string> unknown_of_deny_;  // of all statements with this effect
  std::set<std::string> unknown_of_allow_;
};

Match Evaluator::matches_action(const Json& statement) const {
  const auto among = [&](std::string_view name) {
    Match found = Match::kNo;
    for (const std::string& pattern : strings_of(statement, name)) {
      found = any_of(found, match_pattern(to_lower(pattern), to_lower(request_.action), false));
    }
    return found;
  };
  return statement.contains("NotAction") ? negated(among("NotAction")) : among("Action");
}

Match Evaluator::matches_resource(const Json& statement) {
  if (request_.resource.empty()) return Match::kYes;
  const auto among = [&](std::string_view name) {
    Match found = Match::kNo;
    for (const std::string& pattern : strings_of(statement, name)) {
      Match match = match_pattern(pattern, request_.resource, request_.resource_continues);
      if (contains(pattern, "${")) match = Match::kUnknown;  // a policy variable
      found = any_of(found, match);
    }
    return found;
  };
  const char* element = statement.contains("NotResource") ? "NotResource" : "Resource";
  const Match found = among(element);
  if (found == Match::kUnknown) unknown_.insert(element);
  return statement.contains("NotResource") ? negated(found) : found;
}

Match Evaluator::matches_principal(const Json& statement) {
  if (request_.service.empty()) return Match::kYes;
  const auto principal = statement.find("Principal");
  if (principal == statement.end()) {
    unknown_.insert("NotPrincipal");
    return Match::kUnknown;
  }
  if (*principal == "*") return Match::kYes;
  if (!principal->is_object()) return Match::kNo;
  const std::vector<std::string> accounts = strings_of(*principal, "AWS");
  Match found = match_of(std::find(accounts.begin(), accounts.end(), "*") != accounts.end());
  const std::string_view short_name = std::string_view(request_.service).substr(0, request_.service.find('.') + 1);
  for (const std::string& service : strings_of(*principal, "Service")) {
    if (service == request_.service) return Match::kYes;
    // The service's name in one region or partition, or a pattern.
    if (!starts_with(service, short_name) && !contains(service, "*")) continue;
    unknown_.insert("Principal " + service);
    found = any_of(found, Match::kUnknown);
  }
  return found;
}

// How a known value compares with one of a condition's values. nullopt: an operator that is not known here.
std::optional<Match> compare_values(std::string_view operation, const std::string& value, const std::string& wanted) {
  if (contains(wanted, "${")) return Match::kUnknown;
  if (operation == "StringEquals") return match_of(value == wanted);
  if (operation == "StringEqualsIgnoreCase" || operation == "Bool") return match_of(equal_ignoring_case(value, wanted));
  if (operation == "StringLike" || operation == "ArnLike" || operation == "ArnEquals") {
    return match_pattern(wanted, value, false);
  }
  return std::nullopt;
}

Match Evaluator::matches_condition(std::string_view operation, const std::string& key,
                                   const std::vector<std::string>& wanted) {
  const auto known = request_.context.find(to_lower(key));
  if (known == request_.context.end() || known->second.empty()) return Match::kUnknown;
  if (ends_with(operation, "IfExists")) operation.remove_suffix(std::string_view("IfExists").size());
  if (operation == "Null") {  // the key is present
    return wanted.size() == 1 ? match_of(equal_ignoring_case(wanted[0], "false")) : Match::kUnknown;
  }
  const std::string positive = replace_all(std::string(operation), "Not", "");
  std::optional<Match> all;  // of the values that the key may have
  for (const std::string& value : known->second) {
    Match any = Match::kNo;
    for (const std::string& each : wanted) {
      const std::optional<Match> match = compare_values(positive, value, each);
      if (!match) return Match::kUnknown;
      any = any_of(any, *match);
    }
    if (positive != operation) any = negated(any);
    all = !all || *all == any ? any : Match::kUnknown;
  }
  return *all;
}

Match Evaluator::matches_conditions(const Json& statement) {
  const auto conditions = statement.find("Condition");
  if (conditions == statement.end()) return Match::kYes;
  if (!conditions->is_object()) {
    unknown_.insert("Condition");
    return Match::kUnknown;
  }
  Match whole = Match::kYes;
  for (const auto& [operation, keys] : conditions->items()) {
    if (!keys.is_object()) {
      unknown_.insert(operation);
      whole = all_of(whole, Match::kUnknown);
      continue;
    }
    for (const auto& [key, value] : keys.items()) {
      const Match match = matches_condition(operation, key, strings_of(keys, key));
      if (match == Match::kUnknown) unknown_.insert(key);
      whole = all_of(whole, match);
    }
  }
  return whole;
}

Match Evaluator::applies(const Json& statement) {
  unknown_.clear();
  Match whole = matches_action(statement);
  // A statement that does not apply for one reason is not unknown for another.
  if (whole != Match::kNo) whole = all_of(whole, matches_resource(statement));
  if (whole != Match::kNo) whole = all_of(whole, matches_principal(statement));
  if (whole != Match::kNo) whole = all_of(whole, matches_conditions(statement));
  return whole;
}

void Evaluator::add_statement(const Json& statement) {
  if (!statement.is_object()) return;
  const std::string text = get_string(statement, "Effect").value_or("");
  if (text != "Allow" && text != "Deny") return;  // IAM accepts no such statement
  const bool denies = text == "Deny";
  const Match match = applies(statement);
  Match& effect = denies ? denied_ : allowed_;
  effect = any_of(effect, match);
  if (match == Match::kUnknown) (denies ? unknown_of_deny_ : unknown_of_allow_).merge(unknown_);
}

void Evaluator::add(std::string_view document) {
  const Result<Json> policy = parse_json(document, "policy");
  if (!policy || !policy->is_object() || !policy->contains("Statement")) {
    allowed_ = any_of(allowed_, Match::kUnknown);
    unknown_of_allow_.insert("Statement");
    return;
  }
  for (const Json& statement : statements_of(*policy)) add_statement(statement);
}

Evaluation Evaluator::result() && {
  if (denied_ == Match::kYes) return {Verdict::kDenied, {}};
  if (allowed_ == Match::kNo) return {Verdict::kNotAllowed, {}};
  if (allowed_ == Match::kUnknown) {
    unknown_of_allow_.merge(unknown_of_deny_);
    return {Verdict::kUnknown, std::move(unknown_of_allow_)};
  }
  if (denied_ == Match::kUnknown) return {Verdict::kUnknown, std::move(unknown_of_deny_)};
  return {Verdict::kAllowed, {}};
}

}  // namespace

Evaluation evaluate(const std::vector<std::string>& documents, const AccessRequest& request) {
  Evaluator evaluator(request);
  for (const std::string& document : documents) evaluator.add(document);
  return std::move(evaluator).result();
}

std::set<std::string> trusted_services(std::string_view trust_policy) {
  std::set<std::string> services;
  const Result<Json> policy = parse_json(trust_policy, "policy");
  if (!policy || !policy->is_object() || !policy->contains("Statement")) return services;
  for (const Json& statement : statements_of(*policy)) {
    const Json* principal = statement.is_object() ? get_object(statement, "Principal") : nullptr;
    if (principal == nullptr || get_string(statement, "Effect") != "Allow") continue;
    for (std::string& service : strings_of(*principal, "Service")) services.insert(std::move(service));
  }
  return services;
}

}  // namespace fhctl::pipeline
