#include "core/plan/manifest_build.h"

#include <algorithm>
#include <chrono>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/spec/names.h"

namespace fhctl::pipeline {
namespace {

// The last input may have been buffered with the interval of the previous manifest, if the spec has changed.
int flush_seconds(const Spec& spec, const std::optional<Manifest>& previous) {
  const int before = previous ? previous->spec.buffer_interval_s : 0;
  return std::max(before, spec.buffer_interval_s) + spec.flush_margin_s;
}

// The streams that are active again.
std::vector<std::string> reactivated(const Manifest& wanted, const Manifest& published) {
  std::vector<std::string> names;
  for (const ManifestEntry& entry : wanted.streams) {
    const ManifestEntry* before = published.find(entry.name);
    if (before != nullptr && before->draining() && entry.active()) names.push_back(entry.name);
  }
  return names;
}

}  // namespace

StreamsNow streams_now(const Desired& desired, const Observed& observed) {
  StreamsNow now;
  for (const auto& [number, stream] : observed.streams) {
    if (observed.owner_of(stream.tags) != Owner::kOurs || stream.description.status == firehose::Status::kDeleting)
      continue;
    now.statuses.insert_or_assign(number, stream.description.status);
    if (!desired.members.contains(number)) now.leaving.insert(number);
  }
  return now;
}

Manifest build_manifest(const Desired& desired, const StreamsNow& streams, const std::optional<Manifest>& previous,
                        WallTime now) {
  Manifest manifest;
  manifest.epoch = desired.id;
  manifest.generation = next_generation(previous ? previous->generation : 0, now);
  manifest.pipeline = desired.spec.name;
  manifest.published_at = format_iso8601(now);
  manifest.account = desired.identity.account;
  manifest.partition = desired.identity.partition;
  manifest.region = desired.identity.region;
  manifest.bucket = desired.spec.bucket_name();
  manifest.spec = desired.spec;
  const bool same_incarnation = previous && previous->epoch == desired.id;
  // Producers use the reload interval of the manifest that they have until they read this one.
  const Duration letting_go =
      std::max(reload_time(desired.spec), same_incarnation ? reload_time(previous->spec) : Duration::zero());
  for (const auto& [number, status] : streams.statuses) {
    if (status != firehose::Status::kActive) continue;
    ManifestEntry entry;
    entry.name = stream_name(desired.spec.name, number);
    entry.arn = firehose::stream_arn(manifest.partition, manifest.region, manifest.account, entry.name);
    entry.index = number;
    entry.aws_status = status.text();
    const bool leaving = streams.leaving.contains(number);
    entry.state = leaving ? EntryState::kDraining : EntryState::kActive;
    entry.weight = leaving ? 0 : 100;
    set_limits(entry, stream_limits(manifest.region), kRegionLimits, manifest.region);
    const ManifestEntry* before = same_incarnation ? previous->find(entry.name) : nullptr;
    const bool unchanged = before && before->state == entry.state;
    entry.since_generation = unchanged ? before->since_generation : manifest.generation;
    if (leaving) {
      const bool known = unchanged && !before->drain_started_at.empty();
      entry.drain_started_at = known ? before->drain_started_at : manifest.published_at;
      entry.drain_stop_by =
          known ? before->drain_stop_by : format_iso8601(now + std::chrono::ceil<std::chrono::seconds>(letting_go));
      const bool flush_known = known && before->drain_flush_s > 0;
      entry.drain_flush_s =
          flush_known ? before->drain_flush_s : flush_seconds(desired.spec, same_incarnation ? previous : std::nullopt);
      entry.drain_reason = known ? before->drain_reason
                                 : (desired.present ? "scale to " + std::to_string(desired.members.size()) : "destroy");
    }
    manifest.streams.push_back(std::move(entry));
  }
  return manifest;
}

std::optional<std::string> manifest_lags(const Desired& desired, const Observed& observed) {
  StreamsNow streams = streams_now(desired, observed);
  std::vector<std::string> unknown;
  int creating = 0;
  for (auto& [number, status] : streams.statuses) {
    if (is_settled(status) || !desired.members.contains(number)) continue;
    if (status == firehose::Status::kCreating) {
      status = firehose::Status::kActive;
      ++creating;
    } else {
      unknown.push_back(stream_name(desired.spec.name, number) + " is " + status.text());
    }
  }
  if (observed.manifest_problem) return "the published one cannot be read";
  if (!observed.manifest) return "never published, or deleted outside fhctl";
  if (observed.manifest->epoch != desired.id) return "the published one is of an earlier life of this pipeline";
  if (!unknown.empty()) return join(unknown, ", ");  // an unknown status: the streams must be read again
  Manifest wanted = build_manifest(desired, streams, observed.manifest, WallTime{});
  wanted.endpoint_url = observed.manifest->endpoint_url;  // depends on the publisher, not on the streams
  if (same_content(wanted, *observed.manifest)) return std::nullopt;
  if (const std::vector<std::string> back = reactivated(wanted, *observed.manifest); !back.empty()) {
    return fmt::format("{} {} not drain any more", join(back, ", "), back.size() == 1 ? "does" : "do");
  }
  if (creating > 0)
    return fmt::format("{} still CREATING and not published",
                       plural(creating, "stream") + (creating == 1 ? " is" : " are"));
  return "it does not say what the streams and the spec are now";
}

}  // namespace fhctl::pipeline
