#include "core/spec/policies.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "core/aws/endpoints.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/spec/names.h"
#include "core/spec/templates.h"

namespace fhctl::pipeline {
namespace {

using Values = std::map<std::string, std::string>;
using Sids = std::set<std::string>;
// Placeholders that stand alone for a list of strings, with their braces. A list of one becomes a single string.
using Lists = std::map<std::string, std::vector<std::string>>;

// A value as plain text: in a policy '*', '?' and "${" would stand for something else.
std::string plain(std::string_view value) {
  std::string text;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool is_special = value[i] == '*' || value[i] == '?' || value.substr(i, 2) == "${";
    text += is_special ? fmt::format("${{{}}}", value[i]) : std::string(1, value[i]);
  }
  return text;
}

// As far as it is known: the path of an existing role that is given by its name is not.
std::string role_arn(const Spec& spec, const PolicyScope& scope) {
  if (!scope.role_arn.empty()) return scope.role_arn;
  if (const std::string arn = spec.existing_role_arn(); !arn.empty()) return arn;
  return fmt::format("arn:{}:iam::{}:role{}{}", scope.partition, scope.account, spec.role_path, spec.role_name());
}

Values values_of(const Spec& spec, const PolicyScope& scope) {
  Values values = {{"partition", scope.partition},
                   {"region", scope.region},
                   {"account", scope.account},
                   {"bucket_account", spec.bucket_owner.empty() ? scope.account : spec.bucket_owner},
                   {"dns_suffix", std::string(aws::partition_of(scope.region).dns_suffix)},
                   {"name", spec.name},
                   {"bucket", spec.bucket_name()},
                   {"own_prefix", own_prefix(spec.name, scope.region)},
                   {"manifest_key", manifest_key(spec.name, scope.region)},
                   {"role_arn", role_arn(spec, scope)},
                   {"boundary", spec.permissions_boundary},
                   {"log_group", spec.log_group},
                   {"log_stream", spec.log_stream},
                   {"parameter", spec.manifest_parameter}};
  for (auto& [name, value] : values) value = plain(value);
  return values;
}

std::string fill(std::string text, const Values& values) {
  for (const auto& [name, value] : values) text = replace_all(std::move(text), fmt::format("{{{{{}}}}}", name), value);
  return text;
}

// Fills in every string, so that no value can break out of its quotes.
OrderedJson fill(OrderedJson json, const Values& values, const Lists& lists) {
  if (json.is_string()) {
    const std::string text = json.get<std::string>();
    const auto list = lists.find(text);
    if (list == lists.end()) return fill(text, values);
    return list->second.size() == 1 ? OrderedJson(list->second.front()) : OrderedJson(list->second);
  }
  if (json.is_structured()) {
    for (OrderedJson& each : json) each = fill(std::move(each), values, lists);
  }
  return json;
}

// The policy in that template, without the statements in `left_out`.
std::string make_policy(std::string_view template_name, const Values& values, const Sids& left_out = {},
                        const Lists& lists = {}) {
  OrderedJson policy = OrderedJson::parse(template_text(template_name), nullptr, false);
  OrderedJson statements = OrderedJson::array();
  for (const OrderedJson& statement : policy["Statement"]) {
    if (statement.contains("Sid") && left_out.count(statement["Sid"].get<std::string>()) > 0) continue;
    statements.push_back(fill(statement, values, lists));
  }
  policy["Statement"] = std::move(statements);
  return dump(policy, 2);
}

// Without empty and repeated ones.
std::vector<std::string> distinct(std::initializer_list<std::string> texts) {
  std::vector<std::string> kept;
  for (const std::string& text : texts) {
    if (!text.empty() && std::find(kept.begin(), kept.end(), text) == kept.end()) kept.push_back(text);
  }
  return kept;
}

// What all names of objects below a prefix begin with: the text before its first expression. IAM takes no characters
// beyond U+00FF, so the text also ends before the first one outside of ASCII.
std::string_view plain_start(std::string_view prefix) {
  prefix = prefix.substr(0, prefix.find("!{"));
  const auto beyond =
      std::find_if(prefix.begin(), prefix.end(), [](char c) { return static_cast<signed char>(c) < 0; });
  return prefix.substr(0, static_cast<std::size_t>(beyond - prefix.begin()));
}

// The ARNs of all objects that streams deliver, errors included. Without an error prefix Firehose chooses the names.
std::vector<std::string> delivered_objects(const Spec& spec, const PolicyScope& scope) {
  const std::string_view good = plain_start(spec.prefix);
  const std::string_view bad = plain_start(spec.error_prefix);
  const auto below = [&](std::string_view start) {
    return fmt::format("arn:{}:s3:::{}/{}*", scope.partition, plain(spec.bucket_name()), plain(start));
  };
  if (starts_with(bad, good)) return {below(good)};
  if (starts_with(good, bad)) return {below(bad)};
  return {below(good), below(bad)};
}

Lists lists_of(const Spec& spec, const PolicyScope& scope) {
  const std::string arn = role_arn(spec, scope);
  // A role that does not exist has no path, so IAM may judge a call by its name alone. Names are unique in an account.
  const std::string bare = fmt::format("arn:{}:iam::{}:role/{}", scope.partition, scope.account, spec.role_name());
  return {{"{{keys}}", distinct({plain(spec.kms_key), plain(scope.bucket_key)})},
          {"{{delivered}}", delivered_objects(spec, scope)},
          {"{{role_arns}}", distinct({plain(arn), plain(bare)})}};
}

// --- comparing

// JSON scalars as IAM compares them: true and "true" are the same.
std::string scalar(const Json& json) { return json.is_string() ? json.get<std::string>() : dump(json); }

// "x", ["x"] and ["x", "x"] are the same set.
Json sorted_set(const Json& json, bool lower_case = false) {
  std::set<std::string> values;
  auto add = [&](const Json& each) { values.insert(lower_case ? to_lower(scalar(each)) : scalar(each)); };
  if (json.is_array()) {
    for (const Json& each : json) add(each);
  } else {
    add(json);
  }
  return values;
}

Json canonical_principal(const Json& principal) {
  if (!principal.is_object()) return Json{{"AWS", sorted_set(principal)}};  // "*" is {"AWS": "*"}
  Json canonical = Json::object();
  for (const auto& [kind, value] : principal.items()) canonical[kind] = sorted_set(value);
  return canonical;
}

Json canonical_condition(const Json& condition) {
  if (!condition.is_object()) return condition;
  Json canonical = Json::object();
  for (const auto& [test, keys] : condition.items()) {
    if (!keys.is_object()) return condition;
    for (const auto& [key, value] : keys.items()) canonical[test][to_lower(key)] = sorted_set(value);
  }
  return canonical;
}

Json canonical_statement(const Json& statement) {
  if (!statement.is_object()) return statement;
  Json canonical = Json::object();
  for (const auto& [name, value] : statement.items()) {
    if (name == "Sid") continue;  // a label without meaning
    if (name == "Principal" || name == "NotPrincipal") {
      canonical[name] = canonical_principal(value);
    } else if (name == "Condition") {
      canonical[name] = canonical_condition(value);
    } else {
      canonical[name] = sorted_set(value, name == "Action" || name == "NotAction");  // actions compare without case
    }
  }
  if (canonical.contains("Condition") && canonical["Condition"].empty()) canonical.erase("Condition");
  return canonical;
}

// nullopt: no policy.
std::optional<Json> canonical_policy(std::string_view text) {
  Result<Json> parsed = parse_json(text, "policy");
  if (!parsed || !parsed->is_object()) return std::nullopt;
  auto statements = parsed->find("Statement");
  if (statements == parsed->end() || !statements->is_structured()) return std::nullopt;
  std::set<Json> canonical;
  if (statements->is_array()) {
    for (const Json& statement : *statements) canonical.insert(canonical_statement(statement));
  } else {
    canonical.insert(canonical_statement(*statements));
  }
  // A policy that names no version is one of 2008.
  return Json{{"Version", get_string(*parsed, "Version").value_or("2008-10-17")}, {"Statement", canonical}};
}

}  // namespace

