// The plan: what would change and why, as plain data. diff() makes it, apply() carries it out, views print it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/error.h"
#include "core/pipeline/names.h"

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

// One field that differs, in both forms as people read them ("60 s" -> "120 s"). Long values are whole: views shorten.
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

// Something that is worth saying and changes nothing.
struct Note {
  bool warning = false;
  std::string message;
  std::string hint;
  bool operator==(const Note&) const = default;
};

struct Plan {
  std::vector<Step> steps;      // in the order of showing: bucket, role, policy, logs, streams by number
  std::vector<Error> blockers;  // any: nothing may be applied (exit 7)
  std::vector<Note> notes;
  Members members_before;
  Members members_after;

  int added() const;  // a replacement counts as one added and one destroyed
  int changed() const;
  int destroyed() const;
  bool empty() const { return steps.empty(); }
  // True when `other` adds no deletion and no replacement that this one did not have.
  bool covers(const Plan& other) const;
  bool operator==(const Plan&) const = default;
};

// "Plan: 7 to add, 0 to change, 0 to destroy.": people's scripts look for exactly this.
std::string summary_line(const Plan& plan);

}  // namespace fhctl::pipeline
