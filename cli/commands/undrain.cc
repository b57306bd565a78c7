// `fhctl undrain`: makes draining streams active again.
#include "cli/command.h"
#include "cli/converge_command.h"

namespace fhctl::cli {
namespace undrain_impl {
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
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  ConvergeRequest request;
  request.named = named;
  request.intent.verb = pipeline::Intent::Verb::kUndrain;
  request.intent.take_back.insert(options.streams.begin(), options.streams.end());
  return run_converge(context, request);
}

}  // namespace
}  // namespace undrain_impl

Command undrain_command() {
  Command command;
  command.name = "undrain";
  command.group = CommandGroup::kLifecycle;
  command.summary = "take draining streams back";
  command.usage = "[NAME] [--stream NAME]";
  command.about =
      "Streams that a scale or a destroy marked as draining become active again, and\n"
      "the manifest says so. It works until a stream is deleted, also while another\n"
      "run waits for the drain: that run then leaves them alone.";
  command.examples =
      "fhctl undrain\n"
      "fhctl undrain logs --stream logs-3 --yes";
  command.bind = binder<undrain_impl::Options>(undrain_impl::bind, undrain_impl::run);
  return command;
}

}  // namespace fhctl::cli
