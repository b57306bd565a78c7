// One simulated process of fhctl: its platform interfaces, and how they behave when it dies or sleeps.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/cancellation.h"
#include "core/transport/transport.h"
#include "tests/sim/harness/fault.h"
#include "tests/sim/harness/simulation.h"

namespace fhctl::test {

// The machine's side of a process. In a dead process no platform call ever returns, so its code has no further effect.
struct Body {
  Body(Simulation& the_world, Loop& the_loop)
      : world(the_world),
        loop(the_loop),
        ended(the_loop),
        container(the_world.container),
        pid(the_world.processes_of[container].last) {}

  Simulation& world;
  Loop& loop;
  Event ended;
  int container;  // see Simulation::container
  int pid;        // in the process table of that container
  RunFacts facts;
  RunResult result;
  FakeSignals signals;
  std::optional<Instant> stopped_at;
  bool dead = false;
  Instant asleep_until{};
  bool disk_full = false;
  std::map<std::string, std::optional<std::string>> unsynced;  // path: content before the rename

  void go_on();             // waits while asleep; never returns in a dead process
  [[noreturn]] void die();  // never returns
  void forget_unsynced();   // applies the effect of a power loss to the disk
};

class BodySignals final : public Signals {
 public:
  explicit BodySignals(const Body& body) : body_(body) {}
  int stop_count() const override { return body_.signals.stop_count() + body_.world.signals.stop_count(); }
  int stop_signal() const override {
    return body_.signals.count > 0 ? body_.signals.stop_signal() : body_.world.signals.stop_signal();
  }

 private:
  const Body& body_;
};

// Each process has its own pid, the machine of its user, and the process table of its container.
class BodyHost final : public Host {
 public:
  explicit BodyHost(const Body& body) : body_(body), name_(body.world.host.host_name) {}
  std::string name() const override { return name_; }
  std::string boot_id() const override { return body_.world.host.boot_id() + name_; }
  std::string pid_namespace() const override {
    const Simulation& world = body_.world;
    return body_.container == 0 || world.one_pid_namespace ? world.host.pid_ns
                                                           : std::to_string(4'026'532'000 + body_.container);
  }
  int pid() const override { return body_.pid; }
  bool process_alive(int id) const override { return table().alive.contains(id); }
  std::optional<std::int64_t> process_start(int id) const override {
    const auto found = table().alive.find(id);
    return found == table().alive.end() ? std::nullopt : std::optional(found->second);
  }

 private:
  const ProcessTable& table() const { return body_.world.processes_of.at(body_.container); }

  const Body& body_;
  std::string name_;
};

class BodyFiles final : public FileSystem {
 public:
  explicit BodyFiles(Body& body) : body_(body) {}
  Result<FileKind> kind(const std::string& path) override;
  Result<std::optional<std::string>> read(const std::string& path, std::size_t bytes_max) override;
  Result<void> write_new(const std::string& path, std::string_view bytes, unsigned mode) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> sync_directory(const std::string& path) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_directories(const std::string& path) override;

 private:
  Body& body_;
};

class BodyTransport final : public http::Transport {
 public:
  BodyTransport(Body& body, const Disturbance& disturbance) : body_(body), disturbance_(disturbance) {}
  Result<http::Response> exchange(const http::Request& request, const http::Limits& limits) override;

 private:
  Fault fault_for(int number, const http::Request& request, const sandbox::Route& route) const;
  Result<http::Response> strike(const Fault& fault, const http::Request& request, const sandbox::Route& route,
                                const http::Limits& limits);
  std::optional<http::Response> refusal(FaultKind kind, const sandbox::Route& route) const;
  http::Response read_past(const Fault& fault, const http::Request& request, const sandbox::Route& route);
  Result<http::Response> wrongly_or_rightly(const http::Request& request, const http::Limits& limits);
  Result<http::Response> one_request(const http::Request& request, const http::Limits& limits);
  http::Response perform(const http::Request& request, const sandbox::Route& route, bool heard = true);
  void sign_again(http::Request& request) const;
  Result<http::Response> deliver(http::Response response);
  Duration latency();

  Body& body_;
  const Disturbance& disturbance_;
};

}  // namespace fhctl::test
