#include "cli/completion.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/globals.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

// A command with its flags bound to unused targets.
struct CommandRow {
  const Command* command = nullptr;
  Flags flags;
  CommandAction action;  // owns the targets
};

std::vector<CommandRow> rows() {
  std::vector<CommandRow> all;
  for (const Command& command : command_table()) {
    if (command.hidden) continue;
    CommandRow row;
    row.command = &command;
    row.action = command.bind(row.flags);
    all.push_back(std::move(row));
  }
  return all;
}

std::vector<std::string> command_names() {
  std::vector<std::string> names;
  for (const Command& command : command_table()) {
    if (command.hidden) continue;
    names.emplace_back(command.name);
    for (const std::string_view alias : command.aliases) names.emplace_back(alias);
  }
  return names;
}

std::vector<std::string> words_of(const Flags& flags) {
  std::vector<std::string> words = flags.spellings();
  for (const Positional& positional : flags.positionals) {
    words.insert(words.end(), positional.choices.begin(), positional.choices.end());
  }
  return words;
}

std::string names_pattern(const Command& command) {
  std::string pattern(command.name);
  for (const std::string_view alias : command.aliases) pattern += "|" + std::string(alias);
  return pattern;
}

// Single quotes cannot stand inside single quotes in any of the three shells' words here.
std::string shell_quoted(std::string_view text) { return "'" + replace_all(std::string(text), "'", "") + "'"; }

}  // namespace

std::string bash_completion() {
  Globals globals;
  Flags global_flags;
  bind_globals(globals, global_flags);
  std::string cases;
  std::string values;
  for (const CommandRow& row : rows()) {
    cases += fmt::format("    {}) words=\"{}\" ;;\n", names_pattern(*row.command), join(words_of(row.flags), " "));
  }
  const auto add_values = [&values](const Flags& flags) {
    for (const Flag& flag : flags.flags) {
      if (!flag.choices.empty()) values += fmt::format("    {}) words=\"{}\" ;;\n", flag.name, join(flag.choices, " "));
    }
  };
  for (const CommandRow& row : rows()) add_values(row.flags);
  add_values(global_flags);
  return fmt::format(R"(# bash completion for fhctl
_fhctl() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" previous="${{COMP_WORDS[COMP_CWORD-1]}}" words="" command="" word
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$word" in {0}) command="$word"; break ;; esac
  done
  case "$previous" in
{1}    --config|--json-into|--ca-bundle|--manifest|--file|--state|--fault-plan)
      COMPREPLY=($(compgen -f -- "$current")); return ;;
    *) case "$command" in
{2}    *) words="{3}" ;;
    esac
    words="$words {4}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _fhctl fhctl
)",
                     join(command_names(), "|"), values, cases, join(command_names(), " "),
                     join(global_flags.spellings(), " "));
}

std::string zsh_completion() {
  Globals globals;
  Flags global_flags;
  bind_globals(globals, global_flags);
  std::string commands;
  std::string cases;
  for (const CommandRow& row : rows()) {
    const std::string summary = replace_all(std::string(row.command->summary), ":", "");
    commands += fmt::format("    {}\n", shell_quoted(fmt::format("{}:{}", row.command->name, summary)));
    std::string specs;
    for (const Flag& flag : row.flags.flags) {
      const std::string help = replace_all(replace_all(replace_all(flag.help, "[", "("), "]", ")"), ":", "");
      // "=-" and "::": the value is optional and follows in the same word.
      const std::string name = flag.value_optional ? flag.name + "=-" : flag.name;
      const std::string value = flag.value_optional ? "::value:" : flag.takes_next_word() ? ":value:" : "";
      specs += fmt::format(" {}", shell_quoted(fmt::format("{}[{}]{}", name, help, value)));
    }
    for (const Positional& positional : row.flags.positionals) {
      if (!positional.choices.empty())
        specs += fmt::format(" {}", shell_quoted("1:what:(" + join(positional.choices, " ") + ")"));
    }
    cases += fmt::format("    {}) _arguments $globals{} '*:file:_files' ;;\n", names_pattern(*row.command), specs);
  }
  std::string global_specs;
  for (const Flag& flag : global_flags.flags) {
    const std::string help = replace_all(flag.help, ":", "");
    const std::string value = flag.form.empty()      ? ""
                              : flag.choices.empty() ? ":value:_files"
                                                     : ":value:(" + join(flag.choices, " ") + ")";
    global_specs += fmt::format("    {}\n", shell_quoted(fmt::format("{}[{}]{}", flag.name, help, value)));
  }
  return fmt::format(R"(#compdef fhctl
_fhctl() {{
  local -a commands globals
  commands=(
{0}  )
  globals=(
{1}  )
  if (( CURRENT == 2 )); then
    _describe 'command' commands
    return
  fi
  local command="$words[2]"
  shift words; (( CURRENT-- ))
  case "$command" in
{2}  esac
}}
compdef _fhctl fhctl
)",
                     commands, global_specs, cases);
}

std::string fish_completion() {
  Globals globals;
  Flags global_flags;
  bind_globals(globals, global_flags);
  std::string text = "# fish completion for fhctl\ncomplete -c fhctl -f\n";
  const auto flag_line = [](const std::string& condition, const Flag& flag) {
    std::string line = "complete -c fhctl" + condition + " -l " + flag.name.substr(2);
    if (flag.letter != 0) line += fmt::format(" -s {}", flag.letter);
    if (!flag.choices.empty()) line += " -xa " + shell_quoted(join(flag.choices, " "));
    if (flag.takes_next_word() && flag.choices.empty()) line += " -r";
    return line + " -d " + shell_quoted(flag.help) + "\n";
  };
  for (const CommandRow& row : rows()) {
    text += fmt::format("complete -c fhctl -n __fish_use_subcommand -a {} -d {}\n", row.command->name,
                        shell_quoted(row.command->summary));
    const std::string names = replace_all(names_pattern(*row.command), "|", " ");
    const std::string condition = fmt::format(" -n {}", shell_quoted("__fish_seen_subcommand_from " + names));
    for (const Flag& flag : row.flags.flags) text += flag_line(condition, flag);
    for (const Positional& positional : row.flags.positionals) {
      if (!positional.choices.empty())
        text += fmt::format("complete -c fhctl{} -a {}\n", condition, shell_quoted(join(positional.choices, " ")));
    }
  }
  for (const Flag& flag : global_flags.flags) text += flag_line("", flag);
  return text;
}

}  // namespace fhctl::cli
