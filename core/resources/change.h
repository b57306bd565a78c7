// What a plan consists of: the changes to single resources and why, as plain data.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"

namespace fhctl::pipeline {

enum class Kind { kBucket, kRole, kRolePolicy, kLogGroup, kLogStream, kStream, kSettings, kManifest };

struct ResourceId {
  Kind kind;
  std::string name;  // as AWS knows it; role policies and log streams as "role/policy" and "group:stream"
  int number = 0;    // of a delivery stream
  auto operator<=>(const ResourceId&) const = default;
};
inline const ResourceId kManifestId{Kind::kManifest, "manifest", 0};  // whatever its key

std::string_view kind_title(Kind kind);  // "s3 bucket", "iam role", "firehose", ...: for people
std::string_view kind_key(Kind kind);    // "bucket", "role", "role_policy", "log_group", "log_stream", "stream": JSON

enum class Action { kCreate, kUpdate, kDelete, kReplace };
std::string_view action_mark(Action action);  // "+", "~", "-", "-/+"
std::string_view action_key(Action action);   // "create", "update", "delete", "replace"

// One field that differs, in both forms as people read them ("60 s" -> "120 s"). Long values are complete: views
// shorten them.
struct FieldChange {
  std::string field;
  std::string before;
  std::string after;
  bool operator==(const FieldChange&) const = default;
};

struct Step {
  ResourceId resource;
  Action action;
  std::string detail;                // what is worth knowing in one line: "60 s / 5 MiB, gzip"
  std::vector<FieldChange> changes;  // of an update
  std::vector<std::string> reasons;  // why: "deleted outside fhctl", "CREATING_FAILED: KMS_KEY_NOT_FOUND"
  bool drift = false;                // the difference was made behind fhctl's back
  bool operator==(const Step&) const = default;
};

// A remark for the user that changes nothing.
struct Note {
  bool warning = false;
  std::string message;
  std::string hint;
  bool operator==(const Note&) const = default;
};

// The result of comparing resources: what would change, reasons to refuse it, and remarks.
struct Changes {
  std::vector<Step> steps;      // in the order of showing: bucket, role, policy, logs, streams by number
  std::vector<Error> blockers;  // any: nothing may be applied (exit 7)
  std::vector<Note> notes;
  bool operator==(const Changes&) const = default;
};

// Adds the step, unless it is an update that changes nothing.
void add_step(Changes& changes, Step step);
// Adds an error of kPrecondition to the blockers.
void add_blocker(Changes& changes, std::string message, std::string hint);
void add_note(Changes& changes, std::string message);
// Adds the deletion of a resource.
void add_deletion(Changes& changes, Kind kind, const std::string& name, std::string detail = "");

}  // namespace fhctl::pipeline
