// Work done in copies of this process, several at a time. A copy has everything as it stood at the fork, goes its own
// way from there, and sends one text back. What it crashes of stays its own.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

namespace fhctl::test {

class Forks {
 public:
  // What a copy sent; `death` is empty unless it ended by itself: "signal 11", "exit code 1".
  using OnEnd = std::function<void(const std::string& report, const std::string& death)>;

  explicit Forks(int most);  // at the same time; at least 1
  Forks(const Forks&) = delete;
  Forks& operator=(const Forks&) = delete;
  ~Forks() { wait(); }

  // True in the copy, false here. Waits before that while as many as allowed are at work; `on_end` is called here, in
  // this function or in wait(). Only for a process with one thread.
  bool split(OnEnd on_end);
  // The end of a copy.
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
