#include "tests/sim/scenarios/external_actor.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "tests/sim/harness/direct_change.h"

namespace fhctl::test {
namespace {

constexpr const char* kMark = "stranger";

}  // namespace

std::string ExternalActor::act(bool careful) {
  world_.cloud.advance(world_.driver.wall_now());
  if (world_.past) {
    for (const char* service : {"firehose", "iam", "logs", "s3"}) {
      world_.past->remember(world_.cloud.world(), service, world_.driver.wall_now());
    }
  }
  const DirectChange change(world_.cloud.world());
  std::string what;
  switch (chooser_.choose(Lane::kStranger, "act", 10)) {
    case 0:
      what = write_object();
      break;
    case 1:
      if (!careful) what = take_stream();
      break;
    case 2:
      what = edit_stream();
      break;
    case 3:
      what = untag_stream();
      break;
    case 4:
      what = look_alike();
      break;
    case 5:
      if (!careful) what = take_policy();
      break;
    case 6:
      what = take_log_group();
      break;
    case 7:
      what = take_lock();
      break;
    case 8:
      what = take_manifest();
      break;
    case 9:
      what = other_role();
      break;
  }
  if (!what.empty()) ++acts_;
  return what;
}

std::vector<std::pair<std::string, std::string>> ExternalActor::streams() const {
  std::vector<std::pair<std::string, std::string>> ours;
  for (const auto& [key, stream] : world_.cloud.world().firehose->streams) {
    if (key.first != world_.region) continue;
    if (!own_.contains({Thing::kStream, key.first, key.second})) ours.push_back(key);
  }
  return ours;
}

std::map<std::string, sandbox::Bucket>::iterator ExternalActor::bucket() {
  auto& buckets = world_.cloud.world().s3->buckets;
  return buckets.find(kBucketOfLogs);
}

std::string ExternalActor::take_stream() {
  const auto all = streams();
  if (all.empty()) return "";
  const auto& key = all[chooser_.choose(Lane::kStranger, "which", all.size())];
  world_.cloud.world().firehose->streams.erase(key);
  invariant_checker_.deleted_by_stranger({Thing::kStream, key.first, key.second});
  return "deletes " + key.second;
}

std::string ExternalActor::edit_stream() {
  const auto all = streams();
  if (all.empty()) return "";
  const auto& key = all[chooser_.choose(Lane::kStranger, "which", all.size())];
  sandbox::Stream& stream = world_.cloud.world().firehose->streams.at(key);
  if (!stream.destination.is_object()) return "";
  stream.destination["BufferingHints"]["IntervalInSeconds"] = 777;
  ++stream.version;
  return "edits the buffer of " + key.second;
}

std::string ExternalActor::untag_stream() {
  const auto all = streams();
  if (all.empty()) return "";
  const auto& key = all[chooser_.choose(Lane::kStranger, "which", all.size())];
  world_.cloud.world().firehose->streams.at(key).tags.clear();
  invariant_checker_.ownership_log.disown({Thing::kStream, key.first, key.second}, world_.driver.wall_now());
  own_.insert({Thing::kStream, key.first, key.second});
  return "takes the tags off " + key.second;
}

std::string ExternalActor::look_alike() {
  const std::string name = fmt::format("logs-{}", 1 + chooser_.choose(Lane::kStranger, "number", 5));
  const ThingKey key{Thing::kStream, world_.region, name};
  auto& streams = world_.cloud.world().firehose->streams;
  if (OwnershipLog::exists(world_.cloud.world(), key)) return "";
  sandbox::Stream stream;
  stream.name = name;
  stream.region = world_.region;
  stream.arn = fmt::format("arn:aws:firehose:{}:123456789012:deliverystream/{}", world_.region, name);
  stream.status = sandbox::StreamStatus::kActive;
  stream.created_at = world_.driver.wall_now();
  stream.destination = Json::object();
  stream.tags = {{"owner", kMark}};
  // Tags copied by hand. With a copy of the id too, the stream would be ours: only tags identify the owner.
  if (chooser_.rarely(Lane::kStranger, "copied tags", 3)) {
    stream.tags = {{"fhctl:pipeline", "logs"}, {"fhctl:region", world_.region}};
  }
  streams[{world_.region, name}] = stream;
  own_.insert(key);
  marks_[key] = stream.arn;
  invariant_checker_.ownership_log.created(key, {});
  return "makes a stream " + name;
}

std::string ExternalActor::take_policy() {
  for (auto& [name, role] : world_.cloud.world().iam->roles) {
    if (own_.contains({Thing::kRole, "", name}) || role.inline_policies.empty()) continue;
    if (!contains(name, world_.region)) continue;
    role.inline_policies.clear();
    return "deletes the policy of " + name;
  }
  return "";
}

std::string ExternalActor::take_log_group() {
  auto& groups = world_.cloud.world().logs->groups;
  const auto found = groups.lower_bound({world_.region, ""});
  if (found == groups.end() || found->first.first != world_.region) return "";
  const auto key = found->first;
  invariant_checker_.deleted_by_stranger({Thing::kLogGroup, key.first, key.second});
  groups.erase(found);
  return "deletes the log group " + key.second;
}

std::string ExternalActor::take_lock() {
  const auto found = bucket();
  if (found == world_.cloud.world().s3->buckets.end()) return "";
  const auto lock = found->second.objects.find("_fhctl/logs/us-west-2/lock");
  if (lock == found->second.objects.end()) return "";
  const Json body = Json::parse(lock->second.front().body, nullptr, false);
  invariant_checker_.took_lock_away(body.is_object() ? get_string(body, "run_id").value_or("") : "");
  found->second.objects.erase(lock);
  return "deletes the lock";
}

std::string ExternalActor::take_manifest() {
  const auto found = bucket();
  if (found == world_.cloud.world().s3->buckets.end()) return "";
  return found->second.objects.erase("_fhctl/logs/us-west-2/manifest.json") == 0 ? "" : "deletes the manifest";
}

std::string ExternalActor::write_object() {
  const auto found = bucket();
  if (found == world_.cloud.world().s3->buckets.end()) return "";
  sandbox::ObjectVersion version;
  version.body = kMark;
  version.etag = "\"0123\"";
  version.modified = world_.driver.wall_now();
  found->second.objects[fmt::format("data/{}", acts_)] = {version};
  return "writes an object";
}

std::string ExternalActor::other_role() {
  const ThingKey key{Thing::kRole, "", "logs-us-west-2-firehose"};
  auto& roles = world_.cloud.world().iam->roles;
  if (roles.contains(key.name)) return "";
  sandbox::Role role;
  role.name = key.name;
  role.id = "AROASTRANGER";
  role.arn = "arn:aws:iam::123456789012:role/" + key.name;
  role.trust.document = "{}";
  role.tags = {{"owner", kMark}};
  roles[key.name] = role;
  own_.insert(key);
  marks_[key] = role.id;
  invariant_checker_.ownership_log.created(key, {});
  return "makes a role of the same name";
}

std::string ExternalActor::harmed() const {
  const sandbox::CloudState& world = world_.cloud.world();
  for (const auto& [key, mark] : marks_) {
    if (!OwnershipLog::exists(world, key)) return key.text() + " is gone";
    const bool same =
        key.thing == Thing::kRole
            ? world.iam->roles.at(key.name).id == mark && world.iam->roles.at(key.name).trust.document == "{}"
            : world.firehose->streams.at({key.region, key.name}).destination == Json::object();
    if (!same) return key.text() + " was changed";
  }
  return "";
}

void ExternalActor::go_home() {
  sandbox::CloudState& world = world_.cloud.world();
  for (const ThingKey& key : own_) {
    if (key.thing == Thing::kRole) world.iam->roles.erase(key.name);
    if (key.thing == Thing::kStream) world.firehose->streams.erase({key.region, key.name});
    invariant_checker_.deleted_by_stranger(key);
  }
  own_.clear();
  marks_.clear();
}

bool OtherAccount::live(Loop& loop, const bool& over) {
  const auto pick = [&](const char* what, std::uint64_t n) { return chooser_.choose(Lane::kAccount, what, n); };
  if (pick("wants the bucket's name", 8) != 7) return false;
  loop.sleep_for(std::chrono::seconds(pick("when", 900)));
  sandbox::S3State& s3 = *world_.cloud.world().s3;
  if (over || s3.buckets.contains(kBucketOfLogs)) return false;
  s3.foreign.insert(kBucketOfLogs);
  const Instant until = loop.now() + std::chrono::seconds(1 + pick("for how long", 900));
  while (!over && loop.now() < until) loop.sleep_for(std::chrono::seconds(1));
  world_.cloud.world().s3->foreign.erase(kBucketOfLogs);
  return true;
}

}  // namespace fhctl::test
