// Host as Linux shows it, most of it through /proc.
#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/system.h"
#include "core/base/text.h"

namespace fhctl {
namespace {

// The content of a file below /proc; nullopt when it cannot be read.
std::optional<std::string> read_proc(const std::string& path) {
  constexpr std::size_t kBytesMax = 16 * 1024;
  Result<std::optional<std::string>> text = make_system_files()->read(path, kBytesMax);
  return text ? *text : std::nullopt;
}

// The inode number of one of this process's namespaces; empty when it cannot be read.
std::string namespace_number(const std::string& kind) {
  std::array<char, 64> target{};
  const ssize_t size = ::readlink(("/proc/self/ns/" + kind).c_str(), target.data(), target.size() - 1);
  if (size <= 0) return {};
  const std::string_view text(target.data(), static_cast<std::size_t>(size));  // "pid:[4026531836]"
  if (!starts_with(text, kind + ":[") || !ends_with(text, "]")) return {};
  return std::string(text.substr(kind.size() + 2, text.size() - kind.size() - 3));
}

// Whether /proc/N is process N of this process's PID namespace. A /proc that was mounted in an outer namespace shows
// other processes under the same numbers; NSpid then has a number for each namespace from that one inwards.
bool proc_has_our_numbers() {
  const std::optional<std::string> status = read_proc("/proc/self/status");
  if (!status) return false;
  for (const std::string& line : split(*status, '\n')) {
    if (starts_with(line, "NSpid:")) return trim(line.substr(6)) == std::to_string(getpid());
  }
  return false;
}

// Whether start times are not shifted: /proc shows them as the reader's time namespace counts, and two readers in
// different ones would see different times of the same process. Kernels without time namespaces have no such file.
bool proc_has_machine_times() {
  const std::string own = namespace_number("time");
  constexpr const char* kInitialTimeNamespace = "4026531834";  // the same number on every Linux
  return own.empty() ? access("/proc/self/ns/time", F_OK) != 0 && errno == ENOENT : own == kInitialTimeNamespace;
}

class SystemHost final : public Host {
 public:
  std::string name() const override {
    std::array<char, 256> buffer{};
    if (gethostname(buffer.data(), buffer.size() - 1) != 0) return "unknown";
    return buffer.data();
  }

  std::string boot_id() const override {
    return std::string(trim(read_proc("/proc/sys/kernel/random/boot_id").value_or("")));
  }

  std::string pid_namespace() const override { return namespace_number("pid"); }

  int pid() const override { return static_cast<int>(getpid()); }

  bool process_alive(int pid) const override {
    if (pid <= 0) return false;
    return kill(pid, 0) == 0 || errno != ESRCH;
  }

  std::optional<std::int64_t> process_start(int pid) const override {
    if (pid <= 0 || !proc_has_our_numbers() || !proc_has_machine_times()) return std::nullopt;
    const std::optional<std::string> text = read_proc(fmt::format("/proc/{}/stat", pid));
    return text ? start_in_stat(*text) : std::nullopt;
  }
};

}  // namespace

std::optional<std::int64_t> start_in_stat(std::string_view text) {
  // "PID (NAME) STATE ...": the name may contain spaces, parentheses and newlines, so the fields are counted from the
  // last parenthesis. The first field behind it is the third of the line, and the start time is the 22nd.
  constexpr std::size_t kStartAfterName = 22 - 3;
  const std::size_t name_ends = text.rfind(')');
  if (name_ends == std::string_view::npos) return std::nullopt;
  const std::vector<std::string> fields = split(std::string(trim(text.substr(name_ends + 1))), ' ');
  if (fields.size() <= kStartAfterName) return std::nullopt;
  const std::optional<std::int64_t> start = parse_integer(fields[kStartAfterName]);
  return start && *start >= 0 ? start : std::nullopt;
}

std::unique_ptr<Host> make_system_host() { return std::make_unique<SystemHost>(); }

}  // namespace fhctl
