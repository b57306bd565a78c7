#include <cerrno>
#include <csignal>
#include <cstdio>
#include <string>
#include <string_view>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "core/base/system.h"

namespace fhctl {
namespace system_streams_test {
namespace {

// Runs each test in a child process, because it replaces the standard streams. Exit code 0 means that it passed.
struct SystemStreamsDeathTest : testing::Test {
  SystemStreamsDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }

  static void type(std::string_view input) {
    int ends[2] = {};
    if (pipe(ends) != 0 || write(ends[1], input.data(), input.size()) < 0) _exit(100);
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
  }
};

TEST_F(SystemStreamsDeathTest, LinesAreReadOneByOneAndTheRestAsBytes) {
  const auto read = [] {
    type("one\ntwo\r\n\nrest\nof it");
    const auto streams = make_system_streams();
    if (streams->in_is_terminal()) _exit(1);
    if (streams->read_line() != "one") _exit(2);
    if (streams->read_line() != "two") _exit(3);
    if (streams->read_line() != "") _exit(4);
    if (*streams->read_some(6) != "rest\no") _exit(5);
    if (streams->read_line() != "f it") _exit(6);
    if (streams->read_line()) _exit(7);
    if (!streams->read_some(10)->empty()) _exit(8);
    _exit(0);
  };
  EXPECT_EXIT(read(), testing::ExitedWithCode(0), "");
}

// The key is pressed before the program waits for the answer to its prompt. It must be read although the input has no
// end.
TEST_F(SystemStreamsDeathTest, AStopRequestJustBeforeTheWaitEndsIt) {
  const auto stop_then_read = [](int signal) {
    int ends[2] = {};
    if (pipe(ends) != 0) _exit(100);
    dup2(ends[0], STDIN_FILENO);  // ends[1] stays open: the input never ends
    const auto streams = make_system_streams();
    const auto signals = make_system_signals();
    alarm(20);
    std::raise(signal);
    if (streams->read_line()) _exit(1);
    if (streams->read_some(10)) _exit(2);
    _exit(errno == EINTR && signals->stop_count() == 1 ? 0 : 3);
  };
  EXPECT_EXIT(stop_then_read(SIGINT), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(stop_then_read(SIGTERM), testing::ExitedWithCode(0), "");
}

TEST_F(SystemStreamsDeathTest, SuspendedAndContinuedThePromptStillWaits) {
  const auto suspended = [] {
    int ends[2] = {};
    if (pipe(ends) != 0) _exit(100);
    dup2(ends[0], STDIN_FILENO);
    const auto streams = make_system_streams();
    const auto signals = make_system_signals();
    const pid_t self = getpid();
    const pid_t other = fork();
    if (other == 0) {
      usleep(100'000);
      kill(self, SIGSTOP);
      usleep(50'000);
      kill(self, SIGCONT);
      usleep(50'000);
      _exit(write(ends[1], "yes\n", 4) == 4 ? 0 : 1);
    }
    alarm(20);
    _exit(streams->read_line() == "yes" ? 0 : 1);
  };
  EXPECT_EXIT(suspended(), testing::ExitedWithCode(0), "");
}

TEST_F(SystemStreamsDeathTest, AFullDiskShowsWhenTheAnswerIsFlushed) {
  const auto write_to_full_disk = [] {
    dup2(open("/dev/full", O_WRONLY), STDOUT_FILENO);
    const auto streams = make_system_streams();
    streams->out("the answer");
    if (streams->out_failed()) _exit(1);
    streams->flush();
    _exit(streams->out_failed() ? 0 : 2);
  };
  EXPECT_EXIT(write_to_full_disk(), testing::ExitedWithCode(0), "");
}

TEST_F(SystemStreamsDeathTest, NothingTakesThePlaceOfAClosedStream) {
  const auto open_without_streams = [] {
    for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) close(number);
    const auto streams = make_system_streams();
    if (open("/dev/null", O_RDWR) <= STDERR_FILENO) _exit(1);
    if (streams->read_some(10)) _exit(2);
    streams->out("the answer");
    streams->flush();
    if (!streams->out_failed()) _exit(3);
    _exit(0);
  };
  EXPECT_EXIT(open_without_streams(), testing::ExitedWithCode(0), "");
}

TEST_F(SystemStreamsDeathTest, AReaderThatWentAwayIsAnErrorAndNotASignal) {
  const auto write_to_nobody = [] {
    int ends[2] = {};
    if (pipe(ends) != 0) _exit(100);
    close(ends[0]);
    dup2(ends[1], STDOUT_FILENO);
    const auto signals = make_system_signals();
    const auto streams = make_system_streams();
    streams->out("the answer");
    streams->flush();
    _exit(streams->out_failed() ? 0 : 2);
  };
  EXPECT_EXIT(write_to_nobody(), testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace system_streams_test
}  // namespace fhctl
