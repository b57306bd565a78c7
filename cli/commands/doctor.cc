// `fhctl doctor`: looks at everything that a run needs, one line each. Changes nothing.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/exit_code.h"
#include "cli/health.h"
#include "cli/spec_flags.h"
#include "cli/views/health_text.h"
#include "core/pipeline/policies.h"

namespace fhctl::cli {
namespace {

struct Options {
  SpecFlags spec;
  std::optional<std::string> print_policy;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags
      .choice("--print-policy", {"operator", "producer"}, options.print_policy,
              "print the IAM policy that an operator, or a producer, needs")
      .form = "WHO";
}

Result<int> print_policy(const Options& options, Context& context, const NamedSources& named) {
  return context.online([&](Session& session) -> Result<int> {
    Result<pipeline::Identity> identity = session.identify(named.sources.name);
    if (!identity) return identity.error();
    Result<pipeline::Spec> spec = pipeline::effective_spec(named.sources, std::nullopt, *identity);
    if (!spec) return spec.error();
    const pipeline::PolicyScope scope{identity->partition, identity->region, identity->account};
    const std::string policy = *options.print_policy == "producer" ? pipeline::producer_policy(*spec, scope)
                                                                   : pipeline::operator_policy(*spec, scope);
    context.reporter().answer(policy + (policy.empty() || policy.back() != '\n' ? "\n" : ""));
    return 0;
  });
}

Result<int> run(const Options& options, Context& context) {
  Result<NamedSources> named = make_sources(context, options.spec);
  if (!named) return named.error();
  if (options.print_policy) return print_policy(options, context, *named);
  const std::vector<HealthCheck> checks = check_health(context, named->sources);
  Reporter& reporter = context.reporter();
  if (reporter.format() == Format::kHuman) reporter.answer(health_text(checks, reporter.out_style()));
  if (reporter.format() == Format::kText) reporter.answer(health_lines(checks));
  reporter.answer_json("health", health_json(checks));
  for (const HealthCheck& check : checks) {
    if (check.level == HealthCheck::Level::kFail) return exit_code(check.error, context.world().signals);
  }
  return 0;
}

}  // namespace

Command doctor_command() {
  Command command;
  command.name = "doctor";
  command.group = CommandGroup::kCare;
  command.summary = "check credentials, clock, network, quota and names";
  command.usage = "[NAME] [--print-policy operator|producer]";
  command.about =
      "Looks at everything that `fhctl up` needs and says in one line each what is\n"
      "well: where the credentials come from, the clock, the region, whether each\n"
      "service answers and how fast, the quota, and whether the bucket's name is free.\n"
      "The exit code is that of the first thing that is not well.";
  command.examples =
      "fhctl doctor --region us-west-2\n"
      "fhctl doctor logs --print-policy producer > producer-policy.json";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
