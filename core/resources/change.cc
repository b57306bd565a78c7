#include "core/resources/change.h"

#include <utility>

namespace fhctl::pipeline {

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

void add_step(Changes& changes, Step step) {
  if (step.changes.empty() && step.action == Action::kUpdate) return;
  changes.steps.push_back(std::move(step));
}

void add_blocker(Changes& changes, std::string message, std::string hint) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = std::move(message);
  error.hint = std::move(hint);
  changes.blockers.push_back(std::move(error));
}

void add_note(Changes& changes, std::string message) { changes.notes.push_back({false, std::move(message), ""}); }

void add_deletion(Changes& changes, Kind kind, const std::string& name, std::string detail) {
  changes.steps.push_back({{kind, name, 0}, Action::kDelete, std::move(detail), {}, {}, false});
}

}  // namespace fhctl::pipeline
