// A whole world in memory: the sandbox's cloud, a machine with files and clocks, and runs of fhctl on it, all in
// virtual time. A run may be killed at any request; the cloud and the files live on.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/pipeline/converge.h"
#include "core/pipeline/wait.h"
#include "sandbox/cloud.h"
#include "tests/sim/fault.h"
#include "tests/sim/mistake.h"
#include "tests/sim/past.h"
#include "tests/sim/watcher.h"
#include "tests/support/fakes.h"
#include "tests/support/virtual_driver.h"

namespace fhctl::test {

// What fhctl calls the bucket of the pipeline "logs" in the usual region.
inline constexpr const char* kBucketOfLogs = "logs-123456789012-us-west-2";

// The processes of a machine, or of one container on it: the numbers and start times of those that are alive.
struct ProcessTable {
  int last = 4242;  // numbers begin alike in every table
  std::map<int, std::int64_t> alive;
};

// Where and how a run is disturbed.
struct Disturbance {
  int kill_at = 0;            // the request, counted from 1; 0: never
  bool after_effect = false;  // the request is carried out and its answer is lost
  // Called before each request with its number; may change the cloud or answer in its stead.
  std::function<std::optional<Result<http::Response>>(int, const http::Request&)> meddle = {};
  // The request takes effect, the answer is lost, the process lives on. 0: never.
  int lose_answer_at = 0;
  // What strikes a request, by its number.
  std::function<Fault(int, const http::Request&, const sandbox::Route&)> fault = {};
};

struct RunResult {
  bool killed = false;
  std::optional<Result<pipeline::Outcome>> outcome;  // nothing when killed
  std::vector<pipeline::Event> events;
  int requests = 0;
  std::vector<std::string> changing;  // operations that changed something, in order
  Duration took{};
  Duration stopping{};  // from the stop request to the end; 0: there was none

  bool succeeded() const { return outcome && *outcome && !(**outcome).error; }
  std::optional<Error> failure() const;  // what decides the exit code; nothing when it succeeded or was killed
  std::string error() const;             // that and all else that failed, for people
};

class SimWorld {
 public:
  explicit SimWorld(sandbox::Options options = quick_options(), std::uint64_t seed = 1);
  static sandbox::Options quick_options();

  RunResult up(int count, const Disturbance& disturbance = {});
  RunResult scale(int count, const Disturbance& disturbance = {});
  RunResult destroy(const Disturbance& disturbance = {});  // --empty-bucket
  RunResult run(pipeline::ConvergeOptions options, const Disturbance& disturbance = {});
  // `fhctl wait`, by a process that nothing kills. Waits.
  Result<pipeline::Waited> wait(pipeline::WaitFor what, const Disturbance& disturbance = {});
  // The same as one fiber among others: other actors share the loop and its time. What the process was made of stays
  // until forget(), which comes after the loop's run: also when it was killed. In `region`, if one is given. Waits.
  RunResult run_beside(Loop& loop, pipeline::ConvergeOptions options, const Disturbance& disturbance = {},
                       const std::string& in_region = "");

  // Spec keys of every run, as flags would give them.
  pipeline::SpecValues flags;
  std::string name = "logs";
  std::string region = "us-west-2";
  bool confirm_yes = true;
  Duration time_limit = std::chrono::hours(1);  // --timeout

  void forget() { processes_.clear(); }

  // Everything in the cloud and on the disk, without what differs from run to run: ids, versions, times.
  std::string snapshot();
  void pass(Duration duration) { driver.advance(duration); }

  sandbox::Cloud cloud;
  VirtualDriver driver;
  MemoryFiles files;
  FakeHost host;  // `process` counts the processes of all tables
  // Where the next process begins: 0 is the machine itself, each other number a container on it that has the machine's
  // host name and boot id, a PID namespace of its own, and sees no process of another table.
  int container = 0;
  std::map<int, ProcessTable> processes_of;  // by container
  bool one_pid_namespace = false;            // every process takes its PID namespace for the machine's: a mistake
  FakeSignals signals;                       // every process gets them
  SeededEntropy entropy;
  Watcher* watcher = nullptr;
  std::shared_ptr<MistakeAct> mistake;  // what every process does wrong on purpose; empty: nothing
  std::optional<Past> past;             // empty: reads are never behind

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
