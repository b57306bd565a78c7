// Asking before anything changes. Prompts only where somebody can answer.
#pragma once

#include <optional>
#include <string>

#include "cli/context.h"
#include "core/pipeline/desired.h"

namespace fhctl::cli {

struct ConfirmRequest {
  pipeline::Intent::Verb verb = pipeline::Intent::Verb::kUp;
  std::string name;                         // of the pipeline
  bool named_by_flags = false;              // the name stands on the command line
  std::string name_origin;                  // where the name comes from, for messages: "fhctl.toml"
  std::optional<std::string> confirm_name;  // destroy --confirm NAME
};

// True when confirm() would put a question to somebody.
bool would_ask(const ConfirmRequest& request, const World& world, const Globals& globals);

// kConfirmation when `confirmed` (destroy --confirm) is the name of another pipeline than `name`.
Result<void> check_confirmed_name(const std::optional<std::string>& confirmed, const std::string& name);

// Success: go on. kConfirmation: a yes is needed and nobody could give it, or --yes would destroy a pipeline whose name
// does not stand on the command line. kCancelled: somebody said no, or stopped.
// Blocks the whole program while it waits for the answer.
Result<void> confirm(const ConfirmRequest& request, const pipeline::Plan& plan, Context& context);

// A question of a command's own. `refusal_hint` says what to add where nobody can be asked.
Result<void> confirm_question(const std::string& question, const std::string& refusal_hint, Context& context);

}  // namespace fhctl::cli
