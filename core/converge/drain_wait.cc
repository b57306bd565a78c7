#include "core/converge/drain_wait.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/drain/drain_metrics.h"
#include "core/manifest/manifest_parse.h"

namespace fhctl::pipeline {
namespace {

// Streams that become ready within this time of each other are deleted together.
constexpr Duration kTogether = std::chrono::seconds(90);
constexpr std::size_t kNamedMax = 5;

struct Progress {
  bool any_ready = false;
  bool any_soon = false;    // some drain is ready within kTogether
  bool any_moving = false;  // some drain can still become ready without a change from outside
};

// Patience starts with the run: running the command again gives the stream the same time again.
Progress progress_of(const Spec& spec, const std::vector<DrainTarget>& drains, const std::vector<DrainStatus>& verdicts,
                     WallTime now, Duration waited) {
  Progress progress;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const DrainStatus& verdict = verdicts[i];
    if (verdict.phase == DrainPhase::kReady) {
      progress.any_ready = true;
    } else if (!verdict.stuck()) {
      progress.any_moving = true;
      progress.any_soon = progress.any_soon || verdict.left <= kTogether;
    } else if (std::min<Duration>(waited, now - drains[i].stop_by) < std::chrono::seconds(spec.drain_patience_s)) {
      progress.any_moving = true;
    }
  }
  return progress;
}

Result<bool> republished(Run& run, const Desired& desired, const Manifest& manifest) {
  const s3::BucketRef bucket = bucket_ref(desired.spec, desired.identity);
  const auto object = s3::get_object(run.client, bucket, manifest_key(desired.spec.name, desired.identity.region));
  if (!object && object.error().aws_code == "NoSuchBucket") return true;  // a destroy of another run has finished
  if (!object) return object.error();
  if (!*object) return true;
  const Result<Manifest> there = parse_manifest((*object)->body, "the manifest");
  return !there || there->generation != manifest.generation;
}

}  // namespace

Result<void> await_drains(Run& run, const Desired& desired, const Observed& observed, const Manifest& manifest,
                          const DrainConditions& conditions) {
  const std::vector<DrainTarget> drains = drain_targets(desired.spec, observed, manifest, desired.drain_then_delete);
  if (drains.size() < desired.drain_then_delete.size()) return run.control.sleep_for(std::chrono::seconds(5));
  const std::vector<std::string> steady = steady_streams(manifest);
  const Instant begun = run.client.loop().now();
  // Not "the same command": a second `scale -1` would remove another stream.
  const std::string_view again = desired.present ? "`fhctl scale`" : "the same command";
  bool said_blind = false;
  while (true) {
    RETURN_IF_ERROR(run.control.check());
    ASSIGN_OR_RETURN(const auto verdicts, read_drain_statuses(run.client, desired.spec, drains, steady, conditions));
    run.observer.on(Draining{verdicts, run.client.loop().now() - begun});
    if (!said_blind &&
        std::any_of(verdicts.begin(), verdicts.end(), [](const auto& one) { return one.without_metrics; })) {
      said_blind = true;
      run.observer.on(Said{
          {true,
           fmt::format("The streams' metrics may not be read. A drain then only waits for {} and looks at the delivery "
                       "errors: that proves less.",
                       format_duration(std::chrono::seconds(desired.spec.drain_time_s))),
           "allow cloudwatch:GetMetricData for proof"}});
    }
    const Progress progress =
        progress_of(desired.spec, drains, verdicts, run.client.now(), run.client.loop().now() - begun);
    if (progress.any_ready && !progress.any_soon) return ok();
    if (!progress.any_ready && !progress.any_moving) return drain_refused(verdicts, again);
    const Result<void> slept = run.control.sleep_for(until_next_look(desired.spec, run.client.now()));
    if (!slept && slept.error().kind == ErrorKind::kTimeout) return drain_refused(verdicts, again);
    if (!slept) return slept;
    ASSIGN_OR_RETURN(const bool changed, republished(run, desired, manifest));
    if (changed) return ok();
  }
}

Error drain_refused(const std::vector<DrainStatus>& verdicts, std::string_view again) {
  std::vector<std::string> stories;
  bool traffic = false;
  for (const DrainStatus& verdict : verdicts) {
    if (verdict.phase == DrainPhase::kReady) continue;
    traffic = traffic || verdict.phase == DrainPhase::kTraffic;
    stories.push_back(fmt::format("{} waits for {}", verdict.stream, verdict.waiting_for));
  }
  const std::size_t all = stories.size();
  if (all > kNamedMax) {
    stories.resize(kNamedMax);
    stories.push_back(fmt::format("and {} more", all - kNamedMax));
  }
  return make_error(
      ErrorKind::kTimeout,
      fmt::format("{} not deleted: {}", plural(static_cast<std::int64_t>(all), "draining stream"), join(stories, "; ")),
      fmt::format(
          "{}, then run {}; `fhctl undrain` takes the streams back",
          traffic ? "find the producer that has not read the manifest again" : "see `fhctl logs`, fix the cause",
          again));
}

}  // namespace fhctl::pipeline
