// Programs that send records while fhctl works: conforming producers, and a nonconforming one that ignores the
// manifest. Every record is counted, from the acknowledgement to the bucket.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/manifest/manifest.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {

// Random decisions of actors other than fhctl.
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
  std::int64_t missing = 0;  // acknowledged to a conforming producer, and not in the bucket
  std::int64_t nonconforming_missing = 0;
  std::int64_t unexplained = 0;  // occurs more often in the bucket than the producer's ambiguous responses allow
  std::int64_t duplicated = 0;   // explained by ambiguous responses
  std::int64_t expired = 0;      // reported as expired by the producer
  std::int64_t throttled = 0;
  std::string missed;  // the first hundred missing records, one per line
};

class Traffic {
 public:
  Traffic(Simulation& world, Loop& loop, std::uint64_t seed);
  ~Traffic();  // after the loop's run

  Draw& draw();
  // The manifest in the bucket that producers find now; nullopt if it does not exist.
  std::optional<std::string> manifest_text() const;
  // Starts a program that uses fhctl's producer, on a machine that sometimes stalls and a network that is sometimes
  // slow.
  void start_app(const pipeline::Manifest& manifest);
  // Starts a nonconforming producer: it reads no manifest and sends to one stream.
  void start_rogue(const std::string& stream, Duration every);
  bool has_rogue() const;
  // Stops new records, and leaves time for everything that is in flight or still in Firehose. Waits.
  void finish();
  TrafficCount count() const;
  std::int64_t requests() const;

 private:
  class Stage;
  class App;
  class Nonconforming;
  void count_record(const App& app, std::uint64_t tag, int times, TrafficCount& count) const;

  Simulation& world_;
  std::unique_ptr<Stage> stage_;
  std::vector<std::unique_ptr<App>> apps_;
  std::unique_ptr<Nonconforming> nonconforming_;
};

}  // namespace fhctl::test
