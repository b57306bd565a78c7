// The platform interfaces: all access to anything outside fhctl's memory, except bytes on the network
// (core/transport/transport.h). The production implementations are in core/base/system.h; tests and the simulation have
// others. A check forbids clocks, getenv, files, random devices, threads and signals everywhere else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/base/time.h"

namespace fhctl {

// The loop's only view of time and of work that completes elsewhere.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual Instant now() = 0;
  virtual WallTime wall_now() = 0;
  // Returns at `until`, or earlier when something completed (a response arrived, a signal came). Completions mark
  // waiting fibers ready through Loop::wake. `until` may be kNever.
  virtual void wait(Instant until) = 0;
};

// The only source of randomness: jitter, ids, the choice of a stream.
class Entropy {
 public:
  virtual ~Entropy() = default;
  virtual std::uint64_t next() = 0;
};

class Environment {
 public:
  virtual ~Environment() = default;
  // nullopt: not set. An empty value is a value.
  virtual std::optional<std::string> get(std::string_view name) const = 0;
  // The names of all variables that are set, empty ones too, in no particular order.
  virtual std::vector<std::string> names() const = 0;
};

enum class FileKind { kAbsent, kRegular, kDirectory, kSymlink, kOther };

// Files as plain steps, so that a test can fail or crash between any two of them. Paths are used as given.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual Result<FileKind> kind(const std::string& path) = 0;  // does not follow a final symlink
  // nullopt: there is no such file. An error when it is longer than bytes_max or cannot be read.
  virtual Result<std::optional<std::string>> read(const std::string& path, std::size_t bytes_max) = 0;
  // Creates the file (an error when it exists), writes all bytes and syncs them to the disk.
  virtual Result<void> write_new(const std::string& path, std::string_view bytes, unsigned mode) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> sync_directory(const std::string& path) = 0;
  virtual Result<void> remove(const std::string& path) = 0;  // absent is fine
  virtual Result<void> make_directories(const std::string& path) = 0;
};

// How often the user asked to stop, and with which signal. Level, not edge: it stays raised.
class Signals {
 public:
  virtual ~Signals() = default;
  virtual int stop_count() const = 0;   // 0: no request; 2: exit at once
  virtual int stop_signal() const = 0;  // SIGINT or SIGTERM of the first request; 0 without a request
};

// Standard input, output and error.
class Streams {
 public:
  virtual ~Streams() = default;
  virtual void out(std::string_view text) = 0;
  virtual void err(std::string_view text) = 0;
  virtual void flush() = 0;
  // errno of the first write to stdout that failed: EPIPE if its reader has closed it, ENOSPC if the disk is full; 0:
  // none failed.
  virtual int out_error() const = 0;
  bool out_failed() const { return out_error() != 0; }
  virtual bool in_is_terminal() const = 0;
  virtual bool out_is_terminal() const = 0;
  virtual bool err_is_terminal() const = 0;
  virtual int columns() const = 0;  // of the terminal on stderr, else 80
  // One line from stdin without its newline; nullopt at the end. Blocks the whole program: for prompts only.
  virtual std::optional<std::string> read_line() = 0;
  // Up to bytes_max bytes from stdin; empty at the end. Blocks.
  virtual Result<std::string> read_some(std::size_t bytes_max) = 0;
};

// The program that this process runs.
class ProcessImage {
 public:
  virtual ~ProcessImage() = default;
  // The absolute path of its executable file, symbolic links resolved; empty when the system does not show it.
  virtual std::string path() const = 0;
  // Runs another program in this process: same process id, standard streams and working directory. `arguments` begins
  // with the program's name; `environment` has entries "NAME=VALUE". Returns only when that failed: kNotFound when
  // there is no such file, kCancelled when the user asked to stop before, else kFailed. A stop request that comes later
  // reaches the other program.
  virtual Error replace(const std::string& path, const std::vector<std::string>& arguments,
                        const std::vector<std::string>& environment) = 0;
};

// This process and the machine it runs on: recorded in the lock, and used to prove that a lock's holder is dead.
// Process numbers are those of this process's PID namespace: each container usually has one.
class Host {
 public:
  virtual ~Host() = default;
  virtual std::string name() const = 0;
  virtual std::string boot_id() const = 0;        // empty when the system has none
  virtual std::string pid_namespace() const = 0;  // "4026531836"; empty when it cannot be read
  virtual int pid() const = 0;
  // False only when the system says that there is no such process.
  virtual bool process_alive(int pid) const = 0;
  // When the process started, in clock ticks since the machine was started. nullopt: there is no such process, or the
  // system does not show the process of that number in this PID namespace.
  virtual std::optional<std::int64_t> process_start(int pid) const = 0;
};

}  // namespace fhctl
