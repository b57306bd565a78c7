#include "core/pipeline/drain_wait.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

// Streams that become ready within this time of each other are deleted in one go.
constexpr Duration kTogether = std::chrono::seconds(90);
constexpr std::size_t kNamedMax = 5;

struct Progress {
  bool any_ready = false;
  bool any_soon = false;    // something that only needs a little more time
  bool any_moving = false;  // something that time alone may bring
};

// Patience begins with the run: whoever runs it again gives the stream as much time again.
Progress progress_of(const Spec& spec, const std::vector<DrainCase>& drains, const std::vector<DrainVerdict>& verdicts,
                     WallTime now, Duration waited) {
  Progress progress;
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    const DrainVerdict& verdict = verdicts[i];
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

// How long until it is worth to ask again: metrics change once a period.
Duration next_look(const Spec& spec, const std::vector<DrainVerdict>& verdicts) {
  Duration soonest = std::chrono::seconds(std::max(1, spec.drain_period_s / 2));
  for (const DrainVerdict& verdict : verdicts) {
    if (verdict.phase == DrainPhase::kTelling || verdict.left <= Duration::zero()) continue;
    soonest = std::min(soonest, std::max<Duration>(verdict.left, std::chrono::seconds(1)));
  }
  return soonest;
}

Result<bool> republished(Run& run, const Desired& desired, const Manifest& manifest) {
  const s3::BucketRef bucket{desired.spec.bucket_name(), desired.identity.account};
  const auto object = s3::get_object(run.client, bucket, manifest_key(desired.spec.name, desired.identity.region));
  if (!object && object.error().aws_code == "NoSuchBucket") return true;  // a destroy of another run is over
  if (!object) return object.error();
  if (!*object) return true;
  const Result<Manifest> there = parse_manifest((*object)->body, "the manifest");
  return !there || there->generation != manifest.generation;
}

}  // namespace

Result<void> await_drains(Run& run, const Desired& desired, const Observed& observed, const Manifest& manifest,
                          const DrainConditions& conditions) {
  const std::vector<DrainCase> drains = drain_cases(desired.spec, observed, manifest, desired.draining);
  if (drains.size() < desired.draining.size()) return run.control.sleep_for(std::chrono::seconds(5));
  const Instant begun = run.client.loop().now();
  // Not "the same command": a second `scale -1` would take one more.
  const std::string_view again = desired.present ? "`fhctl scale`" : "the same command";
  bool said_blind = false;
  while (true) {
    if (Result<void> alive = run.control.check(); !alive) return alive;
    const auto verdicts = look_at_drains(run.client, desired.spec, drains, conditions);
    if (!verdicts) return verdicts.error();
    run.observer.on(Draining{*verdicts, run.client.loop().now() - begun});
    if (!said_blind && std::any_of(verdicts->begin(), verdicts->end(), [](const auto& one) { return one.blind; })) {
      said_blind = true;
      run.observer.on(Said{
          {true,
           fmt::format("The streams' metrics may not be read. A drain then only waits for {} and looks at the delivery "
                       "errors: that proves less.",
                       format_duration(std::chrono::seconds(desired.spec.drain_blind_s))),
           "allow cloudwatch:GetMetricData for proof"}});
    }
    const Progress progress =
        progress_of(desired.spec, drains, *verdicts, aws_now(run.client), run.client.loop().now() - begun);
    if (progress.any_ready && !progress.any_soon) return ok();
    if (!progress.any_ready && !progress.any_moving) return drain_refused(*verdicts, again);
    const Result<void> slept = run.control.sleep_for(next_look(desired.spec, *verdicts));
    if (!slept && slept.error().kind == ErrorKind::kTimeout) return drain_refused(*verdicts, again);
    if (!slept) return slept;
    const Result<bool> changed = republished(run, desired, manifest);
    if (!changed) return changed.error();
    if (*changed) return ok();
  }
}

Error drain_refused(const std::vector<DrainVerdict>& verdicts, std::string_view again) {
  std::vector<std::string> stories;
  bool traffic = false;
  for (const DrainVerdict& verdict : verdicts) {
    if (verdict.phase == DrainPhase::kReady) continue;
    traffic = traffic || verdict.phase == DrainPhase::kTraffic;
    stories.push_back(fmt::format("{} waits for {}", verdict.stream, verdict.waiting_for));
  }
  const std::size_t all = stories.size();
  if (all > kNamedMax) {
    stories.resize(kNamedMax);
    stories.push_back(fmt::format("and {} more", all - kNamedMax));
  }
  Error error;
  error.kind = ErrorKind::kTimeout;
  error.message =
      fmt::format("{} not deleted: {}", plural(static_cast<std::int64_t>(all), "draining stream"), join(stories, "; "));
  error.hint = fmt::format(
      "{}, then run {}; `fhctl undrain` takes the streams back",
      traffic ? "find the producer that has not read the manifest again" : "see `fhctl logs`, mend it", again);
  return error;
}

}  // namespace fhctl::pipeline
