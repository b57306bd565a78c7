#include "core/base/cancellation.h"

#include <algorithm>
#include <csignal>

namespace fhctl {

namespace {

// A signal only raises a level and wakes no fiber: this bounds how long it goes unseen.
constexpr Duration kLookMax = std::chrono::milliseconds(100);

Error stopped_by(int signal) {
  const std::string name = signal == SIGTERM ? "SIGTERM" : "SIGINT";
  return {.kind = ErrorKind::kCancelled, .message = "stopped by " + name};
}

}  // namespace

bool Cancellation::stopping() const {
  // A second request means "at once", even during cleanup.
  return signals_.stop_count() > (tidying_ ? 1 : 0);
}

Result<void> Cancellation::check() const {
  if (stopping()) return stopped_by(signals_.stop_signal());
  if (loop_.now() >= deadline_) {
    return Error{.kind = ErrorKind::kTimeout,
                 .message = "the time allowed for this run is over",
                 .hint = "run the same command again to go on, with a longer --timeout"};
  }
  return ok();
}

Result<void> Cancellation::sleep_until(Instant until) {
  while (true) {
    const Result<void> allowed = check();
    const Instant now = loop_.now();
    if (!allowed || now >= until) return allowed;
    loop_.sleep_until(std::min({until, deadline_, now + kLookMax}));
  }
}

Result<void> Cancellation::sleep_for(Duration duration) {
  const Instant now = loop_.now();
  return sleep_until(duration < kNever - now ? now + duration : kNever);
}

void Cancellation::begin_cleanup(Duration patience) {
  if (!tidying_) deadline_before_ = deadline_;
  tidying_ = true;
  deadline_ = loop_.now() + patience;
}

void Cancellation::end_tidying() {
  if (tidying_) deadline_ = deadline_before_;
  tidying_ = false;
}

}  // namespace fhctl
