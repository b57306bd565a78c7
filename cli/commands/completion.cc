// `fhctl completion` and the hidden `fhctl man`: texts generated from the table of commands.
#include "cli/completion.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"

namespace fhctl::cli {
namespace completion_impl {
namespace {

struct Options {
  std::optional<std::string> shell;
};

void bind(Options& options, Flags& flags) {
  flags.argument("bash|zsh|fish", options.shell, "the shell").choices = {"bash", "zsh", "fish"};
}

Result<int> run(const Options& options, Context& context) {
  Reporter& reporter = context.reporter();
  const std::string shell = options.shell.value_or("");
  if (shell == "bash") {
    reporter.print(bash_completion());
  } else if (shell == "zsh") {
    reporter.print(zsh_completion());
  } else if (shell == "fish") {
    reporter.print(fish_completion());
  } else {
    return usage_error("`fhctl completion` needs a shell: bash, zsh or fish");
  }
  return 0;
}

struct NoOptions {};

void bind_nothing(NoOptions&, Flags&) {}

Result<int> print_manual(const NoOptions&, Context& context) {
  context.reporter().print(manual_page());
  return 0;
}

}  // namespace
}  // namespace completion_impl

Command completion_command() {
  Command command;
  command.name = "completion";
  command.group = CommandGroup::kTool;
  command.summary = "print a completion script";
  command.usage = "bash|zsh|fish";
  command.about =
      "Prints a script that completes commands and flags. `cmake --install` puts it in\n"
      "place already.";
  command.examples =
      "source <(fhctl completion bash)\n"
      "fhctl completion zsh > ~/.zfunc/_fhctl\n"
      "fhctl completion fish > ~/.config/fish/completions/fhctl.fish";
  command.bind = binder<completion_impl::Options>(completion_impl::bind, completion_impl::run);
  return command;
}

Command man_command() {
  Command command;
  command.name = "man";
  command.group = CommandGroup::kTool;
  command.summary = "print the manual page";
  command.about = "Prints fhctl(1) in troff, for the install target.";
  command.examples = "fhctl man | man -l -";
  command.bind = binder<completion_impl::NoOptions>(completion_impl::bind_nothing, completion_impl::print_manual);
  command.hidden = true;
  return command;
}

}  // namespace fhctl::cli
