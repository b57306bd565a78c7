#include "cli/command.h"

namespace fhctl::cli {

std::string_view group_title(CommandGroup group) {
  switch (group) {
    case CommandGroup::kLifecycle:
      return "A pipeline's life";
    case CommandGroup::kProducers:
      return "Producers";
    case CommandGroup::kTroubleshooting:
      return "When something is wrong";
    case CommandGroup::kTool:
      break;
  }
  return "This tool";
}

const std::vector<Command>& command_table() {
  static const std::vector<Command> table = {
      up_command(),       plan_command(),       scale_command(),    undrain_command(), wait_command(),
      describe_command(), destroy_command(),    manifest_command(), put_command(),     verify_command(),
      doctor_command(),   logs_command(),       lock_command(),     init_command(),    sandbox_command(),
      version_command(),  completion_command(), help_command(),     man_command(),
  };
  return table;
}

const Command* find_command_row(std::string_view name) {
  for (const Command& command : command_table()) {
    if (command.name == name) return &command;
    for (const std::string_view alias : command.aliases) {
      if (alias == name) return &command;
    }
  }
  return nullptr;
}

}  // namespace fhctl::cli
