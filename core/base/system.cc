#include "core/base/system.h"

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <new>

#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fhctl {

namespace {

class SystemEntropy final : public Entropy {
 public:
  std::uint64_t next() override {
    std::uint64_t number = 0;
    // Up to 256 bytes come whole once the pool is ready; before that the call may be interrupted.
    while (getrandom(&number, sizeof number, 0) != sizeof number) {
      if (errno != EINTR) std::abort();  // a predictable id could be somebody else's
    }
    return number;
  }
};

class SystemEnvironment final : public Environment {
 public:
  std::optional<std::string> get(std::string_view name) const override {
    const char* const value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> names;
    for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
      const std::string_view line = *entry;
      names.emplace_back(line.substr(0, line.find('=')));
    }
    return names;
  }
};

// A signal handler can reach nothing but statics.
std::atomic<int> g_stop_count{0};
std::atomic<int> g_stop_signal{0};
std::atomic<int> g_stop_descriptor{-1};
static_assert(std::atomic<int>::is_always_lock_free);

extern "C" void fhctl_on_stop_signal(int signal) {
  const int saved_errno = errno;
  int none = 0;
  g_stop_signal.compare_exchange_strong(none, signal);
  const std::uint64_t one = 1;
  if (g_stop_descriptor >= 0 && write(g_stop_descriptor, &one, sizeof one) < 0) {
    // Nobody to tell: the second request ends the process all the same.
  }
  if (g_stop_count.fetch_add(1) >= 1) {
    constexpr std::string_view kShowCursor = "\x1b[?25h";
    if (isatty(STDERR_FILENO) != 0 && write(STDERR_FILENO, kShowCursor.data(), kShowCursor.size()) < 0) {
      // Nothing is left to try: the process ends on the next line.
    }
    _exit(128 + signal);
  }
  errno = saved_errno;
}

class SystemSignals final : public Signals {
 public:
  SystemSignals() {
    if (g_stop_descriptor < 0) g_stop_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    struct sigaction action = {};
    action.sa_handler = fhctl_on_stop_signal;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
    action.sa_handler = SIG_IGN;  // writing to a closed pipe is an error value for us
    sigaction(SIGPIPE, &action, nullptr);
  }
  int stop_count() const override { return g_stop_count.load(); }
  int stop_signal() const override { return g_stop_signal.load(); }
};

}  // namespace

std::unique_ptr<Entropy> make_system_entropy() { return std::make_unique<SystemEntropy>(); }
std::unique_ptr<Environment> make_system_environment() { return std::make_unique<SystemEnvironment>(); }
std::unique_ptr<Signals> make_system_signals() { return std::make_unique<SystemSignals>(); }

int system_stop_descriptor() { return g_stop_descriptor; }

void forbid_core_files() {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) return;
  limit.rlim_cur = 0;
  setrlimit(RLIMIT_CORE, &limit);
}

namespace {

[[noreturn]] void say_no_memory() {
  constexpr std::string_view kText =
      "error: out of memory\n"
      "hint: give it more (`ulimit -v`, the container's limit), then run the same command again\n";
  (void)!write(STDERR_FILENO, kText.data(), kText.size());
  _exit(1);
}

std::terminate_handler g_terminate_before = nullptr;

// What takes memory by other means than new, as the fibers' stacks do, throws, and nobody catches that.
void terminate_without_memory() {
  std::set_terminate(g_terminate_before);  // for whatever gets past this one
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    say_no_memory();
  } catch (const std::exception&) {
    // It has its own last words.
  }
  g_terminate_before();
}

}  // namespace

void end_without_memory() {
  std::set_new_handler(say_no_memory);
  g_terminate_before = std::set_terminate(terminate_without_memory);
}

// CLOCK_BOOTTIME goes on while the machine sleeps: a producer has to know that it slept through a drain.
Instant system_now() {
  timespec now{};
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

WallTime system_wall_now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

}  // namespace fhctl
