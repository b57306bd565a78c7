#include "core/pipeline/publish.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/converge.h"
#include "core/pipeline/drain.h"
#include "core/pipeline/lost_answer.h"
#include "core/pipeline/manifest_file.h"
#include "core/pipeline/manifest_parameter.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kPublishedInTime = std::chrono::seconds(2);
// How far the generation of a manifest that is not known may be ahead of the clock, in seconds.
constexpr std::int64_t kAheadOfUnreadable = 60;
constexpr std::int64_t kAheadOfDeleted = 10;  // a pipeline that is destroyed and made again must not fall behind it

const ManifestEntry* entry_of(const std::optional<Manifest>& manifest, const std::string& name) {
  if (!manifest) return nullptr;
  for (const ManifestEntry& entry : manifest->streams) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

bool begins_drain(const Manifest& manifest) {
  return std::any_of(manifest.streams.begin(), manifest.streams.end(), [&](const ManifestEntry& entry) {
    return entry.state == "draining" && entry.drain_started_at == manifest.published_at;
  });
}

// The same manifest, as if it had been made then.
Manifest again_at(Manifest manifest, WallTime now) {
  const std::string before = std::exchange(manifest.published_at, format_iso8601(now));
  const std::int64_t generation = std::exchange(manifest.generation, next_generation(manifest.generation, now));
  for (ManifestEntry& entry : manifest.streams) {
    if (entry.since_generation == generation) entry.since_generation = manifest.generation;
    if (entry.drain_started_at != before) continue;
    const auto begun = parse_iso8601(before);
    const auto stop_by = parse_iso8601(entry.drain_stop_by);
    entry.drain_started_at = manifest.published_at;
    if (begun && stop_by) entry.drain_stop_by = format_iso8601(now + (*stop_by - *begun));
  }
  return manifest;
}

std::string s3_url(const Desired& desired) {
  return "s3://" + desired.spec.bucket_name() + "/" + manifest_key(desired.spec.name, desired.identity.region);
}

// The buffer interval with which the last input came may be that of the manifest before: the spec can have changed.
int flush_seconds(const Spec& spec, const std::optional<Manifest>& previous) {
  const int before = previous ? previous->spec.buffer_interval_s : 0;
  return std::max(before, spec.buffer_interval_s) + spec.flush_margin_s;
}

std::string parameter_before(const Observed& observed) {
  if (!observed.document) return "";
  const auto said = observed.document->spec.find("manifest.parameter");
  return said == observed.document->spec.end() ? "" : said->second;
}

// What producers have cannot be read, or somebody deleted it: it may be from this very second, or ahead of it after
// publications in a row.
void leap(Manifest& manifest, std::int64_t ahead) {
  manifest.generation += ahead;
  for (ManifestEntry& entry : manifest.streams) entry.since_generation += ahead;
}

// The streams that are active again.
std::vector<std::string> taken_back(const Manifest& wanted, const Manifest& published) {
  std::vector<std::string> names;
  for (const ManifestEntry& entry : wanted.streams) {
    const bool drained = std::any_of(published.streams.begin(), published.streams.end(), [&](const auto& other) {
      return other.name == entry.name && other.state == "draining";
    });
    if (drained && entry.state == "active") names.push_back(entry.name);
  }
  return names;
}

}  // namespace

