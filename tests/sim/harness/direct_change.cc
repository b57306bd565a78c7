#include "tests/sim/harness/direct_change.h"

#include <set>

namespace fhctl::test {
namespace {

// Entries that exist before or after the change have changed, as far as can be told without comparing them: an earlier
// value that equals the present one has no effect.
template <class Map>
void mark(sandbox::History<Map>& history, const Map& before, const Map& present, WallTime now, Duration delay) {
  if (delay <= Duration::zero()) return;
  std::set<typename Map::key_type> keys;
  for (const auto& [key, value] : before) keys.insert(key);
  for (const auto& [key, value] : present) keys.insert(key);
  for (const auto& key : keys) history.changed(key, sandbox::copy_of(before, key), now, delay);
}

}  // namespace

DirectChange::DirectChange(sandbox::CloudState& world)
    : world_(world), roles_(world.iam->roles), groups_(world.logs->groups), streams_(world.firehose->streams) {
  for (const auto& [name, bucket] : world.s3->buckets) {
    static_cast<sandbox::BucketSettings&>(buckets_[name]) = bucket;
  }
}

DirectChange::~DirectChange() {
  const sandbox::ConsistencyDelays& delays = world_.options.consistency;
  mark(world_.iam->history, roles_, world_.iam->roles, world_.now, delays.iam);
  mark(world_.logs->history, groups_, world_.logs->groups, world_.now, delays.logs);
  mark(world_.s3->history, buckets_, world_.s3->buckets, world_.now, delays.s3);
  mark(world_.firehose->history, streams_, world_.firehose->streams, world_.now, delays.firehose);
}

}  // namespace fhctl::test
