#include "tests/sim/referee.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "sandbox/firehose_state.h"
#include "sandbox/iam_state.h"
#include "sandbox/logs_state.h"
#include "sandbox/s3_state.h"

namespace fhctl::test {
namespace {

using sandbox::StreamStatus;
using sandbox::World;

std::string own_folder(const std::string& pipeline, const std::string& region) {
  return "_fhctl/" + pipeline + "/" + region + "/";
}

// The newest version of an object of fhctl's own, in whichever bucket it lies; nullptr when there is none.
const sandbox::ObjectVersion* own_version(const World& world, const RunFacts& run, const std::string& name) {
  const std::string key = own_folder(run.pipeline, run.region) + name;
  for (const auto& [bucket_name, bucket] : world.s3->buckets) {
    const auto found = bucket.objects.find(key);
    if (found != bucket.objects.end() && !found->second.front().is_delete_marker) return &found->second.front();
  }
  return nullptr;
}

std::optional<std::string> own_object(const World& world, const RunFacts& run, const std::string& name) {
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

// "EntityAlreadyExists", from the JSON, XML or headers of an answer; the status when it says no more.
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

void Referee::before(const Deed& deed) {
  ++requests;
  mix(deed.request.method);
  mix(deed.request.url());
  mix(deed.request.body);
  mix(deed.request.headers.find("authorization").value_or(""));
  if (deed.request.host != "127.0.0.1") break_rule(deed.run, "host", "sent a request to " + deed.request.host);
  if (!deed.route.mutating) return;
  const std::optional<ThingKey> key = Ledger::about(deed.run, deed.route);
  existed_ = key && Ledger::exists(deed.world, *key);
  if (key && deed.route.operation == "DeleteDeliveryStream" && existed_) judge_stream_deletion(deed, *key);
  // A bucket in which another pipeline has begun S3 refuses to delete by itself.
  if (existed_ && deed.route.operation != "DeleteBucket") judge_order(deed);
  unlocked_ = without_lock(deed);
  taken_lock_ = takes_lock(deed);
}

void Referee::after(const Deed& deed, const http::Response& response) {
  mix(std::to_string(response.status));
  mix(response.body);
  if (deed.heard && deed.route.operation == "CreateDeliveryStream" &&
      contains(response.body, "LimitExceededException") &&
      !refused_by_quota_.insert({deed.run.process, deed.route.resource}).second) {
    break_rule(deed.run, "budget", "asks for " + deed.route.resource + " again although the quota is full");
  }
  if (response.status < 200 || response.status >= 300) {
    ++answered[deed.route.operation + ": " + error_code(response)];
    return;
  }
  if (deed.route.operation == "GetCallerIdentity") identified_.insert(deed.run.process);
  if (!deed.route.mutating) return;
  ++changes;
  if (on_change) on_change(deed);
  if (!unlocked_.empty()) break_rule(deed.run, "lock", unlocked_);
  if (!taken_lock_.empty()) break_rule(deed.run, "lock", taken_lock_);
  const std::optional<ThingKey> key = Ledger::about(deed.run, deed.route);
  judge_change(deed, key);
  if (deed.route.operation == "DeleteBucket") judge_order(deed);
  if (key && !existed_ && starts_with(deed.route.operation, "Create")) {
    ledger.created(*key, {true, deed.run.whole_name(), deed.run.process, std::nullopt});
    gone_by_stranger_.erase(*key);
  }
  if (object_key(deed.route) == own_folder(deed.run.pipeline, deed.run.region) + "manifest.json" &&
      deed.route.operation == "PutObject") {
    judge_manifest(deed.run, deed.world, deed.request.body);
  }
}

void Referee::begun_after_stop(const RunFacts& run, const sandbox::Route& route) {
  if (!route.mutating || ends_with(object_key(route), "/lock")) return;
  break_rule(run, "stop", "begins " + route.operation + " after it was asked to stop");
}

void Referee::file_changed(const RunFacts& run, const std::string& path, const std::string& text) {
  if (Json::parse(text, nullptr, false).is_discarded()) break_rule(run, "manifest", path + " is not whole");
}

void Referee::judge_change(const Deed& deed, const std::optional<ThingKey>& key) {
  if (deed.run.verb == "plan") break_rule(deed.run, "foreign", "a plan changed something: " + deed.route.operation);
  if (!identified_.contains(deed.run.process)) {
    break_rule(deed.run, "identity", deed.route.operation + " before GetCallerIdentity");
  }
  if (key && existed_ && !ours(deed.run, *key) && !lately_ours(deed, *key)) {
    break_rule(deed.run, "foreign", deed.route.operation + " of " + key->text() + ", which is not ours");
  }
  if (deed.route.service == "s3") judge_objects(deed);
}

void Referee::judge_objects(const Deed& deed) {
  std::vector<std::string> gone;
  if (deed.route.operation == "DeleteObject") gone.push_back(object_key(deed.route));
  if (deed.route.operation == "DeleteObjects") gone = keys_in(deed.request.body);
  if (deed.run.verb == "destroy" && deed.run.data_may_go) return;
  for (const std::string& key : gone) {
    if (!starts_with(key, own_folder(deed.run.pipeline, deed.run.region))) {
      break_rule(deed.run, "data", "deleted the object " + key);
    }
  }
}

// Producers may still be sending to a stream that the manifest offers.
void Referee::judge_stream_deletion(const Deed& deed, const ThingKey& key) {
  if (!ours(deed.run, key)) return;  // is another rule's business, and only if it succeeds
  const std::set<std::string> names = offered(own_object(deed.world, deed.run, "manifest.json"));
  if (names.contains(key.name)) {
    break_rule(deed.run, "data", "deletes " + key.text() + " while the manifest offers it");
  }
}

void Referee::judge_order(const Deed& deed) {
  const std::string& operation = deed.route.operation;
  const bool last_steps = operation == "DeleteRole" || operation == "DeleteRolePolicy" || operation == "DeleteBucket" ||
                          (operation == "DeleteObject" && ends_with(object_key(deed.route), "/pipeline.json"));
  if (!last_steps) return;
  for (const auto& [key, stream] : deed.world.firehose->streams) {
    const ThingKey there{Thing::kStream, key.first, key.second};
    if (key.first != deed.run.region || !ours(deed.run, there)) continue;
    return break_rule(deed.run, "order",
                      fmt::format("{} while {} is {}", operation, there.text(), status_name(stream.status)));
  }
}

// "" when it is covered by the lock, or needs none.
std::string Referee::without_lock(const Deed& deed) const {
  const std::string key = object_key(deed.route);
  const bool paper = ends_with(key, "/manifest.json") || ends_with(key, "/pipeline.json");
  const bool guarded = deed.route.service != "s3" || (paper && starts_with(key, "_fhctl/"));
  if (!guarded || deed.route.service == "sts" || robbed_.contains(deed.run.run_id)) return "";
  const std::optional<std::string> lock = own_object(deed.world, deed.run, "lock");
  if (!lock) return deed.route.operation + " without the lock";
  const Json body = Json::parse(*lock, nullptr, false);
  const std::string holder = body.is_object() ? get_string(body, "run_id").value_or("") : "";
  if (holder == deed.run.run_id) return "";
  return fmt::format("{} while run {} holds the lock, not run {}", deed.route.operation, holder, deed.run.run_id);
}

// "" unless the request would take the lock away from another run that lives: replace it while its lease runs, or
// delete it at any time.
std::string Referee::takes_lock(const Deed& deed) const {
  const bool deletes = deed.route.operation == "DeleteObject";
  if (!deletes && deed.route.operation != "PutObject") return "";
  if (object_key(deed.route) != own_folder(deed.run.pipeline, deed.run.region) + "lock") return "";
  const sandbox::ObjectVersion* lock = own_version(deed.world, deed.run, "lock");
  if (lock == nullptr) return "";
  const Json body = Json::parse(lock->body, nullptr, false);
  const std::string holder = body.is_object() ? get_string(body, "run_id").value_or("") : "";
  if (holder.empty() || holder == deed.run.run_id || ended_.contains(holder)) return "";
  const auto age = deed.world.now - lock->modified;
  if (!deletes && age >= std::chrono::seconds(get_integer(body, "lease_s").value_or(0))) return "";
  return fmt::format("{} the lock of run {}, which lives and renewed it {:.0f} s ago", deletes ? "deletes" : "takes",
                     holder, seconds_of(age));
}

void Referee::judge_manifest(const RunFacts& run, const World& world, const std::string& text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return break_rule(run, "manifest", "is no JSON object");
  const std::int64_t generation = get_integer(json, "generation").value_or(0);
  Published& newest = published_[run.whole_name()];
  const bool again = generation == newest.generation && text == newest.text;  // after an answer that was lost
  if (generation <= newest.generation && !again) {
    break_rule(run, "manifest", fmt::format("generation {} after {}", generation, newest.generation));
  }
  if (generation > newest.generation) newest = {generation, text};
  for (const std::string& name : offered(text)) {
    const ThingKey key{Thing::kStream, run.region, name};
    const auto stream = world.firehose->streams.find({run.region, name});
    const Birth* birth = ledger.birth(key);
    if (gone_by_stranger_.contains(key) || (birth != nullptr && birth->disowned_at)) continue;  // under its hands
    if (stream == world.firehose->streams.end()) {
      break_rule(run, "manifest", "offers " + name + ", which is not there");
    } else if (stream->second.status != StreamStatus::kActive) {
      break_rule(run, "manifest", fmt::format("offers {}, which is {}", name, status_name(stream->second.status)));
    } else if (!ours(run, key)) {
      break_rule(run, "manifest", "offers " + name + ", which is not ours");
    }
  }
}

bool Referee::ours(const RunFacts& run, const ThingKey& key) const {
  const Birth* birth = ledger.birth(key);
  return birth != nullptr && birth->by_fhctl && birth->pipeline == run.whole_name() && !birth->disowned_at;
}

// AWS deletes and changes streams by name, whatever their tags: between a look and the request anybody may take them.
bool Referee::lately_ours(const Deed& deed, const ThingKey& key) const {
  constexpr auto kTrusted = std::chrono::seconds(31);
  const Birth* birth = ledger.birth(key);
  return birth != nullptr && birth->by_fhctl && birth->pipeline == deed.run.whole_name() && birth->disowned_at &&
         deed.world.now < *birth->disowned_at + kTrusted;
}

std::string Referee::left_over(const World& world, const std::string& pipeline, const std::string& region,
                               bool bucket_stays) const {
  const RunFacts run{.pipeline = pipeline, .region = region};
  std::string text;
  for (const ThingKey& key : Ledger::alive(world)) {
    if (!ours(run, key)) continue;
    if (bucket_stays && key.thing == Thing::kBucket) continue;
    text += (text.empty() ? "" : ", ") + key.text();
  }
  return text;
}

std::string Referee::not_there(const World& world, const std::string& pipeline, const std::string& region,
                               std::size_t count) const {
  const RunFacts run{.pipeline = pipeline, .region = region};
  std::set<std::string> active;
  std::size_t buckets = 0;
  std::size_t roles = 0;
  for (const ThingKey& key : Ledger::alive(world)) {
    if (!ours(run, key)) continue;
    buckets += key.thing == Thing::kBucket ? 1 : 0;
    roles += key.thing == Thing::kRole && world.iam->roles.at(key.name).inline_policies.size() == 1 ? 1 : 0;
    if (key.thing != Thing::kStream) continue;
    const StreamStatus status = world.firehose->streams.at({key.region, key.name}).status;
    if (status == StreamStatus::kDeleting) continue;  // AWS advises not to wait for that
    if (status != StreamStatus::kActive) return fmt::format("{} is {}", key.text(), status_name(status));
    active.insert(key.name);
  }
  if (active.size() != count) return fmt::format("{} streams instead of {}", active.size(), count);
  if (buckets != 1 || roles != 1) return fmt::format("{} buckets, {} roles with a policy", buckets, roles);
  if (offered(own_object(world, run, "manifest.json")) != active) return "the manifest offers other streams";
  return "";
}

void Referee::break_rule(const RunFacts& run, const std::string& rule, const std::string& what) {
  broken.push_back(fmt::format("{}: {} ({}, process {})", rule, what, run.verb, run.process));
  if (on_break) on_break(broken.back());
}

// FNV-1a.
void Referee::mix(std::string_view bytes) {
  for (const char byte : bytes) trace = (trace ^ static_cast<unsigned char>(byte)) * 1099511628211u;
  trace = (trace ^ 0xff) * 1099511628211u;
}

}  // namespace fhctl::test
