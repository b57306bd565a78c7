#include "core/base/system.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <csignal>
#include <cstdlib>
#include <cstring>
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
      if (errno != EINTR) std::abort();  // a predictable id could equal another run's
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
    // The wake-up is lost, but a second request still ends the process.
  }
  if (g_stop_count.fetch_add(1) >= 1) {
    constexpr std::string_view kShowCursor = "\x1b[?25h";
    if (isatty(STDERR_FILENO) != 0 && write(STDERR_FILENO, kShowCursor.data(), kShowCursor.size()) < 0) {
      // Nothing else to do: the process ends on the next line.
    }
    _exit(128 + signal);
  }
  errno = saved_errno;
}

sigset_t system_stop_signals() {
  sigset_t both;
  sigemptyset(&both);
  sigaddset(&both, SIGINT);
  sigaddset(&both, SIGTERM);
  return both;
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
    const sigset_t stop_signals = system_stop_signals();
    sigprocmask(SIG_UNBLOCK, &stop_signals, nullptr);
    action.sa_handler = SIG_IGN;  // writing to a closed pipe returns an error instead
    sigaction(SIGPIPE, &action, nullptr);
  }
  int stop_count() const override { return g_stop_count.load(); }
  int stop_signal() const override { return g_stop_signal.load(); }
};

class SystemProcessImage final : public ProcessImage {
 public:
  std::string path() const override {
    std::array<char, PATH_MAX> target{};
    const ssize_t size = ::readlink("/proc/self/exe", target.data(), target.size());
    if (size <= 0 || static_cast<std::size_t>(size) == target.size()) return {};
    return std::string(target.data(), static_cast<std::size_t>(size));
  }

  Error replace(const std::string& path, const std::vector<std::string>& arguments,
                const std::vector<std::string>& environment) override {
    // Signals that are blocked stay blocked and pending over execve(); make_system_signals() of the other program
    // unblocks them.
    const sigset_t stop_signals = system_stop_signals();
    sigprocmask(SIG_BLOCK, &stop_signals, nullptr);
    Error error = make_error(ErrorKind::kCancelled, "stopped before " + path + " was started");
    if (g_stop_count == 0) {
      const std::vector<char*> words = pointers_to(arguments);
      const std::vector<char*> variables = pointers_to(environment);
      execve(path.c_str(), words.data(), variables.data());
      const ErrorKind kind = errno == ENOENT ? ErrorKind::kNotFound : ErrorKind::kFailed;
      error = make_error(kind, "cannot run " + path + ": " + std::strerror(errno));
    }
    sigprocmask(SIG_UNBLOCK, &stop_signals, nullptr);
    return error;
  }

 private:
  // As execve() takes them: valid as long as `texts` is, with a null pointer at the end.
  static std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
    pointers.push_back(nullptr);
    return pointers;
  }
};

}  // namespace

std::unique_ptr<Entropy> make_system_entropy() { return std::make_unique<SystemEntropy>(); }
std::unique_ptr<Environment> make_system_environment() { return std::make_unique<SystemEnvironment>(); }
std::unique_ptr<ProcessImage> make_system_process_image() { return std::make_unique<SystemProcessImage>(); }
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

// Allocations that do not use new, such as the fibers' stacks, throw std::bad_alloc, and nothing catches it.
void terminate_without_memory() {
  std::set_terminate(g_terminate_before);  // for any other exception
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
  } catch (const std::bad_alloc&) {
    say_no_memory();
  } catch (const std::exception&) {
    // The default handler prints it.
  }
  g_terminate_before();
}

}  // namespace

void end_without_memory() {
  std::set_new_handler(say_no_memory);
  g_terminate_before = std::set_terminate(terminate_without_memory);
}

// CLOCK_BOOTTIME also counts while the machine sleeps, so that a producer notices when it slept through a drain.
Instant system_now() {
  timespec now{};
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) clock_gettime(CLOCK_MONOTONIC, &now);
  return Instant(std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

WallTime system_wall_now() { return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()); }

}  // namespace fhctl
