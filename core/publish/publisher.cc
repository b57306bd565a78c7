#include "core/publish/publisher.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/manifest/manifest_parse.h"
#include "core/observe/conditional_write.h"
#include "core/plan/manifest_build.h"
#include "core/publish/manifest_file.h"
#include "core/publish/manifest_parameter.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kPublishedInTime = std::chrono::seconds(2);
// How far the generation of a manifest that is not known may be ahead of the clock, in seconds.
constexpr std::int64_t kAheadOfUnreadable = 60;
constexpr std::int64_t kAheadOfDeleted = 10;  // a pipeline that is destroyed and created again must not fall behind it

bool begins_drain(const Manifest& manifest) {
  return std::any_of(manifest.streams.begin(), manifest.streams.end(), [&](const ManifestEntry& entry) {
    return entry.draining() && entry.drain_started_at == manifest.published_at;
  });
}

// The same manifest, as if it had been built at `now`.
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

std::string parameter_before(const Observed& observed) {
  if (!observed.document) return "";
  const auto said = observed.document->spec.find("manifest.parameter");
  return said == observed.document->spec.end() ? "" : said->second;
}

// For a previous manifest that is unreadable or was deleted: its generation may equal the current second, or be ahead
// of it after several publications in a row.
void leap(Manifest& manifest, std::int64_t ahead) {
  manifest.generation += ahead;
  for (ManifestEntry& entry : manifest.streams) entry.since_generation += ahead;
}

}  // namespace

Publisher::Publisher(Run& run, const Desired& desired, const Observed& observed)
    : run_(run),
      desired_(desired),
      latest_(observed.manifest),
      etag_(observed.manifest_etag),
      encryption_(observed.own_object_encryption(desired.spec)),
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
    const s3::BucketRef bucket = bucket_ref(desired_.spec, desired_.identity);
    const std::string key = manifest_key(desired_.spec.name, desired_.identity.region);
    ASSIGN_OR_RETURN(const auto there, s3::get_object_if_changed(run_.client, bucket, key, etag_));
    if (there.answer != s3::ConditionalObject::Answer::kFound) return ok();
    return make_error(ErrorKind::kConflict, "another process published a manifest",
                      "see who else works on the pipeline (`fhctl lock show`), then run the same command again");
  });
}

Result<void> Publisher::publish_alone(const StreamsNow& streams, Publish when) {
  const WallTime now = run_.client.now();
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
    // A run that died before it wrote all copies left the others outdated.
    if (std::exchange(copies_checked_, true)) return ok();
    refresh_manifest_file(run_, desired_.spec.manifest_file, desired_.identity, desired_.spec.name, *latest_);
    write_parameter(*latest_);
    return ok();
  }
  std::string body = format_manifest(manifest);
  for (WallTime said = now;;) {
    if (Result<void> stored = put(manifest, body); !stored)
      return with_context(stored.error(), "publishing the manifest");
    // A drain counts from its `started_at`. If the manifest became readable much later than that, it is published again
    // with the current time.
    const WallTime stored_at = run_.client.now();
    if (stored_at - said <= kPublishedInTime || !begins_drain(manifest)) break;
    manifest = again_at(manifest, said = stored_at);
    body = format_manifest(manifest);
  }
  latest_ = manifest;
  targets_ = {s3_url(desired_)};
  copies_checked_ = true;
  write_file(body);
  if (write_parameter(manifest)) targets_.push_back("ssm:" + desired_.spec.manifest_parameter);
  run_.observer.on(ManifestPublished{manifest.generation, manifest.count(EntryState::kActive),
                                     manifest.count(EntryState::kDraining), targets_});
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

// A failed condition means that another run published, so one of the two does not hold the lock, possibly this one
// without knowing it. Only a manifest that this run left there with a lost response is overwritten. Neither this nor a
// later publication may use the ETag of another run's manifest.
Result<void> Publisher::put(const Manifest& manifest, const std::string& body) {
  const s3::BucketRef bucket = bucket_ref(desired_.spec, desired_.identity);
  const std::string key = manifest_key(desired_.spec.name, desired_.identity.region);
  Error error;
  error.kind = ErrorKind::kConflict;
  error.hint = "run the same command again";
  std::string etag = etag_;
  for (int attempt = 0; attempt < 4; ++attempt) {
    if (attempt > 0) {
      if (Result<void> slept = run_.control.sleep_for(std::chrono::seconds(1)); !slept) return slept;
    }
    ASSIGN_OR_RETURN(const ConditionalPut written, put_if_unchanged(run_.client, bucket, key, body, etag, encryption_));
    etag = written.etag;
    if (written.stored) {
      etag_ = etag;
      return ok();
    }
    if (etag.empty()) continue;
    const Result<Manifest> other = parse_manifest(written.body, key);
    if (!other) {
      error.message = "somebody else put something there that is no manifest";
      return error;
    }
    if (other->publisher != manifest.publisher || other->generation >= manifest.generation) {
      error.message = fmt::format("another run published a manifest (generation {})", other->generation);
      return error;
    }
  }
  error.message = "the manifest was modified concurrently";
  return error;
}

void Publisher::write_file(const std::string& body) {
  const std::string& path = desired_.spec.manifest_file;
  if (path.empty()) return;
  if (write_manifest_file(run_, path, desired_.identity, desired_.spec.name, body)) targets_.push_back(path);
}

// True: there is a parameter, and it matches the manifest. A failure is only a warning: the bucket's copy counts.
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