StreamsNow streams_now(const Desired& desired, const Observed& observed) {
  StreamsNow now;
  for (const auto& [number, stream] : observed.streams) {
    if (observed.owner_of(stream.tags) != Owner::kOurs || stream.description.status == "DELETING") continue;
    now.statuses[number] = stream.description.status;
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
  const bool same_life = previous && previous->epoch == desired.id;
  // Producers go by the manifest that they have until they read this one.
  const Duration letting_go =
      std::max(reload_time(desired.spec), same_life ? reload_time(previous->spec) : Duration::zero());
  for (const auto& [number, status] : streams.statuses) {
    if (status != "ACTIVE") continue;
    ManifestEntry entry;
    entry.name = stream_name(desired.spec.name, number);
    entry.arn = firehose::stream_arn(manifest.partition, manifest.region, manifest.account, entry.name);
    entry.index = number;
    entry.aws_status = status;
    const bool leaving = streams.leaving.contains(number);
    entry.state = leaving ? "draining" : "active";
    entry.weight = leaving ? 0 : 100;
    set_limits(entry, stream_limits(manifest.region), kRegionLimits, manifest.region);
    const ManifestEntry* before = same_life ? entry_of(previous, entry.name) : nullptr;
    const bool unchanged = before && before->state == entry.state;
    entry.since_generation = unchanged ? before->since_generation : manifest.generation;
    if (leaving) {
      const bool known = unchanged && !before->drain_started_at.empty();
      entry.drain_started_at = known ? before->drain_started_at : manifest.published_at;
      entry.drain_stop_by =
          known ? before->drain_stop_by : format_iso8601(now + std::chrono::ceil<std::chrono::seconds>(letting_go));
      const bool flush_known = known && before->drain_flush_s > 0;
      entry.drain_flush_s =
          flush_known ? before->drain_flush_s : flush_seconds(desired.spec, same_life ? previous : std::nullopt);
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
    if (settled(status) || !desired.members.contains(number)) continue;
    if (status == "CREATING") {
      status = "ACTIVE";
      ++creating;
    } else {
      unknown.push_back(stream_name(desired.spec.name, number) + " is " + status);
    }
  }
  if (observed.manifest_problem) return "the published one cannot be read";
  if (!observed.manifest) return "never published, or deleted outside fhctl";
  if (observed.manifest->epoch != desired.id) return "the published one is of an earlier life of this pipeline";
  if (!unknown.empty()) return join(unknown, ", ");  // somebody has to look again, and say so
  Manifest wanted = build_manifest(desired, streams, observed.manifest, WallTime{});
  wanted.endpoint_url = observed.manifest->endpoint_url;  // where it was published from decides that, not the streams
  if (same_content(wanted, *observed.manifest)) return std::nullopt;
  if (const std::vector<std::string> back = taken_back(wanted, *observed.manifest); !back.empty()) {
    return fmt::format("{} {} not drain any more", join(back, ", "), back.size() == 1 ? "does" : "do");
  }
  if (creating > 0)
    return fmt::format("{} still CREATING and not published",
                       plural(creating, "stream") + (creating == 1 ? " is" : " are"));
  return "it does not say what the streams and the spec are now";
}

Publisher::Publisher(Run& run, const Desired& desired, const Observed& observed)
    : run_(run),
      desired_(desired),
      latest_(observed.manifest),
      etag_(observed.manifest_etag),
      lived_before_(observed.document || !observed.manifest_etag.empty()),
      old_parameter_(parameter_before(observed)),
      free_(run.client.loop()) {}

Result<void> Publisher::alone(const std::function<Result<void>()>& act) {
  while (busy_) {
    free_.clear();
    free_.wait();
  }
  busy_ = true;
  Result<void> done = act();
  busy_ = false;
  free_.set();
  return done;
}

Result<void> Publisher::publish(const StreamsNow& streams, Publish when) {
  return alone([&] { return publish_alone(streams, when); });
}

Result<void> Publisher::check_stands() {
  return alone([&]() -> Result<void> {
    if (etag_.empty()) return ok();
    const s3::BucketRef bucket{desired_.spec.bucket_name(), desired_.identity.account};
    const std::string key = manifest_key(desired_.spec.name, desired_.identity.region);
    const auto there = s3::get_object_if_changed(run_.client, bucket, key, etag_);
    if (!there) return there.error();
    if (there->answer != s3::ConditionalObject::Answer::kFound) return ok();
    Error error;
    error.kind = ErrorKind::kConflict;
    error.message = "somebody else published a manifest meanwhile";
    error.hint = "see who else works on the pipeline (`fhctl lock show`), then run the same command again";
    return error;
  });
}

Result<void> Publisher::publish_alone(const StreamsNow& streams, Publish when) {
  const WallTime now = aws_now(run_.client);
  Manifest manifest = build_manifest(desired_, streams, latest_, now);
  if (!latest_ && lived_before_) leap(manifest, etag_.empty() ? kAheadOfDeleted : kAheadOfUnreadable);
  manifest.publisher = "fhctl/" + run_.version + " run-" + run_.run_id;
  if (run_.client.custom_endpoint(aws::Service::kFirehose)) {
    manifest.endpoint_url = http::format_url(run_.client.endpoint(aws::Service::kFirehose).url);
  }
  bool news = !latest_ || latest_->epoch != manifest.epoch || !same_content(manifest, *latest_);
  if (news || when == Publish::kLimits) fill_limits(manifest, now);
  if (!news && when == Publish::kLimits) news = !same_limits(manifest, *latest_);
  if (!news) {
    // A run that died between its copies left the others behind.
    if (std::exchange(copies_checked_, true)) return ok();
    refresh_manifest_file(run_, desired_.spec.manifest_file, desired_.identity, desired_.spec.name, *latest_);
    write_parameter(*latest_);
    return ok();
  }
  std::string body = format_manifest(manifest);
  for (WallTime said = now;;) {
    if (Result<void> stored = put(manifest, body); !stored)
      return with_context(stored.error(), "publishing the manifest");
    // A drain counts from the moment at which it says to begin: where that was long before anybody could read it, it is
    // said once more.
    const WallTime stored_at = aws_now(run_.client);
    if (stored_at - said <= kPublishedInTime || !begins_drain(manifest)) break;
    manifest = again_at(manifest, said = stored_at);
    body = format_manifest(manifest);
  }
  latest_ = manifest;
  targets_ = {s3_url(desired_)};
  copies_checked_ = true;
  write_file(body);
  if (write_parameter(manifest)) targets_.push_back("ssm:" + desired_.spec.manifest_parameter);
  ManifestPublished event{manifest.generation, 0, 0, targets_};
  for (const ManifestEntry& entry : manifest.streams) ++(entry.state == "active" ? event.active : event.draining);
  run_.observer.on(event);
  return ok();
}

// Without metrics every stream has its region's default.
void Publisher::fill_limits(Manifest& manifest, WallTime now) {
  if (!limits_) limits_ = read_live_limits(run_.client, manifest, now);
  for (ManifestEntry& entry : manifest.streams) {
    const auto live = limits_->find(entry.name);
    if (live != limits_->end()) set_limits(entry, live->second, kLiveLimits, manifest.region);
  }
}

// A failed condition means that another run publishes, so one of the two does not hold the lock, and it may be this one
// that does not know it yet. Only what this run itself left there, with an answer that was lost, is overwritten.
// Neither this publication nor a later one may build on an ETag of another.
Result<void> Publisher::put(const Manifest& manifest, const std::string& body) {
  const s3::BucketRef bucket{desired_.spec.bucket_name(), desired_.identity.account};
  const std::string key = manifest_key(desired_.spec.name, desired_.identity.region);
  Error error;
  error.kind = ErrorKind::kConflict;
  error.hint = "run the same command again";
  std::string etag = etag_;
  for (int attempt = 0; attempt < 4; ++attempt) {
    if (attempt > 0) {
      if (Result<void> slept = run_.control.sleep_for(std::chrono::seconds(1)); !slept) return slept;
    }
    const Result<Written> written = write_if_unchanged(run_.client, bucket, key, body, etag);
    if (!written) return written.error();
    etag = written->etag;
    if (written->stored) {
      etag_ = etag;
      return ok();
    }
    if (etag.empty()) continue;
    const Result<Manifest> other = parse_manifest(written->body, key);
    if (!other) {
      error.message = "somebody else put something there that is no manifest";
      return error;
    }
    if (other->publisher != manifest.publisher || other->generation >= manifest.generation) {
      error.message = fmt::format("another run published a manifest meanwhile (generation {})", other->generation);
      return error;
    }
  }
  error.message = "the manifest in the bucket changes under our hands";
  return error;
}

void Publisher::write_file(const std::string& body) {
  const std::string& path = desired_.spec.manifest_file;
  if (path.empty()) return;
  if (write_manifest_file(run_, path, desired_.identity, desired_.spec.name, body)) targets_.push_back(path);
}

// True: there is one, and it says what the manifest says. The bucket's copy counts, so a failure is no more than said.
bool Publisher::write_parameter(const Manifest& manifest) {
  const std::string& name = desired_.spec.manifest_parameter;
  if (!old_parameter_.empty() && old_parameter_ != name) {
    delete_parameter_of(run_, old_parameter_, desired_.identity, manifest.pipeline);
    old_parameter_.clear();
  }
  if (name.empty()) return false;
  std::optional<Note> problem = write_manifest_parameter(run_.client, name, manifest);
  if (problem && problem != parameter_problem_) run_.observer.on(Said{*problem});
  parameter_problem_ = std::move(problem);
  return !parameter_problem_;
}

}  // namespace fhctl::pipeline
