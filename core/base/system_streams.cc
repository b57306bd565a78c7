#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/base/system.h"

namespace fhctl {

namespace {

constexpr int kColumnsDefault = 80;

// If descriptor 0, 1 or 2 is closed, the next file or connection would get its number, and output would be written to
// it. /dev/null takes the number, opened in the wrong direction, so that reads and writes still fail.
void occupy_closed_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(number, F_GETFD) >= 0 || errno != EBADF) continue;
    // open() returns this number: it is the lowest free one.
    if (::open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY) != number) return;
  }
}

class SystemStreams final : public Streams {
 public:
  ~SystemStreams() override { flush(); }
  SystemStreams() { occupy_closed_descriptors(); }
  SystemStreams(const SystemStreams&) = delete;
  SystemStreams& operator=(const SystemStreams&) = delete;

  void out(std::string_view text) override {
    if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) note_out_error();
  }

  // Standard output goes first, so that both streams appear in order on one terminal.
  void err(std::string_view text) override {
    std::fflush(stdout);
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

  void flush() override {
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) note_out_error();
    std::fflush(stderr);
  }

  int out_error() const override { return out_error_; }
  bool in_is_terminal() const override { return isatty(STDIN_FILENO) != 0; }
  bool out_is_terminal() const override { return isatty(STDOUT_FILENO) != 0; }
  bool err_is_terminal() const override { return isatty(STDERR_FILENO) != 0; }

  int columns() const override {
    struct winsize size = {};
    if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return kColumnsDefault;
    return size.ws_col;
  }

  // Returns nothing when the user asks to stop, as at the end of the input: Ctrl-C at a prompt answers it.
  std::optional<std::string> read_line() override {
    flush();
    while (true) {
      const std::size_t newline = unread_.find('\n');
      if (newline != std::string::npos) {
        std::string line = unread_.substr(0, newline);
        unread_.erase(0, newline + 1);
        if (!line.empty() && line.back() == '\r') line.pop_back();
        return line;
      }
      if (read_more(kLineChunkBytes) > 0 && unread_.size() <= kLineBytesMax) continue;
      if (unread_.empty()) return std::nullopt;
      return std::exchange(unread_, {});
    }
  }

  Result<std::string> read_some(std::size_t bytes_max) override {
    if (unread_.empty() && read_more(bytes_max) < 0) {
      return Error{.message = std::string("cannot read standard input: ") + std::strerror(errno)};
    }
    std::string bytes = unread_.substr(0, bytes_max);
    unread_.erase(0, bytes.size());
    return bytes;
  }

 private:
  void note_out_error() {
    if (out_error_ == 0) out_error_ = errno != 0 ? errno : EIO;
  }

  static constexpr std::size_t kLineChunkBytes = 4096;
  static constexpr std::size_t kLineBytesMax = 1u << 20;

  // -1 with EINTR after a stop request, also one that came before the wait or between two waits.
  ssize_t read_more(std::size_t bytes_max) {
    std::array<pollfd, 2> waits = {
        {{STDIN_FILENO, POLLIN, 0}, {system_stop_descriptor(), POLLIN, 0}}};  // a negative one is passed over
    while (::poll(waits.data(), waits.size(), -1) < 0) {
      if (errno != EINTR) return -1;  // Ctrl-Z and fg interrupt a wait too, but are not stop requests
    }
    if (waits[1].revents != 0) {
      errno = EINTR;
      return -1;
    }
    const std::size_t before = unread_.size();
    unread_.resize(before + bytes_max);
    const ssize_t got = ::read(STDIN_FILENO, unread_.data() + before, bytes_max);
    unread_.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    return got;
  }

  int out_error_ = 0;
  std::string unread_;  // read from stdin beyond the last line
};

}  // namespace

std::unique_ptr<Streams> make_system_streams() { return std::make_unique<SystemStreams>(); }

}  // namespace fhctl
