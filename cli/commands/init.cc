// `fhctl init`: writes a commented fhctl.toml.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/spec_flags.h"
#include "core/base/atomic_file.h"
#include "core/base/json.h"
#include "core/base/system.h"
#include "core/spec/names.h"
#include "core/spec/spec_file.h"
#include "core/spec/spec_template.h"

namespace fhctl::cli {
namespace init_impl {
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

// Errors in the flags are reported now, not by the first command that reads the file.
Result<pipeline::SpecValues> chosen_values(const Options& options, const Globals& globals) {
  pipeline::SpecValues chosen = options.spec.values;
  if (options.spec.name && globals.name && *options.spec.name != *globals.name) {
    return usage_error(fmt::format("two names: \"{}\" and --name \"{}\"", *options.spec.name, *globals.name));
  }
  const std::optional<std::string> name = options.spec.name ? options.spec.name : globals.name;
  chosen["name"] = name.value_or(std::string(pipeline::kDefaultName));
  chosen.try_emplace("count", "2");
  ASSIGN_OR_RETURN(const pipeline::Spec merged, pipeline::merge_spec({{"flags", chosen, options.spec.origins}}));
  return chosen;
}

Result<int> run(const Options& options, Context& context) {
  Platform& platform = context.platform();
  const Globals& globals = context.globals();
  const std::string path = globals.config.value_or("fhctl.toml");
  ASSIGN_OR_RETURN(FileKind kind, platform.files.kind(path));
  if (kind != FileKind::kAbsent && !options.force) {
    return make_error(ErrorKind::kPrecondition, fmt::format("{} exists already and was not changed", path),
                      "--force replaces it; --config FILE chooses another file");
  }
  ASSIGN_OR_RETURN(pipeline::SpecValues chosen, chosen_values(options, globals));
  const pipeline::Connection connection{globals.region.value_or(platform.environment.get("AWS_REGION").value_or("")),
                                        globals.profile.value_or("")};
  Result<void> written =
      replace_file(platform.files, platform.entropy, path, pipeline::format_init_file(connection, chosen));
  if (!written) return written.error();
  context.reporter().show(
      {"written", [path](const Style&) { return fmt::format("Wrote {}. `fhctl plan` shows what it means.\n", path); },
       [path] { return "written\t" + path + "\n"; },
       [path] {
         return dump(OrderedJson{{"written", path}});
       }});
  return 0;
}

}  // namespace
}  // namespace init_impl

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
  command.bind = binder<init_impl::Options>(init_impl::bind, init_impl::run);
  return command;
}

}  // namespace fhctl::cli
