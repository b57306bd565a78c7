#include "sandbox/cloud/faults.h"

#include <chrono>
#include <utility>

#include "core/base/json.h"

namespace fhctl::sandbox {
namespace {

constexpr std::pair<std::string_view, FaultKind> kKinds[] = {
    {"kill_before", FaultKind::kKillBefore},
    {"kill_after", FaultKind::kKillAfter},
    {"drop_before", FaultKind::kDropBefore},
    {"drop_after", FaultKind::kDropAfter},
    {"throttle", FaultKind::kThrottle},
    {"access_denied", FaultKind::kAccessDenied},
    {"expired_token", FaultKind::kExpiredToken},
    {"unavailable", FaultKind::kUnavailable},
    {"error", FaultKind::kError},
    {"html", FaultKind::kHtml},
    {"delay", FaultKind::kDelay},
    {"truncate", FaultKind::kTruncate},
    {"ok_with_error", FaultKind::kOkWithError},
};

Error bad_plan(const std::string& what) { return {.kind = ErrorKind::kUsage, .message = "fault plan: " + what}; }

// Sets one member of the rule; false when it is unknown or of a wrong type.
bool set_member(FaultRule& rule, const std::string& name, const Json& value) {
  if (value.is_number_integer()) {
    const auto number = value.get<std::int64_t>();
    if (number < 0) return false;
    if (name == "at") return rule.at = number, number > 0;
    if (name == "nth") return rule.nth = number, number > 0;
    if (name == "times") return rule.times = number, true;
    if (name == "ms") return rule.delay = std::chrono::milliseconds(number), true;
    if (name == "status") return rule.status = static_cast<int>(number), number >= 200 && number < 600;
    return false;
  }
  if (!value.is_string()) return false;
  const std::string text = value.get<std::string>();
  if (name == "operation") return rule.operation = text, true;
  if (name == "service") return rule.service = text, true;
  if (name == "code") return rule.code = text, true;
  if (name == "message") return rule.message = text, true;
  if (name != "fault") return false;
  for (const auto& [known, kind] : kKinds) {
    if (known == text) rule.kind = kind;
  }
  return rule.kind != FaultKind::kNone;
}

bool matches(const FaultRule& rule, const Route& route, std::int64_t request) {
  if (!rule.operation.empty() && rule.operation != route.operation) return false;
  if (!rule.service.empty() && rule.service != route.service) return false;
  return rule.at == 0 || request >= rule.at;
}

}  // namespace

Result<std::vector<FaultRule>> parse_fault_plan(std::string_view text) {
  const Json plan = Json::parse(text, nullptr, false);
  if (!plan.is_array()) return bad_plan("not a JSON list of rules");
  std::vector<FaultRule> rules;
  for (const Json& item : plan) {
    const std::string label = "rule " + std::to_string(rules.size() + 1);
    if (!item.is_object()) return bad_plan(label + " is not an object");
    FaultRule rule;
    for (const auto& [name, value] : item.items()) {
      if (!set_member(rule, name, value)) return bad_plan(label + ": bad member \"" + name + "\": " + dump(value));
    }
    if (rule.kind == FaultKind::kNone) return bad_plan(label + " has no \"fault\"");
    rules.push_back(std::move(rule));
  }
  return rules;
}

FaultRule kill_rule(std::int64_t at, bool after_effect) {
  FaultRule rule;
  rule.at = at;
  rule.kind = after_effect ? FaultKind::kKillAfter : FaultKind::kKillBefore;
  return rule;
}

Faults::Faults(const Options& options) {
  if (!options.fault_plan.empty()) {
    if (Result<std::vector<FaultRule>> plan = parse_fault_plan(options.fault_plan)) rules = *plan;
  }
  if (options.kill_at_request > 0) rules.push_back(kill_rule(options.kill_at_request, options.kill_after_effect));
}

FaultRule Faults::draw(const Route& route) {
  ++requests_;
  FaultRule struck;
  // Every rule sees every request, so that counts do not depend on the order of the rules.
  for (FaultRule& rule : rules) {
    if (!matches(rule, route, requests_)) continue;
    ++rule.seen;
    const bool strikes = rule.seen >= rule.nth && (rule.times == 0 || rule.seen < rule.nth + rule.times);
    if (strikes && struck.kind == FaultKind::kNone) struck = rule;
  }
  return struck;
}

void Faults::restart_count() {
  requests_ = 0;
  for (FaultRule& rule : rules) rule.seen = 0;
}

}  // namespace fhctl::sandbox
