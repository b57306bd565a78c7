// A complete simulation in memory: the sandbox's cloud, a machine with files and clocks, and runs of fhctl on it, all
// in virtual time. A run may be killed at any request; the cloud and the files persist.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/converge/converge.h"
#include "core/converge/wait.h"
#include "sandbox/cloud/cloud.h"
#include "tests/sim/harness/fault.h"
#include "tests/sim/harness/request_watcher.h"
#include "tests/sim/harness/seeded_bug.h"
#include "tests/sim/harness/stale_reads.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::test {

// The name of the bucket of the pipeline "logs" in the default region.
inline constexpr const char* kBucketOfLogs = "logs-123456789012-us-west-2";

// The processes of a machine, or of one container on it: the pids and start times of the running ones.
struct ProcessTable {
  int last = 4242;  // every table starts with the same pid
  std::map<int, std::int64_t> alive;
};

// Which faults a run is given, and when.
struct Disturbance {
  int kill_at = 0;            // the request, counted from 1; 0: never
  bool after_effect = false;  // the request is carried out and its response is lost
  // Called before each request with its number; may change the cloud, or return a response instead of the cloud.
  std::function<std::optional<Result<http::Response>>(int, const http::Request&)> intervene = {};
  // The request takes effect, the response is lost, the process continues. 0: never.
  int lose_answer_at = 0;
  // Returns the fault of a request, by its number.
  std::function<Fault(int, const http::Request&, const sandbox::Route&)> fault = {};
};

struct RunResult {
  bool killed = false;
  std::optional<Result<pipeline::Outcome>> outcome;  // nullopt when killed
  std::vector<pipeline::Event> events;
  int requests = 0;
  std::vector<std::string> changing;  // operations that changed something, in order
  Duration took{};
  Duration stopping{};  // from the stop request to the end; 0: no stop was requested

  bool succeeded() const { return outcome && *outcome && !(**outcome).error; }
  std::optional<Error> failure() const;  // the one that decides the exit code; nullopt when it succeeded or was killed
  std::string error() const;             // this and all other failures, for people
};

class Simulation {
 public:
  explicit Simulation(sandbox::Options options = quick_options(), std::uint64_t seed = 1);
  static sandbox::Options quick_options();

  RunResult up(int count, const Disturbance& disturbance = {});
  RunResult scale(int count, const Disturbance& disturbance = {});
  RunResult destroy(const Disturbance& disturbance = {});  // --empty-bucket
  RunResult run(pipeline::ConvergeOptions options, const Disturbance& disturbance = {});
  // `fhctl wait`, in a process that is never killed. Waits.
  Result<pipeline::Waited> wait(pipeline::WaitFor what, const Disturbance& disturbance = {});
  // Like run(), in a fiber beside others: other actors share the loop and its time. The objects of the process exist
  // until forget(), which must be called after the loop has run, even if the process was killed. In `in_region`, if
  // given. Waits.
  RunResult run_beside(Loop& loop, pipeline::ConvergeOptions options, const Disturbance& disturbance = {},
                       const std::string& in_region = "");

  // Spec keys of every run, as flags would give them.
  pipeline::SpecValues flags;
  std::string name = "logs";
  std::string region = "us-west-2";
  bool confirm_yes = true;
  Duration time_limit = std::chrono::hours(1);  // --timeout

  void forget() { processes_.clear(); }

  // Everything in the cloud and on the disk, except what differs from run to run: ids, versions, times.
  std::string snapshot();
  void pass(Duration duration) { driver.advance(duration); }

  sandbox::Cloud cloud;
  VirtualDriver driver;
  MemoryFiles files;
  FakeHost host;  // `process` counts the processes of all tables
  // Where the next process starts: 0 is the machine itself, every other number a container on it that has the machine's
  // host name and boot id, a separate PID namespace, and sees only the processes of its own table.
  int container = 0;
  std::map<int, ProcessTable> processes_of;  // by container
  bool one_pid_namespace = false;            // a seeded bug: every process uses the PID namespace of the machine
  FakeSignals signals;                       // sent to every process
  SeededEntropy entropy;
  RequestWatcher* watcher = nullptr;
  std::shared_ptr<MistakeAct> seeded_bug;  // the seeded bug of every process; empty: none
  std::optional<StaleReads> past;          // empty: reads are never stale

 private:
  pipeline::ConvergeOptions options_for(pipeline::Intent::Verb verb) const;
  void complete(pipeline::ConvergeOptions& options) const;
  RunFacts facts_of(const pipeline::ConvergeOptions& options) const;

  void begin_process();

  struct Process;
  std::vector<std::shared_ptr<Process>> processes_;
  sandbox::Options options_;
};

}  // namespace fhctl::test
