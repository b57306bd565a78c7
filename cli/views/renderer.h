// The interface of an output format: what it writes to stdout for each thing that a run reports. cli/views/
// output_format.cc lists the formats.
#pragma once

#include <functional>
#include <string>

#include "cli/views/event_text.h"
#include "cli/views/plan_text.h"
#include "cli/views/result.h"
#include "cli/views/style.h"
#include "core/base/error.h"
#include "core/report/run_summary.h"
#include "core/run/event.h"

namespace fhctl::cli {

// A run that ended with an error before its command had a result.
struct FailedRun {
  std::string command;
  Error error;
  int exit_code = 0;
};

struct RendererOptions {
  Style style;
  std::string version;  // of fhctl
  std::string run_id;
  EventTextOptions text;
  std::function<WallTime()> wall_now;
};

// Each function returns whole lines, or nothing where the format has no line for it. A renderer writes nothing itself:
// the caller sends what is returned to stdout or to a file. What goes to stderr is the same in all formats and is not
// rendered here.
class Renderer {
 public:
  virtual ~Renderer() = default;

  // What comes before everything else. Called at most once.
  virtual std::string begin() { return ""; }
  // What happens during the run.
  virtual std::string event(const pipeline::Event&) { return ""; }
  // The plan, before it is confirmed and carried out.
  virtual std::string plan(const pipeline::Plan&, const PlanFacts&) { return ""; }
  virtual std::string note(const pipeline::Note&) { return ""; }
  // An error that is also printed on stderr; `resource` is the one that failed, or nullptr.
  virtual std::string error(const Error&, const pipeline::ResourceId* /*resource*/) { return ""; }
  virtual std::string result(const CommandResult& result) = 0;
  // Instead of a result. The error was given to error() before.
  virtual std::string failed_run(const FailedRun&) { return ""; }
  // The last call of a run.
  virtual std::string summary(const RunSummary&) { return ""; }
};

}  // namespace fhctl::cli
