// Virtual time: waiting moves the clock, so that no test sleeps and no test depends on the date.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <utility>

#include "core/base/platform.h"
#include "core/base/time.h"

namespace fhctl::test {

class VirtualDriver final : public Driver {
 public:
  // 2026-01-20T10:00:00Z
  static constexpr WallTime kWallStart{std::chrono::milliseconds(1'768'903'200'000)};
  static constexpr Instant kStart{std::chrono::hours(1)};

  Instant now() override { return now_; }
  WallTime wall_now() override {
    return kWallStart + std::chrono::floor<std::chrono::milliseconds>(now_ - kStart) + wall_skew;
  }

  // Schedules an external event, such as a response or a signal. It runs on the loop's stack and may wake fibers.
  void at(Instant when, std::function<void()> event) { events_.emplace(when, std::move(event)); }
  void after(Duration delay, std::function<void()> event) { at(now_ + delay, std::move(event)); }

  void advance(Duration duration) { now_ += duration; }
  Duration elapsed() const { return now_ - kStart; }

  void wait(Instant until) override {
    ++waits;
    if (!events_.empty() && events_.begin()->first <= until) {
      auto next = events_.extract(events_.begin());
      now_ = std::max(now_, next.key());
      next.mapped()();
      return;
    }
    if (until == kNever) {
      std::fputs("VirtualDriver: every fiber waits and nothing will ever happen\n", stderr);
      std::abort();
    }
    now_ = std::max(now_, until);
  }

  std::chrono::milliseconds wall_skew{0};  // how far this machine's wall clock is off
  int waits = 0;

 private:
  Instant now_ = kStart;
  std::multimap<Instant, std::function<void()>> events_;  // equal times in the order of insertion
};

}  // namespace fhctl::test
