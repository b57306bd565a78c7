// Stateful fakes of the platform interfaces, for tests of every layer. SeededEntropy provides randomness.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/base/loop.h"
#include "core/base/platform.h"
#include "core/transport/transport.h"

namespace fhctl::test {

class MapEnvironment final : public Environment {
 public:
  MapEnvironment() = default;
  explicit MapEnvironment(std::map<std::string, std::string, std::less<>> the_values) : values(std::move(the_values)) {}

  std::optional<std::string> get(std::string_view name) const override {
    const auto found = values.find(name);
    if (found == values.end()) return std::nullopt;
    return found->second;
  }

  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto& [name, value] : values) all.push_back(name);
    return all;
  }

  std::map<std::string, std::string, std::less<>> values;
};

// Files in memory. Each call counts as one step. Step `fail_at` fails as on a full disk: a write leaves half of its
// data.
class MemoryFiles final : public FileSystem {
 public:
  std::map<std::string, std::string> files;
  std::set<std::string> directories = {".", "/", "/tmp"};
  std::set<std::string> symlinks;
  int fail_at = 0;  // counted from 1; 0: never
  int steps = 0;
  std::vector<std::string> log;  // "rename a b", one entry per step

  Result<FileKind> kind(const std::string& path) override {
    if (step("kind " + path)) return failure(path);
    if (symlinks.contains(path)) return FileKind::kSymlink;
    if (files.contains(path)) return FileKind::kRegular;
    return directories.contains(path) ? FileKind::kDirectory : FileKind::kAbsent;
  }

  Result<std::optional<std::string>> read(const std::string& path, std::size_t bytes_max) override {
    if (step("read " + path)) return failure(path);
    const auto file = files.find(path);
    if (file == files.end()) return std::optional<std::string>();
    if (file->second.size() > bytes_max) return Error{.message = "'" + path + "' is too long"};
    return std::optional<std::string>(file->second);
  }

  Result<void> write_new(const std::string& path, std::string_view bytes, unsigned /*mode*/) override {
    const bool fails = step("write_new " + path);
    if (files.contains(path)) return Error{.message = "'" + path + "' exists"};
    files[path] = std::string(bytes.substr(0, fails ? bytes.size() / 2 : bytes.size()));
    return fails ? Result<void>(failure(path)) : ok();
  }

  Result<void> rename(const std::string& from, const std::string& to) override {
    if (step("rename " + from + " " + to) || !files.contains(from)) return failure(from);
    files[to] = files[from];
    files.erase(from);
    return ok();
  }

  Result<void> sync_directory(const std::string& path) override {
    return step("sync_directory " + path) ? Result<void>(failure(path)) : ok();
  }

  Result<void> remove(const std::string& path) override {
    if (step("remove " + path)) return failure(path);
    files.erase(path);
    return ok();
  }

  Result<void> make_directories(const std::string& path) override {
    if (step("make_directories " + path)) return failure(path);
    directories.insert(path);
    return ok();
  }

 private:
  bool step(std::string what) {
    log.push_back(std::move(what));
    return ++steps == fail_at;
  }
  static Error failure(const std::string& path) { return {.message = "'" + path + "': No space left on device"}; }
};

class FakeSignals final : public Signals {
 public:
  int count = 0;
  int signal = 0;

  void raise(int the_signal) {
    if (count++ == 0) signal = the_signal;
  }
  int stop_count() const override { return count; }
  int stop_signal() const override { return signal; }
};

class FakeStreams final : public Streams {
 public:
  std::string written_out;
  std::string written_err;
  std::deque<std::string> lines;  // the user's input, one entry per line
  std::string input;              // what read_some returns
  bool in_terminal = false;
  bool out_terminal = false;
  bool err_terminal = false;
  bool broken_out = false;
  int width = 80;

  void out(std::string_view text) override { written_out += text; }
  void err(std::string_view text) override { written_err += text; }
  void flush() override {}
  int out_error() const override { return broken_out ? EPIPE : 0; }
  bool in_is_terminal() const override { return in_terminal; }
  bool out_is_terminal() const override { return out_terminal; }
  bool err_is_terminal() const override { return err_terminal; }
  int columns() const override { return width; }

  std::optional<std::string> read_line() override {
    if (lines.empty()) return std::nullopt;
    std::string line = std::move(lines.front());
    lines.pop_front();
    return line;
  }
  Result<std::string> read_some(std::size_t bytes_max) override {
    std::string bytes = input.substr(0, bytes_max);
    input.erase(0, bytes.size());
    return bytes;
  }
};

class FakeHost final : public Host {
 public:
  std::string host_name = "workstation";
  std::string boot = "11111111-2222-3333-4444-555555555555";
  std::string pid_ns = "4026531836";
  int process = 4242;
  std::set<int> alive_processes = {4242};
  std::map<int, std::int64_t> starts = {{4242, 100'000}};

  std::string name() const override { return host_name; }
  std::string boot_id() const override { return boot; }
  std::string pid_namespace() const override { return pid_ns; }
  int pid() const override { return process; }
  bool process_alive(int id) const override { return alive_processes.contains(id); }
  std::optional<std::int64_t> process_start(int id) const override {
    const auto found = starts.find(id);
    return found == starts.end() ? std::nullopt : std::optional(found->second);
  }
};

// Records the program that was to replace the process. A real one does not return then; this one returns kCancelled.
class FakeProcessImage final : public ProcessImage {
 public:
  std::string own_path = "/usr/bin/fhctl";
  Error failure = {.kind = ErrorKind::kCancelled, .message = "replaced"};
  std::string replaced_by;  // empty: by none
  std::vector<std::string> arguments;
  std::vector<std::string> environment;

  std::string path() const override { return own_path; }
  Error replace(const std::string& path, const std::vector<std::string>& the_arguments,
                const std::vector<std::string>& the_environment) override {
    replaced_by = path;
    arguments = the_arguments;
    environment = the_environment;
    return failure;
  }
};

// Responds with the result of a function, after `latency` of the loop's time, and records the requests.
class ScriptedTransport final : public http::Transport {
 public:
  using Script = std::function<Result<http::Response>(const http::Request&)>;

  ScriptedTransport(Loop& loop, Script script) : script_(std::move(script)), loop_(loop) {}

  Result<http::Response> exchange(const http::Request& request, const http::Limits& limits) override {
    requests.push_back(request);
    limits_given.push_back(limits);
    if (latency > limits.total) {
      loop_.sleep_for(limits.total);
      return Error{.kind = ErrorKind::kNetwork, .message = "no answer from " + request.authority()};
    }
    // The request takes effect before the latency of the response, so that a dropped fiber does not undo it.
    Result<http::Response> answer = script_(request);
    loop_.sleep_for(latency);
    return answer;
  }

  std::vector<http::Request> requests;
  std::vector<http::Limits> limits_given;
  Duration latency = std::chrono::milliseconds(10);

 private:
  Script script_;
  Loop& loop_;
};

}  // namespace fhctl::test
