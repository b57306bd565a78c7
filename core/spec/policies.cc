#include "core/spec/policies.h"

#include <map>
#include <set>

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

// As far as the spec says: the path of an existing role that is given by its name is not known.
std::string role_arn(const Spec& spec, const PolicyScope& scope) {
  if (const std::string arn = spec.existing_role_arn(); !arn.empty()) return arn;
  return fmt::format("arn:{}:iam::{}:role{}{}", scope.partition, scope.account, spec.role_path, spec.role_name());
}

Values values_of(const Spec& spec, const PolicyScope& scope) {
  return {{"partition", scope.partition},
          {"region", scope.region},
          {"account", scope.account},
          {"dns_suffix", std::string(aws::partition_of(scope.region).dns_suffix)},
          {"name", spec.name},
          {"bucket", spec.bucket_name()},
          {"own_prefix", own_prefix(spec.name, scope.region)},
          {"manifest_key", manifest_key(spec.name, scope.region)},
          {"role_arn", role_arn(spec, scope)},
          {"log_group", spec.log_group},
          {"log_stream", spec.log_stream},
          {"kms_key", spec.kms_key},
          {"parameter", spec.manifest_parameter}};
}

std::string fill(std::string text, const Values& values) {
  for (const auto& [name, value] : values) text = replace_all(std::move(text), fmt::format("{{{{{}}}}}", name), value);
  return text;
}

// Fills in every string, so that no value can break out of its quotes.
OrderedJson fill(OrderedJson json, const Values& values) {
  if (json.is_string()) return fill(json.get<std::string>(), values);
  if (json.is_structured()) {
    for (OrderedJson& each : json) each = fill(std::move(each), values);
  }
  return json;
}

// The policy in that template, without the statements in `left_out`.
std::string make_policy(std::string_view template_name, const Values& values, const Sids& left_out = {}) {
  OrderedJson policy = OrderedJson::parse(template_text(template_name), nullptr, false);
  OrderedJson statements = OrderedJson::array();
  for (const OrderedJson& statement : policy["Statement"]) {
    if (statement.contains("Sid") && left_out.count(statement["Sid"].get<std::string>()) > 0) continue;
    statements.push_back(fill(statement, values));
  }
  policy["Statement"] = std::move(statements);
  return dump(policy, 2);
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
  if (!spec.error_logging) left_out.insert("ErrorLog");
  if (spec.kms_key.empty()) left_out.insert("Key");
  return make_policy("delivery-policy.json", values_of(spec, scope), left_out);
}

std::string operator_policy(const Spec& spec, const PolicyScope& scope) {
  Sids left_out;
  if (spec.external_role()) left_out.insert("ChangeRole");
  if (spec.external_bucket()) left_out.insert({"BucketDates", "ChangeBucket", "EmptyBucket"});
  if (spec.manifest_parameter.empty()) left_out.insert("ManifestParameter");
  return make_policy("operator-policy.json", values_of(spec, scope), left_out);
}

std::string producer_policy(const Spec& spec, const PolicyScope& scope) {
  Sids left_out;
  if (spec.manifest_parameter.empty()) left_out.insert("ReadManifestParameter");
  return make_policy("producer-policy.json", values_of(spec, scope), left_out);
}

bool same_policy(std::string_view a, std::string_view b) {
  std::optional<Json> first = canonical_policy(a);
  std::optional<Json> second = canonical_policy(b);
  return first && second && *first == *second;
}

}  // namespace fhctl::pipeline
