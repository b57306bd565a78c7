#include "core/pipeline/producer_reload.h"

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

ProducerReload::ProducerReload(Manifest manifest, bool fixed, Entropy& entropy, Instant now)
    : manifest_(std::move(manifest)), fixed_(fixed), entropy_(entropy), seen_at_(now), confirmed_at_(now) {
  tried(now);
}

bool ProducerReload::wanted(Instant now, bool urgent) const {
  if (fixed_ || began_at_) return false;
  return now >= poll_at_ || ((asked_ || urgent || slept_long_) && now >= forced_at());
}

Instant ProducerReload::wanted_at(Instant now, bool urgent) const {
  if (fixed_ || began_at_) return kNever;
  Instant earliest = poll_at_ > now ? poll_at_ : kNever;
  if ((asked_ || urgent || slept_long_) && forced_at() > now) earliest = std::min(earliest, forced_at());
  return earliest;
}

Instant ProducerReload::forced_at() const { return ended_at_ ? *ended_at_ + kForcedEvery : Instant::min(); }

void ProducerReload::begin(Instant now) {
  note_sleep(now);
  began_at_ = now;
}

// Longer than the time that producers are given to let go of a stream: one may have been deleted meanwhile. Whoever
// falls asleep while it waits for a manifest begins to wait anew.
void ProducerReload::note_sleep(Instant now) {
  const Duration long_sleep = reload_time(manifest_.spec);
  if (now > tried_at_ + long_sleep) slept_long_ = true;
  if (now > seen_at_ + long_sleep) held_since_.reset();
  seen_at_ = now;
}

bool ProducerReload::read(const Manifest& next, Instant now) {
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

void ProducerReload::failed(Instant now) {
  tried(began_at_.value_or(now));
  ended_at_ = now;
}

// From the beginning of a reading: what it found may be as old as that.
void ProducerReload::tried(Instant began) {
  const double factor = 0.8 + 0.4 * random_unit(entropy_);
  tried_at_ = began;
  poll_at_ = began + poll_of(manifest_, factor);
  began_at_.reset();
  if (!slept_long_) held_since_.reset();
}

Duration ProducerReload::patience() const {
  return slept_long_ ? std::chrono::seconds(manifest_.spec.manifest_stale_s) : kPatience;
}

bool ProducerReload::holds(Instant now) {
  if (fixed_) return false;
  note_sleep(now);
  if (!slept_long_ && now <= tried_at_ + poll_of(manifest_, 1.2)) return false;
  if (!held_since_) held_since_ = now;
  if (now < *held_since_ + patience()) return true;
  slept_long_ = false;  // patience has ended: the last good manifest holds
  return false;
}

bool ProducerReload::stale(Instant now) const {
  return now - confirmed_at_ > std::chrono::seconds(manifest_.spec.manifest_stale_s);
}

}  // namespace fhctl::pipeline
