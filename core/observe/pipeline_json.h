// pipeline.json: the desired state of a pipeline, kept in its bucket, from which any machine can continue. It is not a
// record of what was done.
//
// Versions of fhctl share one pipeline. A reader ignores members and keys that it does not know, and a writer keeps
// them. What an older writer must not ignore is listed in "requires" with the version of fhctl that is needed; see
// docs/pipeline-json.md.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/spec/names.h"
#include "core/spec/spec.h"

namespace fhctl::pipeline {

// The newest request to change the pipeline that a run has begun to carry out. A run that waits without the lock
// compares it with its own before it changes or publishes anything.
struct StoredIntent {
  std::string run_id;
  std::string command;  // "up", "scale", "undrain", "destroy"
  std::string holder;   // host of the run, for messages
  std::string at;       // ISO 8601: when the request was confirmed, by AWS's clock
  bool operator==(const StoredIntent&) const = default;
};

// Members of JSON that this version does not know: name -> the value as JSON text.
using JsonMembers = std::map<std::string, std::string>;

struct Document {
  std::string pipeline;
  std::string account;
  std::string region;
  std::string id;          // 16 hex digits, random, generated when the pipeline is created; also the manifest's epoch
  std::string created_by;  // the caller's ARN
  std::string created_at;  // ISO 8601
  SpecValues spec;         // only values that a user set; every other key has its default
  Members members;
  std::set<std::string> dropped_tags{};  // keys that a user no longer sets and that resources may still carry
  std::optional<StoredIntent> intent{};  // nullopt: written by fhctl 0.1, which has no such member
  // Key or member -> version of fhctl that a writer must have, without the keys for which format_document() writes
  // that.
  std::map<std::string, std::string> requires_version{};
  JsonMembers unknown_members{};  // at the top level, "requires" among them
  JsonMembers unknown_spec{};     // keys of "spec" that this version does not know, and values that it cannot read
  std::string schema{};           // of a newer minor version, kept when the document is written; empty: this version's
  bool operator==(const Document&) const = default;
};

// JSON, schema "fhctl.pipeline/1": known members in a fixed order, then the unknown ones. "requires" also lists those
// keys of `spec` without which an older version would change or create other resources.
std::string format_document(const Document& document);

// kProtocol with what is wrong: not JSON, another schema major, a missing member, wrong types. Unknown members and keys
// are kept in the document, and so are values of known keys that this version cannot read. Keys that never come from
// the bucket (see stored_in_document) are dropped. In a document of fhctl 0.1, which stores every key, a value that
// equals the default of that version counts as not set.
Result<Document> parse_document(std::string_view text, std::string_view where);

// False for keys that belong to one machine or to the command line (the name, the count, the path of the local
// manifest): they are neither written to pipeline.json nor read from it, so that write access to that object does not
// allow choosing a file on an operator's machine.
bool stored_in_document(std::string_view key);

// Whether the newest request is to destroy the pipeline.
bool is_destroy(const std::optional<StoredIntent>& intent);

// True for keys that name resources: without their values a run would look for, and delete, other resources.
bool names_resource(std::string_view key);

// The keys in "requires" that this version does not know, because of which it must not change this document. Each with
// the version that is needed ("" if the document does not say it).
std::vector<std::pair<std::string, std::string>> missing_requirements(const Document& document);

// Moves all values but the names of resources to `unknown_spec`, where they count as values that cannot be read.
void set_aside_settings(Document& document);

// Known keys whose stored values this version cannot read; they count as not set.
std::vector<std::string> unreadable_keys(const Document& document);

}  // namespace fhctl::pipeline
