#include "core/base/loop.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <unordered_set>
#include <utility>

#include <boost/context/fiber.hpp>

#include "core/base/stack.h"

namespace fhctl {

using Context = boost::context::fiber;

namespace {

// Thrown inside a parked fiber that is dropped, so that its destructors run. Only the loop catches it.
struct Unwinding {};

// Limits how long fibers that only yield to each other can delay responses and timers.
constexpr int kRoundsWithoutWaitMax = 64;

using TimerKey = std::pair<Instant, std::uint64_t>;  // equal deadlines go in the order of parking

}  // namespace

struct Fiber {
  enum class State { kReady, kRunning, kParked };

  std::uint64_t number = 0;  // in the order of spawning
  std::function<void()> body;
  State state = State::kReady;
  bool entered = false;    // has a stack
  bool dropped = false;    // is being unwound
  bool timed_out = false;  // why the last park() ended
  std::optional<TimerKey> timer;

  StackBounds stack;
  void* fake_stack = nullptr;
  // The last member, because its destructor may still use the others.
  Context context;
};

struct Loop::State {
  explicit State(Driver& the_driver) : driver(the_driver) {}

  // The stack allocator that boost.context asks for; it also records the stack's bounds in the fiber.
  struct StackSource {
    StackPool& pool;
    Fiber& fiber;
    boost::context::stack_context allocate() {
      const boost::context::stack_context stack = pool.take();
      fiber.stack = {static_cast<const char*>(stack.sp) - stack.size, stack.size};
      return stack;
    }
    void deallocate(boost::context::stack_context& stack) { pool.give_back(stack); }
  };

  Driver& driver;
  StackPool& stacks = StackPool::shared();
  std::map<std::uint64_t, std::unique_ptr<Fiber>> fibers;  // by number
  std::unordered_set<const Fiber*> known;                  // for wake(): an event may still refer to an ended fiber
  std::deque<Fiber*> ready;
  std::map<TimerKey, Fiber*> timers;
  std::uint64_t spawned = 0;
  std::uint64_t parked = 0;
  Fiber* running = nullptr;
  bool dropping = false;
  std::exception_ptr failure;

  Context loop_context;  // where the loop continues while a fiber runs
  StackBounds loop_stack;

  std::uint64_t spawn(std::function<void()> body);
  bool goes_on(std::uint64_t root) const { return fibers.contains(root) && !failure; }
  void make_ready(Fiber& fiber, bool timed_out);
  bool park(Instant deadline);

