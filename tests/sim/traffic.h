// Programs that send records while fhctl works: some follow the manifest, one does not. Every record is counted, from
// the acknowledgement to the bucket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/pipeline/manifest.h"
#include "tests/sim/sim_world.h"

namespace fhctl::test {

// Chance for whoever is not fhctl.
struct Draw {
  Entropy& entropy;
  bool chance(double share) { return random_unit(entropy) < share; }
  int between(int low, int high) {
    return low + static_cast<int>(random_below(entropy, static_cast<std::uint64_t>(high - low + 1)));
  }
  template <class T>
  T one_of(const std::vector<T>& all) {
    return all[random_below(entropy, all.size())];
  }
};

struct TrafficCount {
  std::int64_t acknowledged = 0;
  std::int64_t missing = 0;  // acknowledged to a program that follows the manifest, and not in the bucket
  std::int64_t rogue_missing = 0;
  std::int64_t unexplained = 0;  // more often in the bucket than the producer's ambiguous answers allow
  std::int64_t duplicated = 0;   // explained ones
  std::int64_t expired = 0;      // the producer said so
  std::int64_t throttled = 0;
  std::string missed;  // the first hundred of those that are missing, a line each
};

class Traffic {
 public:
  Traffic(SimWorld& world, Loop& loop, std::uint64_t seed);
  ~Traffic();  // after the loop's run

  Draw& draw();
  // What producers find in the bucket now; nothing when there is none.
  std::optional<std::string> manifest_text() const;
  // A program that uses fhctl's producer, on a machine that sometimes stands still and a network that is sometimes
  // slow.
  void start_app(const pipeline::Manifest& manifest);
  // One that reads no manifest and sends to one stream.
  void start_rogue(const std::string& stream, Duration every);
  bool has_rogue() const;
  // No new records, and the time for everything that is under way or still in Firehose. Waits.
  void finish();
  TrafficCount count() const;
  std::int64_t requests() const;

 private:
  class Stage;
  class App;
  class Rogue;
  void count_record(const App& app, std::uint64_t tag, int times, TrafficCount& count) const;

  SimWorld& world_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::unique_ptr<App>> apps_;
  std::unique_ptr<Rogue> rogue_;
};

}  // namespace fhctl::test
