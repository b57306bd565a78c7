// `fhctl doctor`: checks everything that a run needs, one line each. Changes nothing.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/doctor_checks.h"
#include "cli/spec_flags.h"
#include "cli/views/health.h"
#include "core/report/exit_code.h"
#include "core/spec/policies.h"

namespace fhctl::cli {
namespace doctor_impl {
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
    ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(named.sources.name));
    ASSIGN_OR_RETURN(pipeline::Spec spec, pipeline::effective_spec(named.sources, std::nullopt, identity));
    const pipeline::PolicyScope scope{identity.partition, identity.region, identity.account};
    const std::string policy = *options.print_policy == "producer" ? pipeline::producer_policy(spec, scope)
                                                                   : pipeline::operator_policy(spec, scope);
    context.reporter().print(policy + (policy.empty() || policy.back() != '\n' ? "\n" : ""));
    return 0;
  });
}

Result<int> run(const Options& options, Context& context) {
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  if (options.print_policy) return print_policy(options, context, named);
  const std::vector<HealthCheck> checks = check_health(context, named.sources);
  context.reporter().show(health_result(checks));
  for (const HealthCheck& check : checks) {
    if (check.level == HealthCheck::Level::kFail) return exit_code(check.error, context.platform().signals);
  }
  return 0;
}

}  // namespace
}  // namespace doctor_impl

Command doctor_command() {
  Command command;
  command.name = "doctor";
  command.group = CommandGroup::kTroubleshooting;
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
  command.bind = binder<doctor_impl::Options>(doctor_impl::bind, doctor_impl::run);
  return command;
}

}  // namespace fhctl::cli
