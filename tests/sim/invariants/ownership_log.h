// The true owner of every resource in a simulated cloud. It records what was sent and carried out, not what fhctl
// assumes; nothing of core/pipeline is included here.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "core/base/time.h"
#include "sandbox/state/world.h"
#include "tests/sim/harness/request_watcher.h"

namespace fhctl::test {

enum class Thing { kStream, kRole, kLogGroup, kBucket };
std::string_view thing_name(Thing thing);

// Buckets and roles are global: their region is empty.
struct ThingKey {
  Thing thing = Thing::kStream;
  std::string region;
  std::string name;
  auto operator<=>(const ThingKey&) const = default;
  std::string text() const;
};

struct Birth {
  bool by_fhctl = false;
  std::string pipeline;  // the pipeline of fhctl that created it: "NAME/REGION"
  int process = 0;
  std::optional<WallTime> disowned_at;  // when an external actor removed its tags: fhctl must no longer change it
};

class OwnershipLog {
 public:
  // The resource that a request is about, if it is one of the four kinds; the bucket for objects and settings.
  static std::optional<ThingKey> about(const RunFacts& run, const sandbox::Route& route);

  void created(const ThingKey& key, Birth birth) { births_[key] = std::move(birth); }
  void disown(const ThingKey& key, WallTime now) { births_[key].disowned_at = now; }
  const Birth* birth(const ThingKey& key) const;
  static bool exists(const sandbox::CloudState& world, const ThingKey& key);
  static std::set<ThingKey> alive(const sandbox::CloudState& world);

 private:
  std::map<ThingKey, Birth> births_;
};

}  // namespace fhctl::test
