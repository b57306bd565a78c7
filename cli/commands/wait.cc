// `fhctl wait`: waits until a condition holds. Reads only, needs no lock.
#include "core/converge/wait.h"

#include "cli/command.h"
#include "cli/context.h"
#include "cli/spec_flags.h"
#include "cli/views/wait.h"

namespace fhctl::cli {
namespace wait_impl {
namespace {

constexpr Duration kTimeout = std::chrono::minutes(30);

struct Options {
  SpecFlags spec;
  std::optional<std::string> what;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags.choice("--for", {"active", "delivered", "drained"}, options.what, "what to wait for; see above");
  bind_run_flags(options.spec, flags);
}

Result<int> run(const Options& options, Context& context) {
  if (!options.what) return usage_error("say what to wait for", "--for active, --for delivered or --for drained");
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  const std::string& what = *options.what;
  const pipeline::WaitFor goal = what == "active"      ? pipeline::WaitFor::kActive
                                 : what == "delivered" ? pipeline::WaitFor::kDelivered
                                                       : pipeline::WaitFor::kDrained;
  return context.online([&](Session& session) -> Result<int> {
    session.control.set_deadline(session.loop.now() + context.globals().timeout.value_or(kTimeout));
    pipeline::Run run = session.run();
    ASSIGN_OR_RETURN(pipeline::Waited waited, pipeline::wait_for(run, named.sources, goal));
    context.reporter().show(wait_result(what, std::move(waited)));
    return 0;
  });
}

}  // namespace
}  // namespace wait_impl

Command wait_command() {
  Command command;
  command.name = "wait";
  command.group = CommandGroup::kLifecycle;
  command.summary = "wait until streams are active, records delivered, drains done";
  command.usage = "[NAME] --for active | delivered | drained";
  command.about =
      "Changes nothing. Looks at the status of streams every few seconds, and at\n"
      "their metrics once a minute, because they have one point a minute.\n"
      "\n"
      "  active      every stream of the pipeline is ACTIVE and in the manifest\n"
      "  delivered   what was sent before the wait began is in the bucket, by the\n"
      "              streams' metrics, which may be five minutes late\n"
      "  drained     every stream on its way out is gone, or has all the evidence that\n"
      "              a deletion needs; `fhctl scale` deletes it\n"
      "\n"
      "Exit code 5 when --timeout (default 30m) is over, or when a producer keeps\n"
      "sending to a draining stream; the message says what was missing.";
  command.examples =
      "fhctl wait --for active --timeout 5m\n"
      "fhctl scale 4 --no-wait --yes && fhctl wait --for drained && fhctl scale --yes\n"
      "fhctl wait logs --for delivered";
  command.bind = binder<wait_impl::Options>(wait_impl::bind, wait_impl::run);
  return command;
}

}  // namespace fhctl::cli
