// `fhctl describe`: shows the pipeline's state. Reads only, needs no lock.
#include "cli/views/describe.h"
#include "cli/command.h"
#include "cli/context.h"
#include "cli/local_manifest.h"
#include "cli/spec_flags.h"
#include "core/drain/drain_metrics.h"
#include "core/plan/build_plan.h"
#include "core/plan/resolve.h"

namespace fhctl::cli {
namespace describe_impl {
namespace {

struct Options {
  SpecFlags spec;
};

void bind(Options& options, Flags& flags) { bind_name(options.spec, flags); }

// The command that completes unfinished work; empty if there is none.
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

// Nothing if they cannot be read: `describe` shows what it may read.
std::vector<pipeline::DrainStatus> drain_statuses(Session& session, const pipeline::Observed& observed) {
  if (!observed.manifest || observed.manifest->epoch != observed.id) return {};
  std::set<int> numbers;
  for (const auto& [number, stream] : observed.streams) {
    if (stream_state(observed, stream) == "draining") numbers.insert(number);
  }
  const auto drains = pipeline::drain_targets(observed.spec, observed, *observed.manifest, numbers);
  const auto statuses = pipeline::read_drain_statuses(session.client, observed.spec, drains,
                                                      pipeline::steady_streams(*observed.manifest));
  return statuses ? *statuses : std::vector<pipeline::DrainStatus>{};
}

Result<int> run(const Options& options, Context& context) {
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  return context.online([&](Session& session) -> Result<int> {
    ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(named.sources.name));
    ASSIGN_OR_RETURN(pipeline::Observed observed,
                     pipeline::observe(session.client, identity, named.sources, {.check_role = true}));
    Description description;
    description.observed = observed;
    // Compares the observed state with what `up` would create; the new id of a pipeline that does not exist is not
    // shown.
    const pipeline::Desired desired = pipeline::resolve_desired(observed.spec, pipeline::Intent{}, observed, "");
    if (!nothing_there(observed)) description.plan = pipeline::diff(desired, observed);
    description.drains = drain_statuses(session, observed);
    description.local = compare_local_manifest(context.platform().files, observed);
    description.continue_command = continue_command(named, description.plan, observed);
    context.reporter().show(describe_result(std::move(description)));
    return 0;
  });
}

}  // namespace
}  // namespace describe_impl

Command describe_command() {
  Command command;
  command.name = "describe";
  command.aliases = {"status"};
  command.group = CommandGroup::kLifecycle;
  command.summary = "show what is there: streams, capacity, drift, lock";
  command.usage = "[NAME]";
  command.about =
      "Shows the streams with their state, the other parts, what the pipeline can\n"
      "take, the manifest, the lock, and what differs from what was wanted, field by\n"
      "field; of a draining stream, what its deletion waits for. Changes nothing and\n"
      "needs no lock. Exit code 0 also when nothing exists.";
  command.examples =
      "fhctl describe\n"
      "fhctl describe logs --output json | jq '.streams[].name'";
  command.bind = binder<describe_impl::Options>(describe_impl::bind, describe_impl::run);
  return command;
}

}  // namespace fhctl::cli
