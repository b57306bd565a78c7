#include "core/plan/build_plan.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/plan/manifest_build.h"
#include "core/plan/plan_destroy.h"
#include "core/plan/plan_streams.h"
#include "core/plan/resolve.h"

namespace fhctl::pipeline {
namespace {

// Whether pipeline.json says that the pipeline logs delivery errors.
bool had_logging(const Observed& observed) {
  if (!observed.document) return false;
  const auto found = observed.document->spec.find("logs.enabled");
  return found == observed.document->spec.end() || found->second == "true";
}

// How a plan shows a key that the user did not set: "60s (default)"; "" for a tag.
std::string default_text(const std::string& key) {
  static const SpecValues defaults = spec_values(Spec{});
  const auto found = defaults.find(key);
  if (found == defaults.end()) return "";
  return found->second.empty() ? "(default)" : found->second + " (default)";
}

// Metadata objects are shown only if nothing else changes: every other change rewrites them anyway.
void compare_metadata_objects(Plan& plan, const Desired& desired, const Observed& observed) {
  if (!plan.steps.empty() || !plan.blockers.empty()) return;
  Step settings{{Kind::kSettings, document_key(desired.spec.name, observed.identity.region), 0},
                Action::kUpdate,
                "",
                {},
                {},
                false};
  const SpecValues wanted = document_values(desired.spec);
  if (!observed.document) {
    settings.reasons.push_back("lost: rebuilt from the live streams and their tags");
    settings.drift = true;
    plan.steps.push_back(settings);
  } else if (is_destroy(observed.document->intent)) {
    settings.reasons.push_back("the newest request was to destroy the pipeline; this one replaces it");
    plan.steps.push_back(settings);
  } else if (observed.document->spec != wanted || observed.document->members != desired.members) {
    for (const auto& [key, after] : wanted) {
      const auto before = observed.document->spec.find(key);
      if (before == observed.document->spec.end()) {
        settings.changes.push_back({key, default_text(key), after});
      } else if (before->second != after) {
        settings.changes.push_back({key, before->second, after});
      }
    }
    for (const auto& [key, before] : observed.document->spec) {
      if (!wanted.contains(key)) settings.changes.push_back({key, before, default_text(key)});
    }
    if (observed.document->members != desired.members) {
      settings.changes.push_back(
          {"members", format_members(observed.document->members), format_members(desired.members)});
    }
    plan.steps.push_back(settings);
  }
  if (const std::optional<std::string> reason = manifest_lags(desired, observed)) {
    plan.steps.push_back({{Kind::kManifest, manifest_key(desired.spec.name, observed.identity.region), 0},
                          Action::kUpdate,
                          "",
                          {},
                          {*reason},
                          false});
  }
}

}  // namespace

ResourceGoal resource_goal(const Desired& desired, const Observed& observed) {
  ResourceGoal goal{desired.spec,
                    desired.identity,
                    {desired.spec.name, desired.identity.region, desired.id},
                    desired.tags,
                    {},
                    !observed.id.empty(),
                    observed.document.has_value(),
                    desired.adopt_bucket,
                    desired.adopt_log_group,
                    bucket_key_arn(observed.bucket.settings.encryption, desired.identity)};
  if (!observed.document) return goal;
  std::set<std::string>& dropped = goal.dropped_tags;
  dropped = observed.document->dropped_tags;
  for (const auto& [key, value] : observed.document->spec) {
    if (starts_with(key, kTagPrefix)) dropped.insert(key.substr(kTagPrefix.size()));
  }
  std::erase_if(dropped, [&](const std::string& key) { return desired.tags.contains(key); });
  return goal;
}

SpecValues document_values(const Spec& spec) {
  SpecValues values = spec.given;
  std::erase_if(values, [](const auto& entry) { return !stored_in_document(entry.first); });
  return values;
}

Plan diff(const Desired& desired, const Observed& observed) {
  Plan plan;
  plan.blockers = desired.problems;
  plan.notes = desired.notes;
  plan.members_before = observed.members();
  plan.members_after = desired.members;
  if (!desired.problems.empty()) return plan;  // a rejected request has no steps
  if (!desired.present) {
    diff_destroy(plan, desired, observed);
    return plan;
  }
  const ResourceGoal goal = resource_goal(desired, observed);
  compare_bucket(plan, observed.bucket, goal);
  compare_role(plan, observed.role, goal);
  compare_log_group(plan, observed.log_group, goal, had_logging(observed));
  diff_streams(plan, desired, observed);
  compare_metadata_objects(plan, desired, observed);
  return plan;
}

}  // namespace fhctl::pipeline
