// `fhctl describe`: what is there. Reads only, needs no lock.
#include "cli/views/describe.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/local_manifest.h"
#include "cli/spec_flags.h"

namespace fhctl::cli {
namespace {

struct Options {
  SpecFlags spec;
};

void bind(Options& options, Flags& flags) { bind_name(options.spec, flags); }

// The command that finishes what is unfinished; empty when nothing is.
std::string continue_command(const NamedSources& named, const pipeline::Plan& plan,
                             const pipeline::Observed& observed) {
  const std::string name = named.needs_name() ? " " + named.sources.name : "";
  if (nothing_there(observed)) return "";
  if (observed.document && pipeline::is_destroy(observed.document->intent)) return "fhctl destroy" + name;
  for (const auto& [number, stream] : observed.streams) {
    if (stream_state(observed, stream) == "draining") return "fhctl scale" + name;
  }
  return plan.empty() ? "" : "fhctl up" + name;
}

Result<int> run(const Options& options, Context& context) {
  Result<NamedSources> named = make_sources(context, options.spec);
  if (!named) return named.error();
  return context.online([&](Session& session) -> Result<int> {
    Result<pipeline::Identity> identity = session.identify(named->sources.name);
    if (!identity) return identity.error();
    Result<pipeline::Observed> observed = pipeline::observe(session.client, *identity, named->sources);
    if (!observed) return observed.error();
    Description description;
    description.observed = *observed;
    // What is there is compared with what up would make of it; the id of a pipeline that does not live is never shown.
    const pipeline::Desired desired = pipeline::decide(observed->spec, pipeline::Intent{}, *observed, "");
    if (!nothing_there(*observed)) description.plan = pipeline::diff(desired, *observed);
    description.local = compare_local_manifest(context.world().files, *observed);
    description.continue_command = continue_command(*named, description.plan, *observed);
    Reporter& reporter = context.reporter();
    if (reporter.format() == Format::kHuman) reporter.answer(describe_text(description, reporter.out_style()));
    if (reporter.format() == Format::kText) reporter.answer(describe_lines(description));
    reporter.answer_json("description", describe_json(description));
    return 0;
  });
}

}  // namespace

Command describe_command() {
  Command command;
  command.name = "describe";
  command.aliases = {"status"};
  command.group = CommandGroup::kLife;
  command.summary = "show what is there: streams, capacity, drift, lock";
  command.usage = "[NAME]";
  command.about =
      "Shows the streams with their state, the other parts, what the pipeline can\n"
      "take, the manifest, the lock, and what differs from what was wanted, field by\n"
      "field. Changes nothing and needs no lock. Exit code 0 also when nothing exists.";
  command.examples =
      "fhctl describe\n"
      "fhctl describe logs --output json | jq '.streams[].name'";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
