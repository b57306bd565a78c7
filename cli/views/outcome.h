// The end of a run of plan, up, scale, undrain or destroy: its result, and the lines that scripts search for.
#pragma once

#include <string>

#include "cli/views/result.h"
#include "core/converge/converge.h"

namespace fhctl::cli {

struct OutcomeReport {
  pipeline::Outcome outcome;
  bool plan_only = false;
  bool destroy = false;
  int exit_code = 0;
  std::string version;  // of fhctl
  std::string run_id;
  std::string command;
};

// Has no event of its own: plan, steps, errors and summary are events already. Its text for people leaves out the plan,
// which Reporter::show_plan() has shown before, and errors, which are shown after it.
CommandResult outcome_result(OutcomeReport report);

// "ok", "no_changes", "changes_pending", "partial", "blocked", "error"
std::string result_word(const pipeline::Outcome& outcome, bool plan_only);

// "Apply complete! Resources: 7 added, 0 changed, 0 destroyed." or "Destroy complete! Resources: 7 destroyed."
std::string complete_line(const pipeline::Outcome& outcome, bool destroy);

}  // namespace fhctl::cli
