// The loop and its fibers: code that waits is plain sequential code.
//
// One thread. A fiber runs until it waits; between two waits nothing else runs, so there are no locks. Functions that
// may wait say so in their comment. After a wait, check again everything you relied on, and hold no reference into a
// container across it. Never wait inside a catch block, a destructor or a noexcept function, and never write `catch
// (...)`: a dropped fiber is unwound by a private exception (docs/adr/0001-fibers.md).
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "core/base/platform.h"
#include "core/base/time.h"

namespace fhctl {

struct Fiber;  // a stack and its state; private to the loop

class Loop {
 public:
  explicit Loop(Driver& driver);
  ~Loop();  // drops fibers that still run: their stacks are unwound
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  Instant now();
  WallTime wall_now();

  // Runs `body` as a fiber, with everything that it spawns, and returns when `body` has ended. Other fibers that still
  // run are dropped. Must not be called from inside a fiber.
  void run(std::function<void()> body);

  // Starts another fiber; it first runs when the current one waits.
  void spawn(std::function<void()> body);

  // Waits. Inside a fiber only.
  void sleep_until(Instant until);
  void sleep_for(Duration duration) { sleep_until(now() + duration); }
  void yield();  // lets every ready fiber run once

  // For primitives below and for drivers: the running fiber; parking it until woken or until the deadline (false: the
  // deadline came first); waking one. Waking a fiber that is not parked does nothing.
  Fiber* current() const;
  bool park(Instant deadline);
  void wake(Fiber* fiber);

  std::size_t alive() const;  // fibers that have not ended, for tests

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Something that fibers wait for. set() wakes all who wait; it stays set until clear().
class Event {
 public:
  explicit Event(Loop& loop) : loop_(loop) {}
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  bool is_set() const { return set_; }
  void set();
  void clear() { set_ = false; }
  // Waits. False when the deadline came first.
  bool wait(Instant deadline = kNever);

 private:
  Loop& loop_;
  bool set_ = false;
  std::vector<Fiber*> waiting_;
};

// Starts independent work together, then waits for all of it. join() before the group goes out of scope.
class Group {
 public:
  explicit Group(Loop& loop, std::size_t parallel_max = 64);
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  // Starts `body`, or queues it when parallel_max bodies run already. Does not wait.
  void spawn(std::function<void()> body);
  // Waits until every body has ended.
  void join();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace fhctl
