// Making the manifest from what is there, and putting it where producers look: the bucket, a local file, a parameter.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/pipeline/desired.h"
#include "core/pipeline/event.h"
#include "core/pipeline/live_limits.h"
#include "core/pipeline/manifest.h"

namespace fhctl::pipeline {

struct Run;

// What a manifest is made of: the streams of ours that are alive, and which of them are on their way out.
struct StreamsNow {
  std::map<int, std::string> statuses;  // AWS's status by number; streams whose delete was accepted are not in it
  std::set<int> leaving;                // to be listed as draining
};

StreamsNow streams_now(const Desired& desired, const Observed& observed);

// Entries: `active` for ACTIVE members, `draining` for those that leave. Nothing else is listed.
Manifest build_manifest(const Desired& desired, const StreamsNow& streams, const std::optional<Manifest>& previous,
                        WallTime now);

// Why the published manifest is not the one that the live streams call for, or nothing. Members that are still CREATING
// count as a reason: somebody has to publish them.
std::optional<std::string> manifest_lags(const Desired& desired, const Observed& observed);

enum class Publish {
  kNews,    // when the manifest says anything new to producers
  kLimits,  // also when nothing but the limits of the streams has changed
};

// Publishes with a condition on what was published before. One per run; the lock is held.
class Publisher {
 public:
  Publisher(Run& run, const Desired& desired, const Observed& observed);

  // One at a time: a second caller waits for the first and looks again. The streams' live limits are read at most once,
  // and not before something is going to be published. Waits.
  Result<void> publish(const StreamsNow& streams, Publish when = Publish::kNews);
  // kConflict when the bucket does not hold what was published or read last, but something else. Waits.
  Result<void> check_stands();
  const std::optional<Manifest>& latest() const { return latest_; }
  const std::vector<std::string>& targets() const { return targets_; }

 private:
  // One at a time. Waits.
  Result<void> alone(const std::function<Result<void>()>& act);
  Result<void> publish_alone(const StreamsNow& streams, Publish when);
  void fill_limits(Manifest& manifest, WallTime now);
  Result<void> put(const Manifest& manifest, const std::string& body);
  void write_file(const std::string& body);
  bool write_parameter(const Manifest& manifest);

  Run& run_;
  const Desired& desired_;
  std::optional<Manifest> latest_;
  std::string etag_;
  const bool lived_before_;  // earlier runs may have published
  std::vector<std::string> targets_;
  std::optional<LiveLimits> limits_;       // once they were read, or could not be
  std::string old_parameter_;              // where earlier runs wrote, when the spec names another place now
  std::optional<Note> parameter_problem_;  // as it was said; not to be said at every publication
  bool copies_checked_ = false;
  bool busy_ = false;
  fhctl::Event free_;
};

}  // namespace fhctl::pipeline
