// `fhctl init`: writes a commented fhctl.toml.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/spec_flags.h"
#include "core/base/json.h"
#include "core/base/system.h"
#include "core/pipeline/init_file.h"
#include "core/pipeline/names.h"

namespace fhctl::cli {
namespace {

struct Options {
  SpecFlags spec;
  bool force = false;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags.toggle("--force", options.force, "write over a file that is there");
  bind_count(options.spec, flags);
  bind_spec_flags(options.spec, flags);
}

// Mistakes in the flags are told now and not by the first command that reads the file.
Result<pipeline::SpecValues> chosen_values(const Options& options, const Globals& globals) {
  pipeline::SpecValues chosen = options.spec.values;
  if (options.spec.name && globals.name && *options.spec.name != *globals.name) {
    return usage_error(fmt::format("two names: \"{}\" and --name \"{}\".", *options.spec.name, *globals.name));
  }
  const std::optional<std::string> name = options.spec.name ? options.spec.name : globals.name;
  chosen["name"] = name.value_or(std::string(pipeline::kDefaultName));
  chosen.try_emplace("count", "2");
  const Result<pipeline::Spec> merged = pipeline::merge_spec({{"flags", chosen, options.spec.origins}});
  if (!merged) return merged.error();
  return chosen;
}

Result<int> run(const Options& options, Context& context) {
  World& world = context.world();
  const Globals& globals = context.globals();
  const std::string path = globals.config.value_or("fhctl.toml");
  Result<FileKind> kind = world.files.kind(path);
  if (!kind) return kind.error();
  if (*kind != FileKind::kAbsent && !options.force) {
    Error error;
    error.kind = ErrorKind::kPrecondition;
    error.message = fmt::format("{} is there already and was left alone.", path);
    error.hint = "--force writes over it; --config FILE chooses another file.";
    return error;
  }
  Result<pipeline::SpecValues> chosen = chosen_values(options, globals);
  if (!chosen) return chosen.error();
  const pipeline::Connection connection{globals.region.value_or(world.environment.get("AWS_REGION").value_or("")),
                                        globals.profile.value_or("")};
  Result<void> written =
      replace_file(world.files, world.entropy, path, pipeline::format_init_file(connection, *chosen));
  if (!written) return written.error();
  Reporter& reporter = context.reporter();
  if (reporter.format() == Format::kHuman)
    reporter.answer(fmt::format("Wrote {}. `fhctl plan` shows what it means.\n", path));
  if (reporter.format() == Format::kText) reporter.answer("written\t" + path + "\n");
  reporter.answer_json("written", dump(OrderedJson{{"written", path}}));
  return 0;
}

}  // namespace

Command init_command() {
  Command command;
  command.name = "init";
  command.group = CommandGroup::kTool;
  command.summary = "write a commented fhctl.toml";
  command.usage = "[NAME] [--count N] [--force]";
  command.about =
      "Writes ./fhctl.toml (or the file of --config) with every key, its default and\n"
      "what it means. Flags of the spec become values in the file. With a fhctl.toml\n"
      "the file decides, and a key that is taken out goes back to its default.";
  command.examples =
      "fhctl init\n"
      "fhctl init logs --region us-west-2 --count 4 --buffer-interval 300s";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
