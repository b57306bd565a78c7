// `fhctl doctor`: checks everything that a run needs, one line each. Changes nothing.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/doctor_checks.h"
#include "cli/print_policy.h"
#include "cli/spec_flags.h"
#include "cli/views/health.h"
#include "core/report/exit_code.h"

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
      .choice("--print-policy", policy_names(), options.print_policy,
              "print the IAM policy of an operator, resizer, producer or of delivery")
      .form = "WHO";
  bind_spec_flags(options.spec, flags);
}

Result<int> run(const Options& options, Context& context) {
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  if (options.print_policy) {
    return context.online([&](Session& session) { return print_policy(session, named, *options.print_policy); });
  }
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
  command.usage = "[NAME] [--print-policy WHO]";
  command.about =
      "Looks at everything that `fhctl up` needs and says in one line each what is\n"
      "well: where the credentials come from, the clock, the region, whether each\n"
      "service answers and how fast, the quota, and whether the bucket's name is free.\n"
      "The exit code is that of the first thing that is not well.\n"
      "\n"
      "With --print-policy, it prints an IAM policy to attach, for this pipeline as it\n"
      "is and with these settings:\n"
      "  operator  creates, changes and deletes the pipeline\n"
      "  resizer   changes the number of streams and reads everything, but creates and\n"
      "            changes no role, no bucket setting and no log group\n"
      "  producer  sends records and reads the manifest\n"
      "  delivery  what the role of Firehose needs, for a role that is made elsewhere\n"
      "            and given with --existing-role\n"
      "The operator's policy amounts to administrator access unless a permissions\n"
      "boundary (--permissions-boundary) or an existing role (--existing-role) limits\n"
      "the role. On stderr stand the policy's size and where it fits.";
  command.examples =
      "fhctl doctor --region us-west-2\n"
      "fhctl doctor logs --print-policy producer > producer-policy.json\n"
      "fhctl doctor logs --print-policy operator \\\n"
      "  --permissions-boundary arn:aws:iam::123456789012:policy/boundary";
  command.bind = binder<doctor_impl::Options>(doctor_impl::bind, doctor_impl::run);
  return command;
}

}  // namespace fhctl::cli
