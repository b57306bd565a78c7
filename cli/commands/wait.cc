// `fhctl wait`: until something is so. Reads only, needs no lock.
#include "core/pipeline/wait.h"

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/spec_flags.h"
#include "cli/views/plan_json.h"
#include "core/base/text.h"

namespace fhctl::cli {
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

std::string sentence(const std::string& what, const pipeline::Waited& waited) {
  const std::string name = waited.observed.name;
  if (what == "active")
    return fmt::format("{}: {} ACTIVE and published.\n", name,
                       plural(static_cast<std::int64_t>(waited.observed.members().size()), "stream"));
  if (what == "delivered") return name + ": what was sent before has been delivered.\n";
  if (waited.streams.empty()) return name + ": no stream is draining.\n";
  const bool destroys = waited.observed.document && pipeline::is_destroy(waited.observed.document->intent);
  return fmt::format("{}: {} drained; `fhctl {} {}` deletes.\n", name,
                     plural(static_cast<std::int64_t>(waited.streams.size()), "stream"), destroys ? "destroy" : "scale",
                     name);
}

Result<int> run(const Options& options, Context& context) {
  if (!options.what) return usage_error("say what to wait for.", "--for active, --for delivered or --for drained.");
  Result<NamedSources> named = make_sources(context, options.spec);
  if (!named) return named.error();
  const std::string& what = *options.what;
  const pipeline::WaitFor goal = what == "active"      ? pipeline::WaitFor::kActive
                                 : what == "delivered" ? pipeline::WaitFor::kDelivered
                                                       : pipeline::WaitFor::kDrained;
  return context.online([&](Session& session) -> Result<int> {
    session.control.set_deadline(session.loop.now() + context.globals().timeout.value_or(kTimeout));
    pipeline::Run run = session.run();
    Result<pipeline::Waited> waited = pipeline::wait_for(run, named->sources, goal);
    if (!waited) return waited.error();
    OrderedJson json = {{"pipeline", waited->observed.name}, {"for", what}, {"streams", OrderedJson::array()}};
    for (const pipeline::DrainVerdict& verdict : waited->streams) json["streams"].push_back(drain_json(verdict));
    Reporter& reporter = context.reporter();
    if (reporter.format() == Format::kHuman || reporter.format() == Format::kText)
      reporter.answer(sentence(what, *waited));
    reporter.answer_json("waited", dump(json));
    return 0;
  });
}

}  // namespace

Command wait_command() {
  Command command;
  command.name = "wait";
  command.group = CommandGroup::kLife;
  command.summary = "wait until streams are active, records delivered, drains done";
  command.usage = "[NAME] --for active | delivered | drained";
  command.about =
      "Looks every few seconds and changes nothing.\n"
      "\n"
      "  active      every stream of the pipeline is ACTIVE and in the manifest\n"
      "  delivered   what was sent before the wait began is in the bucket, by the\n"
      "              streams' metrics, which are about two minutes late\n"
      "  drained     every stream on its way out is gone, or has all the evidence that\n"
      "              a deletion needs; `fhctl scale` deletes it\n"
      "\n"
      "Exit code 5 when --timeout (default 30m) is over, or when somebody goes on\n"
      "sending to a draining stream; the message says what was missing.";
  command.examples =
      "fhctl wait --for active --timeout 5m\n"
      "fhctl scale 4 --no-wait --yes && fhctl wait --for drained && fhctl scale --yes\n"
      "fhctl wait logs --for delivered";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
