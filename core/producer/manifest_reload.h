// When a producer reads its manifest again, and whether it accepts what it read.
#pragma once

#include <optional>

#include "core/base/platform.h"
#include "core/base/time.h"
#include "core/manifest/manifest.h"

namespace fhctl::pipeline {

class ManifestReload {
 public:
  // `fixed`: the manifest never changes and is never read again.
  ManifestReload(Manifest manifest, bool fixed, Entropy& entropy, Instant now);

  const Manifest& manifest() const { return manifest_; }

  // Every poll interval, give or take 20 %; at once, but no more than once a second, while `urgent`.
  bool wanted(Instant now, bool urgent) const;
  Instant wanted_at(Instant now, bool urgent) const;  // later than now, or kNever
  void ask() { asked_ = true; }                       // once more before the next poll

  void begin(Instant now);
  // True: it is newer and was accepted. An older one, or one of another pipeline, is refused.
  bool read(const Manifest& next, Instant now);
  void failed(Instant now);

  // True while nothing may be sent because the poll is overdue: the process may have slept while streams were removed.
  // After a short sleep this lasts at most five seconds, or until a reading has failed, because an unreadable manifest
  // must not stop producers. After a sleep long enough for a whole drain, it lasts until a manifest was read, at most
  // for stale_s.
  bool holds(Instant now);
  Instant holds_until() const { return held_since_ ? *held_since_ + patience() : kNever; }
  // True when no manifest was read for longer than a removed stream is kept: a removal may have been missed.
  bool unconfirmed(Instant now) const { return !fixed_ && now > confirmed_at_ + reload_time(manifest_.spec); }
  bool stale(Instant now) const;

 private:
  static constexpr Duration kPatience = std::chrono::seconds(5);
  Instant forced_at() const;
  void tried(Instant now);
  void note_sleep(Instant now);
  Duration patience() const;

  Manifest manifest_;
  bool fixed_;
  Entropy& entropy_;
  Instant poll_at_;
  Instant tried_at_;  // when the last reading began that has ended
  std::optional<Instant> ended_at_;
  std::optional<Instant> began_at_;
  std::optional<Instant> held_since_;
  Instant seen_at_;  // when holds() or begin() was last called
  bool slept_long_ = false;
  Instant confirmed_at_;  // when a readable manifest last was no older than ours
  bool asked_ = false;
};

}  // namespace fhctl::pipeline
