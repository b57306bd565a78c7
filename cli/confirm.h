// Asks for confirmation before anything changes. Prompts only at a terminal.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "core/plan/desired.h"

namespace fhctl::cli {

struct ConfirmRequest {
  pipeline::Intent::Verb verb = pipeline::Intent::Verb::kUp;
  std::string name;                         // of the pipeline
  bool named_by_flags = false;              // the name stands on the command line
  std::string name_origin;                  // where the name comes from, for messages: "fhctl.toml"
  std::optional<std::string> confirm_name;  // destroy --confirm NAME
};

// True if confirm() would ask the user.
bool would_ask(const ConfirmRequest& request, const Platform& platform, const Globals& globals);

// kConfirmation when `confirmed` (destroy --confirm) is the name of another pipeline than `name`.
Result<void> check_confirmed_name(const std::optional<std::string>& confirmed, const std::string& name);

// Success: continue. kConfirmation: a confirmation is required, but no question can be asked, or --yes would destroy a
// pipeline whose name is not on the command line. kCancelled: the user answered no, or stopped. Blocks the whole
// program while it waits for the answer.
Result<void> confirm(const ConfirmRequest& request, const pipeline::Plan& plan, Context& context);

// A question of one command. `refusal_hint` says what to add when no question can be asked.
Result<void> confirm_question(const std::string& question, const std::string& refusal_hint, Context& context);

}  // namespace fhctl::cli
