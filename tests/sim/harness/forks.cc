#include "tests/sim/harness/forks.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace fhctl::test {
namespace {

// In a copy: the descriptor that its report is written to.
int report_to = -1;

[[noreturn]] void cannot(const char* what) {
  std::perror(what);
  std::exit(70);
}

}  // namespace

Forks::Forks(int most) : most_(static_cast<std::size_t>(std::max(1, most))) {}

int Forks::cores() { return std::max(1, static_cast<int>(std::thread::hardware_concurrency())); }

bool Forks::split(OnEnd on_end) {
  while (copies_.size() >= most_) read_some();
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) cannot("pipe");
  const pid_t process = fork();
  if (process < 0) cannot("fork");
  if (process > 0) {
    close(ends[1]);
    copies_.push_back({process, ends[0], "", std::move(on_end)});
    return false;
  }
  close(ends[0]);
  for (const Copy& sibling : copies_) close(sibling.pipe);
  copies_.clear();
  if (report_to >= 0) close(report_to);
  report_to = ends[1];
  return true;
}

void Forks::end(const std::string& report) {
  for (std::size_t sent = 0; sent < report.size();) {
    const ssize_t more = write(report_to, report.data() + sent, report.size() - sent);
    if (more < 0 && errno != EINTR) cannot("sending a report");
    if (more > 0) sent += static_cast<std::size_t>(more);
  }
  _exit(0);
}

void Forks::wait() {
  while (!copies_.empty()) read_some();
}

// Waits until a copy has sent something or has ended.
void Forks::read_some() {
  std::vector<pollfd> waiting;
  for (const Copy& copy : copies_) waiting.push_back({copy.pipe, POLLIN, 0});
  if (poll(waiting.data(), waiting.size(), -1) < 0 && errno != EINTR) cannot("poll");
  for (std::size_t i = waiting.size(); i-- > 0;) {
    if (waiting[i].revents == 0) continue;
    std::array<char, 65536> bytes{};
    const ssize_t got = read(copies_[i].pipe, bytes.data(), bytes.size());
    if (got > 0) copies_[i].report.append(bytes.data(), static_cast<std::size_t>(got));
    if (got > 0 || (got < 0 && errno == EINTR)) continue;
    Copy ended = std::move(copies_[i]);
    copies_.erase(copies_.begin() + static_cast<std::ptrdiff_t>(i));
    finish(std::move(ended));
  }
}

void Forks::finish(Copy copy) {
  close(copy.pipe);
  int status = 0;
  while (waitpid(copy.process, &status, 0) < 0) {
    if (errno != EINTR) cannot("waitpid");
  }
  std::string death;
  if (WIFSIGNALED(status)) death = fmt::format("signal {}", WTERMSIG(status));
  if (WIFEXITED(status) && WEXITSTATUS(status) != 0) death = fmt::format("exit code {}", WEXITSTATUS(status));
  copy.on_end(copy.report, death);
}

}  // namespace fhctl::test
