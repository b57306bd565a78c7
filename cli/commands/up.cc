// `fhctl up`: creates a pipeline, or changes it to what the spec says.
#include "cli/command.h"
#include "cli/converge_command.h"
#include "cli/sizing_flags.h"

namespace fhctl::cli {
namespace up_impl {
namespace {

struct Options {
  SpecFlags spec;
  SizingFlags sizing;
  bool allow_shrink = false;
  bool no_drain = false;
  bool adopt_bucket = false;
  bool adopt_log_group = false;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  bind_count(options.spec, flags);
  bind_sizing_flags(options.sizing, flags);
  flags.toggle("--allow-shrink", options.allow_shrink, "a smaller count may delete streams");
  flags.toggle("--no-drain", options.no_drain,
               "with --allow-shrink: delete after the readers' reload time, without proof that nothing is on its way");
  flags.toggle("--adopt-bucket", options.adopt_bucket, "take over a bucket of this account that fhctl did not make");
  flags.toggle("--adopt-log-group", options.adopt_log_group, "take over a log group that fhctl did not make");
  bind_spec_flags(options.spec, flags);
}

Result<int> run(const Options& options, Context& context) {
  SpecFlags spec = options.spec;
  RETURN_IF_ERROR(size_by_demand(options.sizing, spec, context));
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, spec));
  ConvergeRequest request;
  request.named = named;
  request.intent.verb = pipeline::Intent::Verb::kUp;
  request.intent.allow_shrink = options.allow_shrink;
  request.intent.no_drain = options.no_drain;
  request.intent.adopt_bucket = options.adopt_bucket;
  request.intent.adopt_log_group = options.adopt_log_group;
  return run_converge(context, request);
}

}  // namespace
}  // namespace up_impl

Command up_command() {
  Command command;
  command.name = "up";
  command.aliases = {"apply"};
  command.group = CommandGroup::kLifecycle;
  command.summary = "create a pipeline, or bring it to what you want";
  command.usage = "[NAME] [--count N]";
  command.about =
      "Creates one S3 bucket, one IAM role with its policy, one CloudWatch log group\n"
      "with its log stream and N delivery streams, and publishes the stream manifest\n"
      "that producers read. Run again, it repairs what differs and changes nothing\n"
      "else. It shows a plan and asks first.\n"
      "\n"
      "A run that died is continued by the same command. A smaller count deletes\n"
      "nothing without --allow-shrink. Settings come from the flags, FHCTL_*,\n"
      "fhctl.toml (see `fhctl init`) and the defaults, in this order.";
  command.examples =
      "fhctl up --region us-west-2 --count 2\n"
      "fhctl up logs --throughput 40MiB/s --headroom 20%\n"
      "fhctl up logs --buffer-interval 300s --tag team=web --yes";
  command.bind = binder<up_impl::Options>(up_impl::bind, up_impl::run);
  return command;
}

}  // namespace fhctl::cli
