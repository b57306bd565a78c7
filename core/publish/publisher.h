// Builds the manifest from the streams' state and publishes it where producers read it: bucket, local file, parameter.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/manifest/manifest.h"
#include "core/plan/desired.h"
#include "core/plan/manifest_build.h"
#include "core/publish/live_limits.h"
#include "core/run/run.h"

namespace fhctl::pipeline {

enum class Publish {
  kNews,    // if anything changes for producers
  kLimits,  // also if only the limits of the streams have changed
};

// Publishes with a condition on what was published before. One per run, which must hold the lock.
class Publisher {
 public:
  Publisher(Run& run, const Desired& desired, const Observed& observed);

  // One at a time: a second caller waits for the first and checks again. The streams' live limits are read at most
  // once, and only before something is published. Waits.
  Result<void> publish(const StreamsNow& streams, Publish when = Publish::kNews);
  // kConflict if the bucket contains another manifest than the one that was published or read last. Waits.
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
  const s3::Encryption encryption_;  // of the manifest in the bucket
  const bool lived_before_;          // earlier runs may have published
  std::vector<std::string> targets_;
  std::optional<LiveLimits> limits_;       // once they were read, or could not be
  std::string old_parameter_;              // where earlier runs wrote it, if the spec now names another place
  std::optional<Note> parameter_problem_;  // the last warning, which is not repeated at every publication
  bool copies_checked_ = false;
  bool busy_ = false;
  fhctl::Event free_;
};

}  // namespace fhctl::pipeline