  void run_round(std::uint64_t root);
  void fire_timers();
  void enter(Fiber& fiber);
  Context run_body(Fiber& fiber, Context caller);
  void leave(Fiber& fiber);
  void drop_all();
};

Loop::Loop(Driver& driver) : state_(std::make_unique<State>(driver)) {}
Loop::~Loop() { state_->drop_all(); }

Instant Loop::now() { return state_->driver.now(); }
WallTime Loop::wall_now() { return state_->driver.wall_now(); }

void Loop::run(std::function<void()> body) {
  State& state = *state_;
  if (state.running != nullptr) std::abort();  // the loop cannot wait inside one of its own fibers
  const std::uint64_t root = state.spawn(std::move(body));
  int rounds_without_wait = 0;
  while (true) {
    state.run_round(root);
    if (!state.goes_on(root)) break;
    if (state.ready.empty()) {
      state.driver.wait(state.timers.empty() ? kNever : state.timers.begin()->first.first);
      rounds_without_wait = 0;
    } else if (++rounds_without_wait == kRoundsWithoutWaitMax) {
      state.driver.wait(now());
      rounds_without_wait = 0;
    }
    state.fire_timers();
  }
  state.drop_all();
  if (state.failure) std::rethrow_exception(std::exchange(state.failure, nullptr));
}

void Loop::spawn(std::function<void()> body) { state_->spawn(std::move(body)); }

void Loop::sleep_until(Instant until) {
  while (park(until)) {  // a wake-up that was meant for an earlier wait
  }
}

void Loop::yield() {
  Fiber& self = *state_->running;
  state_->make_ready(self, false);
  state_->leave(self);
}

Fiber* Loop::current() const { return state_->running; }
bool Loop::park(Instant deadline) { return state_->park(deadline); }

void Loop::wake(Fiber* fiber) {
  if (state_->dropping || !state_->known.contains(fiber)) return;
  if (fiber->state == Fiber::State::kParked) state_->make_ready(*fiber, false);
}

std::size_t Loop::alive() const { return state_->fibers.size(); }

std::uint64_t Loop::State::spawn(std::function<void()> body) {
  const std::uint64_t number = ++spawned;
  if (dropping) return number;  // a destructor of a dropped fiber cannot start a fiber
  auto fiber = std::make_unique<Fiber>();
  fiber->number = number;
  fiber->body = std::move(body);
  ready.push_back(fiber.get());
  known.insert(fiber.get());
  fibers.emplace(number, std::move(fiber));
  return number;
}

void Loop::State::make_ready(Fiber& fiber, bool timed_out) {
  if (fiber.timer) timers.erase(*std::exchange(fiber.timer, std::nullopt));
  fiber.timed_out = timed_out;
  fiber.state = Fiber::State::kReady;
  ready.push_back(&fiber);
}

bool Loop::State::park(Instant deadline) {
  if (running == nullptr) std::abort();  // only fibers can wait
  Fiber& self = *running;
  self.state = Fiber::State::kParked;
  if (deadline != kNever) {
    self.timer = TimerKey{deadline, ++parked};
    timers.emplace(*self.timer, &self);
  }
  leave(self);
  return !self.timed_out;
}

// Runs every ready fiber once; fibers that become ready during this wait for the next round.
void Loop::State::run_round(std::uint64_t root) {
  for (std::size_t left = ready.size(); left > 0 && goes_on(root); --left) {
    Fiber* const fiber = ready.front();
    ready.pop_front();
    enter(*fiber);
  }
}

void Loop::State::fire_timers() {
  if (timers.empty()) return;
  const Instant now = driver.now();
  while (!timers.empty() && timers.begin()->first.first <= now) make_ready(*timers.begin()->second, true);
}

// From the loop's stack to the fiber's, until it parks or ends.
void Loop::State::enter(Fiber& fiber) {
  if (!fiber.entered) {
    fiber.entered = true;
    fiber.context = Context(std::allocator_arg, StackSource{stacks, fiber},
                            [this, &fiber](Context&& caller) { return run_body(fiber, std::move(caller)); });
  }
  running = &fiber;
  fiber.state = Fiber::State::kRunning;
  void* fake_stack = nullptr;
  announce_leaving(&fake_stack, fiber.stack);
  Context context = std::move(fiber.context).resume();
  announce_arrival(fake_stack, nullptr);
  running = nullptr;
  if (context) {
    fiber.context = std::move(context);
    return;
  }
  known.erase(&fiber);
  fibers.erase(fiber.number);
}

// Runs a fiber's body on its own stack. No exception may leave it.
Context Loop::State::run_body(Fiber& fiber, Context caller) {
  announce_arrival(nullptr, &loop_stack);
  loop_context = std::move(caller);
  try {
    fiber.body();
  } catch (const Unwinding&) {
  } catch (const std::exception&) {
    if (!failure) failure = std::current_exception();
  }
  fiber.body = nullptr;  // releases what it captured while waking other fibers is still possible
  announce_leaving(nullptr, loop_stack);
  return std::move(loop_context);
}

// From the fiber's stack back to the loop's, until the fiber is entered again.
void Loop::State::leave(Fiber& fiber) {
  if (fiber.dropped) throw Unwinding{};  // it tried to wait while being unwound
  announce_leaving(&fiber.fake_stack, loop_stack);
  loop_context = std::move(loop_context).resume();
  announce_arrival(fiber.fake_stack, &loop_stack);
  if (fiber.dropped) throw Unwinding{};
}

// The youngest fiber first: it may refer to objects on the stack of the fiber that spawned it.
void Loop::State::drop_all() {
  dropping = true;
  ready.clear();
  timers.clear();
  while (!fibers.empty()) {
    Fiber& fiber = *fibers.rbegin()->second;
    fiber.dropped = true;
    if (fiber.entered) {
      enter(fiber);
    } else {
      known.erase(&fiber);
      fibers.erase(fiber.number);
    }
  }
  ready.clear();
  timers.clear();
  dropping = false;
}

void Event::set() {
  set_ = true;
  for (Fiber* const fiber : std::exchange(waiting_, {})) loop_.wake(fiber);
}

bool Event::wait(Instant deadline) {
  Fiber* const self = loop_.current();
  while (!set_) {
    waiting_.push_back(self);
    // A dropped fiber is unwound from here. Its pointer stays in the list, because the event may already have been
    // destroyed; wake() ignores fibers that are not in `known`.
    const bool woken = loop_.park(deadline);
    const auto entry = std::find(waiting_.begin(), waiting_.end(), self);
    if (entry == waiting_.end()) return true;  // by set(), though it may have been cleared since
    waiting_.erase(entry);
    if (!woken) return set_;
  }
  return true;
}

// Shared with the workers, which may outlive the group when they are being dropped.
struct Group::State {
  State(Loop& the_loop, std::size_t the_max) : loop(the_loop), parallel_max(the_max), idle(the_loop) { idle.set(); }

  Loop& loop;
  std::size_t parallel_max;
  std::size_t running = 0;
  std::deque<std::function<void()>> queued;
  Event idle;
};

Group::Group(Loop& loop, std::size_t parallel_max)
    : state_(std::make_shared<State>(loop, std::max<std::size_t>(parallel_max, 1))) {}

Group::~Group() { state_->queued.clear(); }

void Group::spawn(std::function<void()> body) {
  state_->queued.push_back(std::move(body));
  state_->idle.clear();
  if (state_->running == state_->parallel_max) return;
  ++state_->running;
  state_->loop.spawn([state = state_] {
    while (!state->queued.empty()) {
      const std::function<void()> next = std::move(state->queued.front());
      state->queued.pop_front();
      next();
    }
    if (--state->running == 0) state->idle.set();
  });
}

void Group::join() { state_->idle.wait(); }

}  // namespace fhctl