std::string trust_policy(const Spec& spec, const PolicyScope& scope) {
  Values values = values_of(spec, scope);
  switch (spec.trust) {
    case Trust::kExternalId:
      return make_policy("trust-policy-external-id.json", values);
    case Trust::kSourceAccount:
      return make_policy("trust-policy-source-account.json", values);
    case Trust::kNone:
      break;
  }
  return make_policy("trust-policy.json", values);
}

std::string delivery_policy(const Spec& spec, const PolicyScope& scope) {
  Sids left_out;
  const Lists lists = lists_of(spec, scope);
  if (!spec.error_logging) left_out.insert("ErrorLog");
  if (spec.bucket_owner.empty()) left_out.insert("ObjectOwner");  // gives the owner of the bucket its objects
  if (lists.at("{{keys}}").empty()) left_out.insert("Key");
  return make_policy("delivery-policy.json", values_of(spec, scope), left_out, lists);
}

namespace {

Sids operator_leaves_out(const Spec& spec, const Lists& lists) {
  Sids left_out;
  left_out.insert(spec.permissions_boundary.empty() ? "ChangeBoundedRolePermissions" : "ChangeRolePermissions");
  if (spec.external_role()) left_out.insert({"ChangeRole", "ChangeRolePermissions", "ChangeBoundedRolePermissions"});
  if (spec.external_bucket()) left_out.insert({"BucketDates", "ChangeBucket", "EmptyBucket"});
  left_out.insert(spec.external_log_group() ? "ChangeLogGroup" : "UseLogGroup");  // of an existing group only a stream
  if (spec.manifest_parameter.empty()) left_out.insert("ManifestParameter");
  if (lists.at("{{keys}}").empty()) left_out.insert("Key");
  return left_out;
}

}  // namespace

