#include "cli/run.h"

#include <algorithm>
#include <initializer_list>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/exit_code.h"
#include "cli/help.h"
#include "cli/parse.h"
#include "cli/variables.h"
#include "cli/views/error_text.h"
#include "cli/views/plan_json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

Error unknown_command(const std::string& word) {
  std::vector<std::string> names;
  for (const Command& command : command_table()) {
    if (!command.hidden) names.emplace_back(command.name);
    for (const std::string_view alias : command.aliases) names.emplace_back(alias);
  }
  const std::optional<std::string> near = nearest(word, names);
  return usage_error(fmt::format("fhctl knows no command \"{}\".", escape_for_terminal(word)),
                     near ? fmt::format("Did you mean `fhctl {}`?", *near) : "`fhctl` lists the commands.");
}

// What helps with any error of its kind, where the core had nothing better to say.
Error with_hint(Error error) {
  if (error.hint.empty() && error.kind == ErrorKind::kNetwork) {
    error.hint = "Check the network, the proxy (HTTPS_PROXY) and --ca-bundle; `fhctl doctor` looks at each service.";
  }
  return error;
}

// A run that ended before its command could report: the same error on stderr and in the format that was asked for.
int report_failure(Context& context, const Error& failure) {
  const Error error = with_hint(failure);
  Reporter& reporter = context.reporter();
  const int code = exit_code(error, context.world().signals);
  reporter.fail(error);
  if (reporter.format() == Format::kJson) {
    OrderedJson json = {{"schema", "fhctl.run/1"},
                        {"command", context.command()},
                        {"result", "error"},
                        {"exit_code", code},
                        {"error", error_json(error)}};
    reporter.answer(dump(json, 2) + "\n");
  }
  if (reporter.format() == Format::kText) reporter.answer("error\t" + escape_for_terminal(describe(error)) + "\n");
  RunSummary summary;
  summary.result = context.world().signals.stop_count() > 0 ? "cancelled" : "error";
  summary.exit_code = code;
  summary.message = describe(error);
  reporter.summary(summary);
  return code;
}

// Whether one of the spellings stands among the words before "--". Help and version are given whatever else is wrong
// with the words.
bool asks_for(std::initializer_list<std::string_view> spellings, const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::find_first_of(words.begin(), end, spellings.begin(), spellings.end()) != end;
}

int run_command(const Command& command, const std::vector<std::string>& words, World& world) {
  Globals globals;
  Flags flags;
  const CommandAction action = command.bind(flags);
  bind_globals(globals, flags);
  if (asks_for({"--help", "-h"}, words)) {
    world.streams.out(command_help(command, flags));
    return kExitDone;
  }
  if (asks_for({"--version"}, words)) return run_command(*find_command_row("version"), {}, world);
  const Result<void> parsed = parse_words(words, flags, command.name);
  Context context(world, globals, std::string(command.name), words);
  if (!parsed) return report_failure(context, parsed.error());
  if (Result<void> opened = context.reporter().open(); !opened) return report_failure(context, opened.error());
  if (!command.checks_variables) {
    if (const auto note = mistyped_variables_note(world.environment)) context.reporter().note(*note);
  }
  const Result<int> code = action(context);
  if (!code) return report_failure(context, code.error());
  if (!context.reporter().has_summary()) {
    RunSummary summary;
    summary.result = *code == kExitDone ? "ok" : "error";
    summary.exit_code = *code;
    context.reporter().summary(summary);
  }
  return *code;
}

// No command at all: the overview, or the version, or what is wrong with the words.
int run_without_command(const std::vector<std::string>& words, World& world) {
  Globals globals;
  Flags flags;
  bind_globals(globals, flags);
  if (Result<void> parsed = parse_words(words, flags, "help"); !parsed) {
    world.streams.err(error_text(parsed.error(), style_of_stderr(globals, world.environment, world.streams)));
    return kExitUsage;
  }
  if (globals.version) return run_command(*find_command_row("version"), {}, world);
  world.streams.out(overview());
  return kExitDone;
}

int dispatch(const std::vector<std::string>& words, World& world) {
  Globals globals;
  Flags flags;
  bind_globals(globals, flags);
  const std::size_t at = find_command(words, flags);
  if (at == words.size()) return run_without_command(words, world);
  const Command* command = find_command_row(words[at]);
  if (command == nullptr) {
    const Style style = style_of_stderr(globals, world.environment, world.streams);
    world.streams.err(error_text(unknown_command(words[at]), style));
    return kExitUsage;
  }
  std::vector<std::string> rest = words;
  rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(at));
  return run_command(*command, rest, world);
}

}  // namespace

int run_cli(const std::vector<std::string>& words, World& world) {
  const int code = dispatch(normalise_words(words), world);
  world.streams.flush();
  // The answer did not get out whole: a full disk, or a reader that left. Nothing to say that anybody would read.
  if (code == kExitDone && world.streams.out_failed()) return kExitFailed;
  return code;
}

}  // namespace fhctl::cli
