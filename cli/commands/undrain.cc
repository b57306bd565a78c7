// `fhctl undrain`: take streams back that are on their way out.
#include "cli/command.h"
#include "cli/converge_command.h"

namespace fhctl::cli {
namespace {

struct Options {
  SpecFlags spec;
  std::vector<std::string> streams;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags.custom(
      "--stream", "NAME",
      [&options](const std::string& value) {
        options.streams.push_back(value);
        return ok();
      },
      "only this stream; may be said several times (default: all that drain)");
  bind_run_flags(options.spec, flags);
}

Result<int> run(const Options& options, Context& context) {
  Result<NamedSources> named = make_sources(context, options.spec);
  if (!named) return named.error();
  ConvergeRequest request;
  request.named = *named;
  request.intent.verb = pipeline::Intent::Verb::kUndrain;
  request.intent.take_back.insert(options.streams.begin(), options.streams.end());
  return run_converge(context, request);
}

}  // namespace

Command undrain_command() {
  Command command;
  command.name = "undrain";
  command.group = CommandGroup::kLife;
  command.summary = "take draining streams back";
  command.usage = "[NAME] [--stream NAME]";
  command.about =
      "Streams that a scale or a destroy marked as draining become active again, and\n"
      "the manifest says so. It works until a stream is deleted, also while another\n"
      "run waits for the drain: that run then leaves them alone.";
  command.examples =
      "fhctl undrain\n"
      "fhctl undrain logs --stream logs-3 --yes";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
