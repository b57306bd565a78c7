#include <fmt/format.h>

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/globals.h"
#include "cli/help.h"
#include "core/base/text.h"
#include "core/report/exit_code.h"
#include "core/report/version.h"

namespace fhctl::cli {
namespace {

// Text for troff: a dot or a quote at the beginning of a line would be a request.
std::string troff(std::string_view text) {
  std::string escaped = replace_all(replace_all(std::string(text), "\\", "\\e"), "-", "\\-");
  if (starts_with(escaped, ".") || starts_with(escaped, "'")) escaped = "\\&" + escaped;
  return replace_all(replace_all(escaped, "\n.", "\n\\&."), "\n'", "\n\\&'");
}

std::string flag_paragraphs(const Flags& flags) {
  std::string text;
  for (const Flag& flag : flags.flags) {
    if (flag.hidden) continue;
    text += fmt::format(".TP\n.B {}\n{}\n", troff(flag_spelling(flag)), troff(flag.help));
  }
  return text;
}

std::string verbatim(std::string_view lines) { return ".nf\n" + troff(lines) + "\n.fi\n"; }

std::string command_section(const Command& command) {
  Flags flags;
  const CommandAction targets = command.bind(flags);
  std::string text =
      fmt::format(".SS fhctl {} {}\n{}.\n.PP\n", troff(command.name), troff(command.usage), troff(command.summary));
  if (!command.aliases.empty()) {
    text += "Also: " + troff(join({command.aliases.begin(), command.aliases.end()}, ", ")) + ".\n.PP\n";
  }
  text += verbatim(command.about) + flag_paragraphs(flags);
  return text + ".PP\nExamples:\n.PP\n" + verbatim(command.examples);
}

}  // namespace

std::string manual_page() {
  Globals globals;
  Flags global_flags;
  bind_globals(globals, global_flags);
  std::string text = fmt::format(".TH FHCTL 1 \"\" \"fhctl {}\" \"User Commands\"\n", kVersion);
  text += ".SH NAME\nfhctl \\- a log pipeline of Firehose delivery streams, and the manifest for its producers\n";
  text += ".SH SYNOPSIS\n.B fhctl\n.I command\n[flags]\n.SH DESCRIPTION\n" + verbatim(overview());
  text += ".SH COMMANDS\n";
  for (const Command& command : command_table()) {
    if (!command.hidden) text += command_section(command);
  }
  text += ".SH FLAGS OF EVERY COMMAND\n" + flag_paragraphs(global_flags);
  text += ".SH EXIT STATUS\n" + verbatim(exit_code_table());
  text += ".SH FILES\n.TP\n.B ./fhctl.toml\nThe spec, if there (see fhctl init).\n";
  text += ".TP\n.B ./fhctl\\-manifest.json\nThe local copy of the stream manifest.\n";
  return text;
}

}  // namespace fhctl::cli
