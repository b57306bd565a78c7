#include "tests/sim/invariants/ownership_log.h"

#include <fmt/format.h>

#include "core/base/text.h"
#include "sandbox/firehose/firehose_state.h"
#include "sandbox/iam/iam_state.h"
#include "sandbox/logs/logs_state.h"
#include "sandbox/s3/s3_state.h"

namespace fhctl::test {

std::string_view thing_name(Thing thing) {
  switch (thing) {
    case Thing::kStream:
      return "stream";
    case Thing::kRole:
      return "role";
    case Thing::kLogGroup:
      return "log group";
    case Thing::kBucket:
      return "bucket";
  }
  return "?";
}

std::string ThingKey::text() const {
  return fmt::format("{} {}{}{}", thing_name(thing), region, region.empty() ? "" : "/", name);
}

std::optional<ThingKey> OwnershipLog::about(const RunFacts& run, const sandbox::Route& route) {
  if (route.resource.empty()) return std::nullopt;
  if (route.service == "firehose") return ThingKey{Thing::kStream, run.region, route.resource};
  if (route.service == "iam") {
    return ThingKey{Thing::kRole, "", to_lower(route.resource.substr(0, route.resource.find('/')))};
  }
  if (route.service == "logs") {
    const std::size_t arn = route.resource.find(":log-group:");  // TagResource names its group by ARN
    std::string group = arn == std::string::npos ? route.resource : route.resource.substr(arn + 11);
    if (ends_with(group, ":*")) group.resize(group.size() - 2);
    return ThingKey{Thing::kLogGroup, run.region, group};
  }
  if (route.service == "s3") return ThingKey{Thing::kBucket, "", route.resource.substr(0, route.resource.find('/'))};
  return std::nullopt;
}

const Birth* OwnershipLog::birth(const ThingKey& key) const {
  const auto found = births_.find(key);
  return found == births_.end() ? nullptr : &found->second;
}

bool OwnershipLog::exists(const sandbox::CloudState& world, const ThingKey& key) {
  switch (key.thing) {
    case Thing::kStream:
      return world.firehose->streams.contains({key.region, key.name});
    case Thing::kRole:
      return world.iam->roles.contains(key.name);
    case Thing::kLogGroup:
      return world.logs->groups.contains({key.region, key.name});
    case Thing::kBucket:
      return world.s3->buckets.contains(key.name);
  }
  return false;
}

std::set<ThingKey> OwnershipLog::alive(const sandbox::CloudState& world) {
  std::set<ThingKey> all;
  for (const auto& [key, stream] : world.firehose->streams) all.insert({Thing::kStream, key.first, key.second});
  for (const auto& [name, role] : world.iam->roles) all.insert({Thing::kRole, "", name});
  for (const auto& [key, group] : world.logs->groups) all.insert({Thing::kLogGroup, key.first, key.second});
  for (const auto& [name, bucket] : world.s3->buckets) all.insert({Thing::kBucket, "", name});
  return all;
}

}  // namespace fhctl::test
