#include "cli/help.h"

#include <algorithm>

#include <fmt/format.h>

#include "cli/views/style.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

constexpr std::size_t kWidth = 80;
constexpr std::size_t kHelpColumn = 30;

std::string flag_rows(const Flags& flags, bool global) {
  std::string text;
  for (const Flag& flag : flags.flags) {
    if (flag.global != global || flag.hidden) continue;
    std::string line = "  " + flag_spelling(flag);
    const std::vector<std::string> help = wrap(flag.help, kWidth - kHelpColumn);
    const bool fits = display_width(line) + 2 <= kHelpColumn;
    text += fits ? pad_to_width(line, kHelpColumn) + help.front() + "\n" : line + "\n";
    for (std::size_t i = fits ? 1 : 0; i < help.size(); ++i) text += std::string(kHelpColumn, ' ') + help[i] + "\n";
  }
  return text;
}

std::string indented(std::string_view lines, std::string_view indent) {
  std::string text;
  for (const std::string& line : split(lines, '\n')) text += std::string(indent) + line + "\n";
  return text;
}

std::string group_row(CommandGroup group) {
  std::vector<std::string> names;
  for (const Command& command : command_table()) {
    if (command.group == group && !command.hidden) names.emplace_back(command.name);
  }
  return fmt::format("  {:<26}{}\n", group_title(group), join(names, "  "));
}

}  // namespace

std::string overview() {
  std::string text =
      "fhctl runs a log pipeline on AWS: N equal Firehose delivery streams into one S3\n"
      "bucket, and a manifest that tells producers which streams to write to. It makes,\n"
      "describes, resizes and destroys all of it, and keeps no state file.\n"
      "\n"
      "  fhctl sandbox                          an AWS of your own on this machine\n"
      "  fhctl up --region us-west-2 --count 2  create a pipeline (shows a plan, asks)\n"
      "  echo '{\"foo\":\"bar\"}' | fhctl put -     send a record through it\n"
      "\n";
  for (const CommandGroup group :
       {CommandGroup::kLifecycle, CommandGroup::kProducers, CommandGroup::kTroubleshooting, CommandGroup::kTool}) {
    text += group_row(group);
  }
  return text +
         "\n"
         "`fhctl help CMD` explains a command with examples; flags may stand anywhere.\n";
}

std::string command_help(const Command& command, const Flags& flags) {
  std::string text = fmt::format("fhctl {}: {}\n\nUsage: fhctl {}{}{}\n", command.name, command.summary, command.name,
                                 command.usage.empty() ? "" : " ", command.usage);
  if (!command.aliases.empty()) {
    std::vector<std::string> aliases(command.aliases.begin(), command.aliases.end());
    text += "Also: fhctl " + join(aliases, ", fhctl ") + "\n";
  }
  text += "\n" + std::string(command.about) + "\n";
  if (const std::string own = flag_rows(flags, false); !own.empty()) text += "\nFlags:\n" + own;
  text += "\nFlags of every command:\n" + flag_rows(flags, true);
  return text + "\nExamples:\n" + indented(command.examples, "  ");
}

std::string flag_spelling(const Flag& flag) {
  std::string text = flag.letter != 0 ? fmt::format("-{}, {}", flag.letter, flag.name) : flag.name;
  if (flag.value_optional) return text + "[=" + flag.form + "]";
  if (!flag.form.empty()) text += " " + flag.form;
  return text;
}

std::vector<std::string> wrap(std::string_view text, std::size_t width) {
  std::vector<std::string> lines = {""};
  for (const std::string& word : split(text, ' ')) {
    if (!lines.back().empty() && display_width(lines.back()) + 1 + display_width(word) > width) lines.emplace_back();
    lines.back() += (lines.back().empty() ? "" : " ") + word;
  }
  return lines;
}

}  // namespace fhctl::cli
