#include "core/producer/manifest_reload.h"

#include <algorithm>

#include "core/base/random.h"

namespace fhctl::pipeline {
namespace {

constexpr Duration kForcedEvery = std::chrono::seconds(1);

Duration poll_of(const Manifest& manifest, double factor) {
  return from_seconds(manifest.spec.manifest_poll_s * factor);
}

bool same_pipeline(const Manifest& a, const Manifest& b) {
  return a.pipeline == b.pipeline && a.account == b.account && a.region == b.region;
}

}  // namespace

ManifestReload::ManifestReload(Manifest manifest, bool fixed, Entropy& entropy, Instant now)
    : manifest_(std::move(manifest)), fixed_(fixed), entropy_(entropy), seen_at_(now), confirmed_at_(now) {
  tried(now);
}

bool ManifestReload::wanted(Instant now, bool urgent) const {
  if (fixed_ || began_at_) return false;
  return now >= poll_at_ || ((asked_ || urgent || slept_long_) && now >= forced_at());
}

Instant ManifestReload::wanted_at(Instant now, bool urgent) const {
  if (fixed_ || began_at_) return kNever;
  Instant earliest = poll_at_ > now ? poll_at_ : kNever;
  if ((asked_ || urgent || slept_long_) && forced_at() > now) earliest = std::min(earliest, forced_at());
  return earliest;
}

Instant ManifestReload::forced_at() const { return ended_at_ ? *ended_at_ + kForcedEvery : Instant::min(); }

void ManifestReload::begin(Instant now) {
  note_sleep(now);
  began_at_ = now;
}

// A long sleep is longer than the time that producers have to stop using a stream, so a stream may have been deleted
// during it. A sleep while waiting for a manifest restarts that wait.
void ManifestReload::note_sleep(Instant now) {
  const Duration long_sleep = reload_time(manifest_.spec);
  if (now > tried_at_ + long_sleep) slept_long_ = true;
  if (now > seen_at_ + long_sleep) held_since_.reset();
  seen_at_ = now;
}

bool ManifestReload::read(const Manifest& next, Instant now) {
  const Instant began = began_at_.value_or(now);
  const bool newer = supersedes(next, manifest_);
  // In another epoch the same number means nothing.
  const bool same =
      same_pipeline(next, manifest_) && next.epoch == manifest_.epoch && next.generation == manifest_.generation;
  if (newer) manifest_ = next;
  // What was read before the sleep says nothing about what happened during it.
  if (newer || same) confirmed_at_ = began;
  asked_ = false;
  slept_long_ = false;
  tried(began);
  ended_at_ = now;
  return newer;
}

void ManifestReload::failed(Instant now) {
  tried(began_at_.value_or(now));
  ended_at_ = now;
}

// Counted from the beginning of a reading, because its result may be that old.
void ManifestReload::tried(Instant began) {
  const double factor = 0.8 + 0.4 * random_unit(entropy_);
  tried_at_ = began;
  poll_at_ = began + poll_of(manifest_, factor);
  began_at_.reset();
  if (!slept_long_) held_since_.reset();
}

Duration ManifestReload::patience() const {
  return slept_long_ ? std::chrono::seconds(manifest_.spec.manifest_stale_s) : kPatience;
}

bool ManifestReload::holds(Instant now) {
  if (fixed_) return false;
  note_sleep(now);
  if (!slept_long_ && now <= tried_at_ + poll_of(manifest_, 1.2)) return false;
  if (!held_since_) held_since_ = now;
  if (now < *held_since_ + patience()) return true;
  slept_long_ = false;  // patience has ended: the last good manifest holds
  return false;
}

bool ManifestReload::stale(Instant now) const {
  return now - confirmed_at_ > std::chrono::seconds(manifest_.spec.manifest_stale_s);
}

}  // namespace fhctl::pipeline
