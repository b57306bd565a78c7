#include "core/observe/lock_object.h"

#include <chrono>

#include "core/base/json.h"

namespace fhctl::pipeline {

namespace {

std::string join_boot_id(const LockBody& body) {
  if (body.boot_id.empty() && body.pid_namespace.empty()) return "";
  return body.boot_id + ":" + body.pid_namespace;
}

void split_boot_id(const std::string& text, LockBody& body) {
  const std::size_t colon = text.rfind(':');
  body.boot_id = text.substr(0, colon);
  body.pid_namespace = colon == std::string::npos ? "" : text.substr(colon + 1);
}

// Last-Modified has whole seconds: one more makes sure that a lease is never cut short.
Duration whole_lease(const LockBody& body) { return std::chrono::seconds(body.lease_s + 1); }

}  // namespace

std::string format_lock(const LockBody& body) {
  OrderedJson json;
  json["schema"] = "fhctl.lock/1";
  json["run_id"] = body.run_id;
  json["holder"] = body.holder;
  json["host"] = body.host;
  json["boot_id"] = join_boot_id(body);
  json["pid"] = body.pid;
  if (body.pid_start) json["pid_start"] = *body.pid_start;
  json["command"] = body.command;
  json["ci_url"] = body.ci_url;
  json["renewals"] = body.renewals;
  json["lease_s"] = body.lease_s;
  return dump(json, 2) + "\n";
}

Result<LockBody> parse_lock(std::string_view text) {
  ASSIGN_OR_RETURN(Json json, parse_json(text, "the lock"));
  const auto run_id = get_string(json, "run_id");
  const auto lease = get_integer(json, "lease_s");
  if (!run_id || !lease || *lease < 1 || *lease > 86'400) {
    return make_error(ErrorKind::kProtocol, "the lock object is not a lock of fhctl's",
                      "`fhctl lock break --force` removes it");
  }
  LockBody body;
  body.run_id = *run_id;
  body.holder = get_string(json, "holder").value_or("");
  body.host = get_string(json, "host").value_or("");
  split_boot_id(get_string(json, "boot_id").value_or(""), body);
  body.pid = get_int(json, "pid").value_or(0);
  body.pid_start = get_integer(json, "pid_start");
  body.command = get_string(json, "command").value_or("");
  body.ci_url = get_string(json, "ci_url").value_or("");
  body.renewals = get_integer(json, "renewals").value_or(0);
  body.lease_s = static_cast<int>(*lease);
  return body;
}

Result<std::optional<SeenLock>> read_lock(aws::Client& client, const LockPlace& place) {
  const Result<std::optional<s3::Object>> object = s3::get_object(client, place.bucket, place.key);
  if (!object) return with_context(object.error(), "reading the lock");
  if (!*object) return std::optional<SeenLock>();
  SeenLock seen;
  seen.etag = (*object)->etag;
  // Both times are S3's: the clocks of two machines are never compared.
  if ((*object)->date && (*object)->last_modified) seen.age = *(*object)->date - *(*object)->last_modified;
  if (seen.age < Duration::zero()) seen.age = Duration::zero();
  if (Result<LockBody> body = parse_lock((*object)->body)) {
    seen.body = *body;
  } else {
    seen.problem = body.error();
    seen.body.holder = "an unreadable lock object";
  }
  seen.expired = seen.age > whole_lease(seen.body);
  return std::optional<SeenLock>(seen);
}

Duration SeenLock::lease_left() const {
  if (expired) return Duration::zero();
  return std::chrono::ceil<std::chrono::seconds>(whole_lease(body) - age + std::chrono::milliseconds(1));
}

Result<bool> break_lock(aws::Client& client, const LockPlace& place, const SeenLock& seen) {
  return s3::delete_object(client, place.bucket, place.key, "", seen.etag);
}

bool holder_is_dead(const SeenLock& seen, const Host& host) {
  const LockBody& body = seen.body;
  const auto same = [](const std::string& theirs, const std::string& ours) { return !ours.empty() && theirs == ours; };
  const bool same_processes = same(body.host, host.name()) && same(body.boot_id, host.boot_id()) &&
                              same(body.pid_namespace, host.pid_namespace());
  if (seen.problem || !same_processes || body.pid <= 0) return false;
  if (body.pid != host.pid() && !host.process_alive(body.pid)) return true;
  // The number may have been given to another process since.
  const std::optional<std::int64_t> start = host.process_start(body.pid);
  return body.pid_start && start && *start != *body.pid_start;
}

}  // namespace fhctl::pipeline
