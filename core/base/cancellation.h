// When a run must stop: at its deadline, or because the user asked for it. One per run, passed by reference.
#pragma once

#include "core/base/loop.h"
#include "core/base/platform.h"
#include "core/base/result.h"

namespace fhctl {

class Cancellation {
 public:
  Cancellation(Loop& loop, const Signals& signals, Instant deadline = kNever)
      : loop_(loop), signals_(signals), deadline_(deadline) {}

  Instant deadline() const { return deadline_; }
  void set_deadline(Instant deadline) { deadline_ = deadline; }

  // True when no new work may be started: the user asked to stop (unless the run is cleaning up), or stop() was called.
  bool stopping() const;
  // kCancelled or kTimeout when the run must end, nothing otherwise.
  Result<void> check() const;

  // Waits until then, but only while check() succeeds: it wakes up within 100 ms of a signal. Returns check().
  Result<void> sleep_until(Instant until);
  Result<void> sleep_for(Duration duration);

  // During cleanup (releasing the lock) calls are allowed again after a first signal, for at most `patience`.
  void begin_cleanup(Duration patience);
  void end_tidying();  // the run continues as before

  Loop& loop() const { return loop_; }
  const Signals& signals() const { return signals_; }

 private:
  Loop& loop_;
  const Signals& signals_;
  Instant deadline_;
  bool tidying_ = false;
  Instant deadline_before_ = kNever;
};

}  // namespace fhctl
