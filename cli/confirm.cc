#include "cli/confirm.h"

#include <fmt/format.h>

#include "core/base/text.h"

namespace fhctl::cli {
namespace {

using Verb = pipeline::Intent::Verb;

Error refusal(std::string message, std::string hint) {
  return make_error(ErrorKind::kConfirmation, std::move(message), std::move(hint));
}

Error cancelled(std::string message) { return make_error(ErrorKind::kCancelled, std::move(message)); }

bool can_ask(const Platform& platform, const Globals& globals) {
  return !globals.no_input && platform.streams.in_is_terminal() && platform.streams.err_is_terminal();
}

std::string question(const pipeline::Plan& plan) {
  if (plan.destroyed() > 0 && plan.added() == 0 && plan.changed() == 0) {
    return fmt::format("Delete {}? [y/N] ", plan.destroyed() == 1 ? "this" : "these");
  }
  if (plan.destroyed() == 0 && plan.changed() == 0) {
    return fmt::format("Create {}? [y/N] ", plan.added() == 1 ? "this" : "these");
  }
  return "Make these changes? [y/N] ";
}

// The error that says why no question can be asked.
Error nobody_to_ask(const Context& context, std::string hint) {
  const Platform& platform = context.platform();
  const char* why = "stdin is not a terminal";
  if (platform.streams.in_is_terminal()) why = "stderr is not a terminal";
  if (context.globals().no_input) why = "--no-input was given";
  return refusal(fmt::format("refusing to change anything without confirmation: {}", why), std::move(hint));
}

// What the user typed; nothing when they stopped the program or closed the input.
std::optional<std::string> ask(Context& context, const std::string& text) {
  Platform& platform = context.platform();
  platform.streams.flush();
  platform.streams.err(text);
  std::optional<std::string> line = platform.streams.read_line();
  if (platform.signals.stop_count() > 0) return std::nullopt;
  return line;
}

Result<void> ask_for_name(const ConfirmRequest& request, Context& context) {
  const std::optional<std::string> typed =
      ask(context, fmt::format("There is no undo. Type the pipeline's name to confirm ({}): ", request.name));
  if (typed && trim(*typed) == request.name) return ok();
  return cancelled("the name was not typed; nothing was changed");
}

Result<void> ask_yes_or_no(const std::string& text, Context& context) {
  const std::optional<std::string> typed = ask(context, text);
  const std::string word = to_lower(trim(typed.value_or("")));
  if (word == "y" || word == "yes") return ok();
  return cancelled("not confirmed; nothing was changed");
}

}  // namespace

Result<void> check_confirmed_name(const std::optional<std::string>& confirmed, const std::string& name) {
  if (!confirmed || *confirmed == name) return ok();
  return refusal(fmt::format("--confirm says \"{}\", but the pipeline is \"{}\". Nothing was changed",
                             escape_for_terminal(*confirmed), name),
                 fmt::format("`--confirm {}` if that pipeline is meant", name));
}

bool would_ask(const ConfirmRequest& request, const Platform& platform, const Globals& globals) {
  return !globals.yes && !request.confirm_name && can_ask(platform, globals);
}

Result<void> confirm(const ConfirmRequest& request, const pipeline::Plan& plan, Context& context) {
  const Globals& globals = context.globals();
  const bool destroys = request.verb == Verb::kDestroy;
  if (destroys && request.confirm_name) return check_confirmed_name(request.confirm_name, request.name);
  if (destroys && globals.yes && !request.named_by_flags) {
    return refusal(fmt::format("refusing to destroy the pipeline {} on a bare --yes: its name comes from {}, not from "
                               "the command line",
                               request.name, request.name_origin),
                   fmt::format("if {} is meant: `{}`", request.name, context.command_line_to_confirm(request.name)));
  }
  if (globals.yes) return ok();
  if (!can_ask(context.platform(), globals)) {
    return nobody_to_ask(
        context, destroys ? fmt::format("add `--confirm {}`, or look first with `fhctl plan --destroy`", request.name)
                          : "add --yes, or look first with `fhctl plan`");
  }
  return destroys ? ask_for_name(request, context) : ask_yes_or_no(question(plan), context);
}

Result<void> confirm_question(const std::string& text, const std::string& refusal_hint, Context& context) {
  if (context.globals().yes) return ok();
  if (!can_ask(context.platform(), context.globals())) return nobody_to_ask(context, refusal_hint);
  return ask_yes_or_no(text, context);
}

}  // namespace fhctl::cli
