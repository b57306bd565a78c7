#include "tests/sim/invariants/invariant_checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"

namespace fhctl::test {
namespace {

using sandbox::CloudState;
using sandbox::StreamStatus;

std::string own_folder(const std::string& pipeline, const std::string& region) {
  return "_fhctl/" + pipeline + "/" + region + "/";
}

// The newest version of one of fhctl's own objects, in whichever bucket it is; nullptr if it does not exist.
const sandbox::ObjectVersion* own_version(const CloudState& world, const RunFacts& run, const std::string& name) {
  const std::string key = own_folder(run.pipeline, run.region) + name;
  for (const auto& [bucket_name, bucket] : world.s3->buckets) {
    const auto found = bucket.objects.find(key);
    if (found != bucket.objects.end() && !found->second.front().is_delete_marker) return &found->second.front();
  }
  return nullptr;
}

std::optional<std::string> own_object(const CloudState& world, const RunFacts& run, const std::string& name) {
  const sandbox::ObjectVersion* version = own_version(world, run, name);
  return version == nullptr ? std::nullopt : std::optional(version->body);
}

std::set<std::string> offered(const std::optional<std::string>& manifest) {
  std::set<std::string> names;
  const Json json = manifest ? Json::parse(*manifest, nullptr, false) : Json();
  if (!json.is_object() || !json.contains("streams")) return names;
  for (const Json& stream : json["streams"]) {
    if (get_string(stream, "state") == "active") names.insert(get_string(stream, "name").value_or(""));
  }
  return names;
}

std::string_view status_name(StreamStatus status) {
  switch (status) {
    case StreamStatus::kCreating:
      return "CREATING";
    case StreamStatus::kCreatingFailed:
      return "CREATING_FAILED";
    case StreamStatus::kActive:
      return "ACTIVE";
    case StreamStatus::kDeleting:
      return "DELETING";
  }
  return "?";
}

std::string object_key(const sandbox::Route& route) {
  const std::size_t slash = route.resource.find('/');
  return slash == std::string::npos ? "" : route.resource.substr(slash + 1);
}

std::vector<std::string> keys_in(const std::string& body) {
  std::vector<std::string> keys;
  for (std::size_t at = body.find("<Key>"); at != std::string::npos; at = body.find("<Key>", at + 5)) {
    keys.push_back(body.substr(at + 5, body.find("</Key>", at) - at - 5));
  }
  return keys;
}

// "EntityAlreadyExists", from the JSON, XML or headers of a response; the status if it contains no code.
std::string error_code(const http::Response& response) {
  const Json json = Json::parse(response.body, nullptr, false);
  if (json.is_object() && json.contains("__type")) {
    const std::string type = get_string(json, "__type").value_or("");
    return type.substr(type.rfind('#') + 1);
  }
  const std::size_t from = response.body.find("<Code>");
  const std::size_t to = response.body.find("</Code>");
  if (from != std::string::npos && to != std::string::npos) return response.body.substr(from + 6, to - from - 6);
  return std::to_string(response.status);
}

}  // namespace

void InvariantChecker::before(const AppliedRequest& applied) {
  ++requests;
  mix(applied.request.method);
  mix(applied.request.url());
  mix(applied.request.body);
  mix(applied.request.headers.find("authorization").value_or(""));
  if (applied.request.host != "127.0.0.1") break_rule(applied.run, "host", "sent a request to " + applied.request.host);
  if (!applied.route.mutating) return;
  const std::optional<ThingKey> key = OwnershipLog::about(applied.run, applied.route);
  existed_ = key && OwnershipLog::exists(applied.world, *key);
  if (key && applied.route.operation == "DeleteDeliveryStream" && existed_) judge_stream_deletion(applied, *key);
  // A bucket with objects of another pipeline needs no check: S3 refuses to delete it.
  if (existed_ && applied.route.operation != "DeleteBucket") judge_order(applied);
  unlocked_ = without_lock(applied);
  taken_lock_ = takes_lock(applied);
}

void InvariantChecker::after(const AppliedRequest& applied, const http::Response& response) {
  mix(std::to_string(response.status));
  mix(response.body);
  if (applied.heard && applied.route.operation == "CreateDeliveryStream" &&
      contains(response.body, "LimitExceededException") &&
      !refused_by_quota_.insert({applied.run.process, applied.route.resource}).second) {
    break_rule(applied.run, "budget", "asks for " + applied.route.resource + " again although the quota is full");
  }
  if (response.status < 200 || response.status >= 300) {
    ++answered[applied.route.operation + ": " + error_code(response)];
    return;
  }
  if (applied.route.operation == "GetCallerIdentity") identified_.insert(applied.run.process);
  if (!applied.route.mutating) return;
  ++changes;
  if (on_change) on_change(applied);
  if (!unlocked_.empty()) break_rule(applied.run, "lock", unlocked_);
  if (!taken_lock_.empty()) break_rule(applied.run, "lock", taken_lock_);
  const std::optional<ThingKey> key = OwnershipLog::about(applied.run, applied.route);
  judge_change(applied, key);
  if (applied.route.operation == "DeleteBucket") judge_order(applied);
  if (key && !existed_ && starts_with(applied.route.operation, "Create")) {
    ownership_log.created(*key, {true, applied.run.whole_name(), applied.run.process, std::nullopt});
    gone_by_stranger_.erase(*key);
  }
  if (object_key(applied.route) == own_folder(applied.run.pipeline, applied.run.region) + "manifest.json" &&
      applied.route.operation == "PutObject") {
    judge_manifest(applied.run, applied.world, applied.request.body);
  }
}

void InvariantChecker::begun_after_stop(const RunFacts& run, const sandbox::Route& route) {
  if (!route.mutating || ends_with(object_key(route), "/lock")) return;
  break_rule(run, "stop", "begins " + route.operation + " after it was asked to stop");
}

void InvariantChecker::file_changed(const RunFacts& run, const std::string& path, const std::string& text) {
  if (Json::parse(text, nullptr, false).is_discarded()) break_rule(run, "manifest", path + " is not whole");
}

void InvariantChecker::judge_change(const AppliedRequest& applied, const std::optional<ThingKey>& key) {
  if (applied.run.verb == "plan")
    break_rule(applied.run, "foreign", "a plan changed something: " + applied.route.operation);
  if (!identified_.contains(applied.run.process)) {
    break_rule(applied.run, "identity", applied.route.operation + " before GetCallerIdentity");
  }
  if (key && existed_ && !ours(applied.run, *key) && !lately_ours(applied, *key)) {
    break_rule(applied.run, "foreign", applied.route.operation + " of " + key->text() + ", which is not ours");
  }
  if (applied.route.service == "s3") judge_objects(applied);
}

void InvariantChecker::judge_objects(const AppliedRequest& applied) {
  std::vector<std::string> gone;
  if (applied.route.operation == "DeleteObject") gone.push_back(object_key(applied.route));
  if (applied.route.operation == "DeleteObjects") gone = keys_in(applied.request.body);
  if (applied.run.verb == "destroy" && applied.run.data_may_go) return;
  for (const std::string& key : gone) {
    if (!starts_with(key, own_folder(applied.run.pipeline, applied.run.region))) {
      break_rule(applied.run, "data", "deleted the object " + key);
    }
  }
}

// Producers may still send to a stream that the manifest offers.
void InvariantChecker::judge_stream_deletion(const AppliedRequest& applied, const ThingKey& key) {
  if (!ours(applied.run, key)) return;  // covered by another rule, which applies only if the request succeeds
  const std::set<std::string> names = offered(own_object(applied.world, applied.run, "manifest.json"));
  if (names.contains(key.name)) {
    break_rule(applied.run, "data", "deletes " + key.text() + " while the manifest offers it");
  }
}

void InvariantChecker::judge_order(const AppliedRequest& applied) {
  const std::string& operation = applied.route.operation;
  const bool last_steps = operation == "DeleteRole" || operation == "DeleteRolePolicy" || operation == "DeleteBucket" ||
                          (operation == "DeleteObject" && ends_with(object_key(applied.route), "/pipeline.json"));
  if (!last_steps) return;
  for (const auto& [key, stream] : applied.world.firehose->streams) {
    const ThingKey there{Thing::kStream, key.first, key.second};
    if (key.first != applied.run.region || !ours(applied.run, there)) continue;
    return break_rule(applied.run, "order",
                      fmt::format("{} while {} is {}", operation, there.text(), status_name(stream.status)));
  }
}

// Returns "" if the run holds the lock, or the request needs no lock.
std::string InvariantChecker::without_lock(const AppliedRequest& applied) const {
  const std::string key = object_key(applied.route);
  const bool paper = ends_with(key, "/manifest.json") || ends_with(key, "/pipeline.json");
  const bool guarded = applied.route.service != "s3" || (paper && starts_with(key, "_fhctl/"));
  if (!guarded || applied.route.service == "sts" || robbed_.contains(applied.run.run_id)) return "";
  const std::optional<std::string> lock = own_object(applied.world, applied.run, "lock");
  if (!lock) return applied.route.operation + " without the lock";
  const Json body = Json::parse(*lock, nullptr, false);
  const std::string holder = body.is_object() ? get_string(body, "run_id").value_or("") : "";
  if (holder == applied.run.run_id) return "";
  return fmt::format("{} while run {} holds the lock, not run {}", applied.route.operation, holder, applied.run.run_id);
}

// Returns "" unless the request takes the lock away from another run whose process exists: replaces it before its lease
// has ended, or deletes it at any time.
std::string InvariantChecker::takes_lock(const AppliedRequest& applied) const {
  const bool deletes = applied.route.operation == "DeleteObject";
  if (!deletes && applied.route.operation != "PutObject") return "";
  if (object_key(applied.route) != own_folder(applied.run.pipeline, applied.run.region) + "lock") return "";
  const sandbox::ObjectVersion* lock = own_version(applied.world, applied.run, "lock");
  if (lock == nullptr) return "";
  const Json body = Json::parse(lock->body, nullptr, false);
  const std::string holder = body.is_object() ? get_string(body, "run_id").value_or("") : "";
  if (holder.empty() || holder == applied.run.run_id || ended_.contains(holder)) return "";
  const auto age = applied.world.now - lock->modified;
  if (!deletes && age >= std::chrono::seconds(get_integer(body, "lease_s").value_or(0))) return "";
  return fmt::format("{} the lock of run {}, which lives and renewed it {:.0f} s ago", deletes ? "deletes" : "takes",
                     holder, seconds_of(age));
}

void InvariantChecker::judge_manifest(const RunFacts& run, const CloudState& world, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return break_rule(run, "manifest", "is no JSON object");
  const std::int64_t generation = get_integer(json, "generation").value_or(0);
  Published& newest = published_[run.whole_name()];
  const bool again = generation == newest.generation && text == newest.text;  // repeated after a lost response
  if (generation <= newest.generation && !again) {
    break_rule(run, "manifest", fmt::format("generation {} after {}", generation, newest.generation));
  }
  if (generation > newest.generation) newest = {generation, text};
  for (const std::string& name : offered(text)) {
    const ThingKey key{Thing::kStream, run.region, name};
    const auto stream = world.firehose->streams.find({run.region, name});
    const Birth* birth = ownership_log.birth(key);
    if (gone_by_stranger_.contains(key) || (birth != nullptr && birth->disowned_at)) continue;  // changed by others
    if (stream == world.firehose->streams.end()) {
      break_rule(run, "manifest", "offers " + name + ", which is not there");
    } else if (stream->second.status != StreamStatus::kActive) {
      break_rule(run, "manifest", fmt::format("offers {}, which is {}", name, status_name(stream->second.status)));
    } else if (!ours(run, key)) {
      break_rule(run, "manifest", "offers " + name + ", which is not ours");
    }
  }
}

bool InvariantChecker::ours(const RunFacts& run, const ThingKey& key) const {
  const Birth* birth = ownership_log.birth(key);
  return birth != nullptr && birth->by_fhctl && birth->pipeline == run.whole_name() && !birth->disowned_at;
}

// AWS deletes and changes streams by name, whatever their tags: ownership may change between the read and the request.
bool InvariantChecker::lately_ours(const AppliedRequest& applied, const ThingKey& key) const {
  constexpr auto kTrusted = std::chrono::seconds(31);
  const Birth* birth = ownership_log.birth(key);
  return birth != nullptr && birth->by_fhctl && birth->pipeline == applied.run.whole_name() && birth->disowned_at &&
         applied.world.now < *birth->disowned_at + kTrusted;
}

std::string InvariantChecker::left_over(const CloudState& world, const std::string& pipeline, const std::string& region,
                                        bool bucket_stays) const {
  const RunFacts run{.pipeline = pipeline, .region = region};
  std::string text;
  for (const ThingKey& key : OwnershipLog::alive(world)) {
    if (!ours(run, key)) continue;
    if (bucket_stays && key.thing == Thing::kBucket) continue;
    text += (text.empty() ? "" : ", ") + key.text();
  }
  return text;
}

std::string InvariantChecker::not_there(const CloudState& world, const std::string& pipeline, const std::string& region,
                                        std::size_t count) const {
  const RunFacts run{.pipeline = pipeline, .region = region};
  std::set<std::string> active;
  std::size_t buckets = 0;
  std::size_t roles = 0;
  for (const ThingKey& key : OwnershipLog::alive(world)) {
    if (!ours(run, key)) continue;
    buckets += key.thing == Thing::kBucket ? 1 : 0;
    roles += key.thing == Thing::kRole && world.iam->roles.at(key.name).inline_policies.size() == 1 ? 1 : 0;
    if (key.thing != Thing::kStream) continue;
    const StreamStatus status = world.firehose->streams.at({key.region, key.name}).status;
    if (status == StreamStatus::kDeleting) continue;  // AWS advises not to wait for the deletion
    if (status != StreamStatus::kActive) return fmt::format("{} is {}", key.text(), status_name(status));
    active.insert(key.name);
  }
  if (active.size() != count) return fmt::format("{} streams instead of {}", active.size(), count);
  if (buckets != 1 || roles != 1) return fmt::format("{} buckets, {} roles with a policy", buckets, roles);
  if (offered(own_object(world, run, "manifest.json")) != active) return "the manifest offers other streams";
  return "";
}

void InvariantChecker::judge_undisturbed(const std::string& text, const std::optional<Error>& failure, Duration took,
                                         Duration limit) {
  if (!failure) return;
  broken.push_back(fmt::format("waits: {} gave up after {:.0f} s of {:.0f} s: {}", text, seconds_of(took),
                               seconds_of(limit), describe(*failure)));
  if (on_break) on_break(broken.back());
}

void InvariantChecker::break_rule(const RunFacts& run, const std::string& rule, const std::string& what) {
  broken.push_back(fmt::format("{}: {} ({}, process {})", rule, what, run.verb, run.process));
  if (on_break) on_break(broken.back());
}

// FNV-1a.
void InvariantChecker::mix(std::string_view bytes) {
  for (const char byte : bytes) trace = (trace ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  trace = (trace ^ 0xff) * 1099511628211u;
}

}  // namespace fhctl::test
