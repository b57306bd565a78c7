#include "core/pipeline/plan.h"

#include <algorithm>

#include <fmt/format.h>

namespace fhctl::pipeline {
namespace {

// pipeline.json and the manifest are fhctl's own paper, not resources of the user's.
bool is_resource(const Step& step) {
  return step.resource.kind != Kind::kSettings && step.resource.kind != Kind::kManifest;
}

int count(const Plan& plan, Action action) {
  return static_cast<int>(std::count_if(plan.steps.begin(), plan.steps.end(),
                                        [&](const Step& step) { return is_resource(step) && step.action == action; }));
}

}  // namespace

std::string_view kind_title(Kind kind) {
  switch (kind) {
    case Kind::kBucket:
      return "s3 bucket";
    case Kind::kRole:
      return "iam role";
    case Kind::kRolePolicy:
      return "iam role policy";
    case Kind::kLogGroup:
      return "log group";
    case Kind::kLogStream:
      return "log stream";
    case Kind::kStream:
      return "firehose";
    case Kind::kSettings:
      return "pipeline.json";
    case Kind::kManifest:
      return "manifest";
  }
  return "";
}

std::string_view kind_key(Kind kind) {
  switch (kind) {
    case Kind::kBucket:
      return "bucket";
    case Kind::kRole:
      return "role";
    case Kind::kRolePolicy:
      return "role_policy";
    case Kind::kLogGroup:
      return "log_group";
    case Kind::kLogStream:
      return "log_stream";
    case Kind::kStream:
      return "stream";
    case Kind::kSettings:
      return "settings";
    case Kind::kManifest:
      return "manifest";
  }
  return "";
}

std::string_view action_mark(Action action) {
  switch (action) {
    case Action::kCreate:
      return "+";
    case Action::kUpdate:
      return "~";
    case Action::kDelete:
      return "-";
    case Action::kReplace:
      return "-/+";
  }
  return "";
}

std::string_view action_key(Action action) {
  switch (action) {
    case Action::kCreate:
      return "create";
    case Action::kUpdate:
      return "update";
    case Action::kDelete:
      return "delete";
    case Action::kReplace:
      return "replace";
  }
  return "";
}

int Plan::added() const { return count(*this, Action::kCreate) + count(*this, Action::kReplace); }

// Where fhctl's own paper is all that changes, it counts: a plan with something to do never says "0, 0, 0".
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
