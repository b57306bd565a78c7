// `fhctl help [CMD]`.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/help.h"
#include "core/base/text.h"
#include "core/report/exit_code.h"

namespace fhctl::cli {
namespace help_impl {
namespace {

struct Options {
  std::optional<std::string> topic;
};

void bind(Options& options, Flags& flags) {
  flags.argument("CMD", options.topic, "the command to explain, or exit-codes");
}

Result<int> run(const Options& options, Context& context) {
  Reporter& reporter = context.reporter();
  if (!options.topic) {
    reporter.print(overview());
    return kExitDone;
  }
  if (*options.topic == "exit-codes") {
    reporter.print("Exit codes:\n" + exit_code_table());
    return kExitDone;
  }
  const Command* command = find_command_row(*options.topic);
  if (command == nullptr) {
    std::vector<std::string> names = {"exit-codes"};
    for (const Command& row : command_table()) names.emplace_back(row.name);
    const std::optional<std::string> near = nearest(*options.topic, names);
    return usage_error(fmt::format("unknown command \"{}\"", escape_for_terminal(*options.topic)),
                       near ? fmt::format("did you mean `fhctl help {}`?", *near) : "`fhctl` lists the commands");
  }
  Globals globals;
  Flags flags;
  const CommandAction unused = command->bind(flags);
  bind_globals(globals, flags);
  reporter.print(command_help(*command, flags));
  return kExitDone;
}

}  // namespace
}  // namespace help_impl

Command help_command() {
  Command command;
  command.name = "help";
  command.group = CommandGroup::kTool;
  command.summary = "explain a command";
  command.usage = "[CMD | exit-codes]";
  command.about = "The same as `fhctl CMD --help`. `fhctl help exit-codes` lists the exit codes.";
  command.examples = "fhctl help up\nfhctl help exit-codes";
  command.bind = binder<help_impl::Options>(help_impl::bind, help_impl::run);
  return command;
}

}  // namespace fhctl::cli