std::string operator_policy(const Spec& spec, const PolicyScope& scope) {
  const Lists lists = lists_of(spec, scope);
  return make_policy("operator-policy.json", values_of(spec, scope), operator_leaves_out(spec, lists), lists);
}

std::string resizer_policy(const Spec& spec, const PolicyScope& scope) {
  const Lists lists = lists_of(spec, scope);
  Sids left_out = operator_leaves_out(spec, lists);
  left_out.insert({"ChangeRole", "ChangeRolePermissions", "ChangeBoundedRolePermissions", "BucketDates", "ChangeBucket",
                   "EmptyBucket", "ChangeLogGroup", "UseLogGroup"});
  return make_policy("operator-policy.json", values_of(spec, scope), left_out, lists);
}

std::string producer_policy(const Spec& spec, const PolicyScope& scope) {
  Sids left_out;
  if (spec.manifest_parameter.empty()) left_out.insert("ReadManifestParameter");
  if (scope.bucket_key.empty()) left_out.insert("Key");
  return make_policy("producer-policy.json", values_of(spec, scope), left_out,
                     {{"{{keys}}", distinct({plain(scope.bucket_key)})}});
}

bool gives_any_permission(const Spec& spec) { return !spec.external_role() && spec.permissions_boundary.empty(); }

std::size_t policy_size(std::string_view policy) {
  return static_cast<std::size_t>(std::count_if(policy.begin(), policy.end(), [](char c) {
    return std::string_view(" \t\r\n").find(c) == std::string_view::npos;
  }));
}

bool same_policy(std::string_view a, std::string_view b) {
  std::optional<Json> first = canonical_policy(a);
  std::optional<Json> second = canonical_policy(b);
  return first && second && *first == *second;
}

}  // namespace fhctl::pipeline
