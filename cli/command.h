// The commands, one row each. Help, dispatch, completion and the manual page are generated from this table.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/flags.h"

namespace fhctl::cli {

class Context;

// Runs the command with the flags that were parsed. The value is the exit code.
using CommandAction = std::function<Result<int>(Context&)>;

enum class CommandGroup { kLifecycle, kProducers, kTroubleshooting, kTool };
std::string_view group_title(CommandGroup group);

struct Command {
  std::string_view name;
  std::vector<std::string_view> aliases;
  CommandGroup group;
  std::string_view summary;                   // one line for the overview
  std::string_view usage;                     // what follows the name: "[NAME] --count N"
  std::string_view about;                     // paragraphs for its help, lines of at most 80 columns
  std::string_view examples;                  // real ones, one a line
  std::function<CommandAction(Flags&)> bind;  // declares the flags and returns what runs once they are parsed
  bool hidden = false;
  bool checks_variables = false;  // its run() refuses mistyped FHCTL_* variables; other commands get a warning
};

// Joins a command's options, its bind() and its run() into the table's form.
template <class Options>
std::function<CommandAction(Flags&)> binder(void (*bind)(Options&, Flags&),
                                            Result<int> (*run)(const Options&, Context&)) {
  return [bind, run](Flags& flags) -> CommandAction {
    auto options = std::make_shared<Options>();
    bind(*options, flags);
    return [options, run](Context& context) { return run(*options, context); };
  };
}

const std::vector<Command>& command_table();
const Command* find_command_row(std::string_view name);  // by name or alias

// One for each file in cli/commands.
Command up_command();
Command plan_command();
Command describe_command();
Command scale_command();
Command undrain_command();
Command wait_command();
Command destroy_command();
Command manifest_command();
Command put_command();
Command verify_command();
Command logs_command();
Command lock_command();
Command doctor_command();
Command init_command();
Command sandbox_command();
Command completion_command();
Command man_command();
Command version_command();
Command help_command();

}  // namespace fhctl::cli
