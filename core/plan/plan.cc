#include "core/plan/plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace fhctl::pipeline {
namespace {

// pipeline.json and the manifest are metadata objects of fhctl, not resources of the user.
bool is_resource(const Step& step) {
  return step.resource.kind != Kind::kSettings && step.resource.kind != Kind::kManifest;
}

int count(const Plan& plan, Action action) {
  return static_cast<int>(std::count_if(plan.steps.begin(), plan.steps.end(),
                                        [&](const Step& step) { return is_resource(step) && step.action == action; }));
}

}  // namespace

int Plan::added() const { return count(*this, Action::kCreate) + count(*this, Action::kReplace); }

// If only metadata objects change, they are counted: a plan with something to do never says "0, 0, 0".
int Plan::changed() const {
  const int resources = count(*this, Action::kUpdate);
  if (resources > 0 || added() > 0 || destroyed() > 0) return resources;
  return static_cast<int>(steps.size());
}

int Plan::destroyed() const { return count(*this, Action::kDelete) + count(*this, Action::kReplace); }

bool Plan::covers(const Plan& other) const {
  return std::all_of(other.steps.begin(), other.steps.end(), [&](const Step& step) {
    if (step.action != Action::kDelete && step.action != Action::kReplace) return true;
    return std::any_of(steps.begin(), steps.end(), [&](const Step& mine) {
      return mine.resource == step.resource && (mine.action == step.action || mine.action == Action::kDelete);
    });
  });
}

std::string summary_line(const Plan& plan) {
  return fmt::format("Plan: {} to add, {} to change, {} to destroy.", plan.added(), plan.changed(), plan.destroyed());
}

}  // namespace fhctl::pipeline
