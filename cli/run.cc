#include "cli/run.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <initializer_list>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/variables.h"
#include "cli/views/error_text.h"
#include "core/base/text.h"
#include "core/report/exit_code.h"

namespace fhctl::cli {
namespace {

Error unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const Command& command : command_table()) {
    if (!command.hidden) names.emplace_back(command.name);
    for (const std::string_view alias : command.aliases) names.emplace_back(alias);
  }
  const std::optional<std::string> near = nearest(word, names);
  return usage_error(fmt::format("unknown command \"{}\"", escape_for_terminal(word)),
                     near ? fmt::format("did you mean `fhctl {}`?", *near) : "`fhctl` lists the commands");
}

// A hint for any error of its kind, if the core had no better one.
Error with_hint(Error error) {
  if (error.hint.empty() && error.kind == ErrorKind::kNetwork) {
    error.hint = "check the network, the proxy (HTTPS_PROXY) and --ca-bundle; `fhctl doctor` looks at each service";
  }
  return error;
}

// Reports an error that ended the run before its command had a result. Returns the exit code.
int report_failure(Context& context, const Error& failure) {
  const Error error = with_hint(failure);
  const int code = exit_code(error, context.platform().signals);
  context.reporter().fail_run({context.command(), error, code});
  RunSummary summary;
  summary.result = context.platform().signals.stop_count() > 0 ? "cancelled" : "error";
  summary.exit_code = code;
  summary.message = describe(error);
  context.reporter().summary(summary);
  return code;
}

// Whether one of the spellings is among the words before "--". Help and version are printed even if other words are
// wrong.
bool asks_for(std::initializer_list<std::string_view> spellings, const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find_first_of(words.begin(), end, spellings.begin(), spellings.end()) != end;
}

int run_command(const Command& command, const std::vector<std::string>& words, Platform& platform) {
  Globals globals;
  Flags flags;
  const CommandAction action = command.bind(flags);
  bind_globals(globals, flags);
  if (asks_for({"--help", "-h"}, words)) {
    platform.streams.out(command_help(command, flags));
    return kExitDone;
  }
  if (asks_for({"--version"}, words)) return run_command(*find_command_row("version"), {}, platform);
  const Result<void> parsed = parse_words(words, flags, command.name);
  Context context(platform, globals, std::string(command.name), words);
  if (!parsed) return report_failure(context, parsed.error());
  if (Result<void> opened = context.reporter().open(); !opened) return report_failure(context, opened.error());
  if (!command.checks_variables) {
    if (const auto note = mistyped_variables_note(platform.environment)) context.reporter().note(*note);
  }
  const Result<int> code = action(context);
  if (!code) return report_failure(context, code.error());
  if (!context.reporter().has_summary()) {
    RunSummary summary;
    summary.result = *code == kExitDone ? "ok" : "error";
    summary.exit_code = *code;
    context.reporter().summary(summary);
  }
  return *code == kExitDone && context.reporter().event_log_failed() ? kExitFailed : *code;
}

// No command: prints the overview or the version, or reports what is wrong with the words.
int run_without_command(const std::vector<std::string>& words, Platform& platform) {
  Globals globals;
  Flags flags;
  bind_globals(globals, flags);
  if (Result<void> parsed = parse_words(words, flags, "help"); !parsed) {
    platform.streams.err(error_text(parsed.error(), style_of_stderr(globals, platform.environment, platform.streams)));
    return kExitUsage;
  }
  if (globals.version) return run_command(*find_command_row("version"), {}, platform);
  platform.streams.out(overview());
  return kExitDone;
}

int dispatch(const std::vector<std::string>& words, Platform& platform) {
  Globals globals;
  Flags flags;
  bind_globals(globals, flags);
  const std::size_t at = find_command(words, flags);
  if (at == words.size()) return run_without_command(words, platform);
  const Command* command = find_command_row(words[at]);
  if (command == nullptr) {
    const Style style = style_of_stderr(globals, platform.environment, platform.streams);
    platform.streams.err(error_text(unknown_command(words[at]), style));
    return kExitUsage;
  }
  std::vector<std::string> rest = words;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  return run_command(*command, rest, platform);
}

}  // namespace

int run_cli(const std::vector<std::string>& words, Platform& platform) {
  const int code = dispatch(normalise_words(words), platform);
  platform.streams.flush();
  const int out_error = platform.streams.out_error();
  if (out_error == 0) return code;
  // A reader that has closed the pipe, as `head` does, needs no message.
  if (out_error != EPIPE) {
    platform.streams.err(fmt::format("error: cannot write to standard output: {}\n", std::strerror(out_error)));
  }
  return code == kExitDone ? kExitFailed : code;
}

}  // namespace fhctl::cli
