// Runs work in several copies of this process at a time. A copy starts with the state at the fork, runs independently,
// and sends one text back. If it crashes, this process and the other copies continue.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace fhctl::test {

class Forks {
 public:
  // What a copy sent; `death` is empty unless it ended without end(): "signal 11", "exit code 1".
  using OnEnd = std::function<void(const std::string& report, const std::string& death)>;

  explicit Forks(int most);  // at the same time; at least 1
  Forks(const Forks&) = delete;
  Forks& operator=(const Forks&) = delete;
  ~Forks() { wait(); }

  // Returns true in the copy, false here. First waits while the maximum number of copies is running; `on_end` is called
  // in this process, in this function or in wait(). Only for a process with one thread.
  bool split(OnEnd on_end);
  // Ends a copy.
  [[noreturn]] static void end(const std::string& report);
  void wait();  // for all of them

  static int cores();

 private:
  struct Copy {
    pid_t process;
    int pipe;
    std::string report;
    OnEnd on_end;
  };
  void read_some();
  void finish(Copy copy);

  std::size_t most_;
  std::vector<Copy> copies_;
};

}  // namespace fhctl::test
