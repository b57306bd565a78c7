// The ground truth about a simulated cloud: who made what. It knows what was really sent and carried out, and nothing
// of what fhctl believes; nothing of core/pipeline is included here.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "core/base/time.h"
#include "sandbox/world.h"
#include "tests/sim/watcher.h"

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
  std::string pipeline;  // of fhctl's: "NAME/REGION"
  int process = 0;
  std::optional<WallTime> disowned_at;  // a stranger took its tags off: fhctl must leave it alone
};

class Ledger {
 public:
  // What the request is about, if it is one of the four; of objects and settings the bucket.
  static std::optional<ThingKey> about(const RunFacts& run, const sandbox::Route& route);

  void created(const ThingKey& key, Birth birth) { births_[key] = std::move(birth); }
  void disown(const ThingKey& key, WallTime now) { births_[key].disowned_at = now; }
  const Birth* birth(const ThingKey& key) const;
  static bool exists(const sandbox::World& world, const ThingKey& key);
  static std::set<ThingKey> alive(const sandbox::World& world);

 private:
  std::map<ThingKey, Birth> births_;
};

}  // namespace fhctl::test
