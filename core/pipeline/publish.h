// Making the manifest from what is there, and putting it where producers look: the bucket and a local file.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/pipeline/desired.h"
#include "core/pipeline/event.h"
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

// kPrecondition when the file at `path` must not be overwritten: it is not a manifest, or one of another pipeline,
// account or region. Looks at the folder too, so that a run fails before its first change.
Result<void> check_manifest_file(FileSystem& files, const std::string& path, const Identity& identity,
                                 const std::string& pipeline);

// Publishes with a condition on what was published before. One per run; the lock is held.
class Publisher {
 public:
  Publisher(Run& run, const Desired& desired, const Observed& observed);

  // Publishes if it would say anything new. One at a time: a second caller waits for the first and looks again. Waits.
  Result<void> publish(const StreamsNow& streams);
  const std::optional<Manifest>& latest() const { return latest_; }
  const std::vector<std::string>& targets() const { return targets_; }

 private:
  Result<void> publish_alone(const StreamsNow& streams);
  Result<void> put(const Manifest& manifest, const std::string& body);
  void write_file(const std::string& body);

  Run& run_;
  const Desired& desired_;
  std::optional<Manifest> latest_;
  std::string etag_;
  std::vector<std::string> targets_;
  bool busy_ = false;
  fhctl::Event free_;
};

// Brings the local copy up to date from what is in the bucket, without any call that changes AWS. True: it was written.
bool refresh_manifest_file(Run& run, const Observed& observed);

}  // namespace fhctl::pipeline
