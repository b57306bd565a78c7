// `fhctl plan`: shows what `up`, or `destroy`, would do.
#include "cli/command.h"
#include "cli/converge_command.h"
#include "cli/sizing_flags.h"

namespace fhctl::cli {
namespace plan_impl {
namespace {

struct Options {
  SpecFlags spec;
  SizingFlags sizing;
  bool detailed_exitcode = false;
  bool destroy = false;
  bool allow_shrink = false;
  bool no_drain = false;
  bool adopt_bucket = false;
  bool adopt_log_group = false;
  bool empty_bucket = false;
  std::optional<std::string> empty_bucket_name;
  bool keep_bucket = false;
  std::optional<std::string> delete_log_group;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  bind_count(options.spec, flags);
  bind_sizing_flags(options.sizing, flags);
  flags.toggle("--detailed-exitcode", options.detailed_exitcode, "exit 2 when there are changes");
  flags.toggle("--destroy", options.destroy, "what `fhctl destroy` would do");
  flags.toggle("--allow-shrink", options.allow_shrink, "as for up");
  flags.toggle("--no-drain", options.no_drain, "as for up");
  flags.toggle("--adopt-bucket", options.adopt_bucket, "as for up");
  flags.toggle("--adopt-log-group", options.adopt_log_group, "as for up");
  flags.optional_value("--empty-bucket", "BUCKET", options.empty_bucket, options.empty_bucket_name,
                       "with --destroy: as for destroy");
  flags.toggle("--keep-bucket", options.keep_bucket, "with --destroy: as for destroy");
  flags.text("--delete-log-group", "GROUP", options.delete_log_group, "with --destroy: as for destroy");
  bind_spec_flags(options.spec, flags);
}

Result<int> run(const Options& options, Context& context) {
  SpecFlags spec = options.spec;
  RETURN_IF_ERROR(size_by_demand(options.sizing, spec, context));
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, spec));
  ConvergeRequest request;
  request.named = named;
  request.plan_only = true;
  request.detailed_exitcode = options.detailed_exitcode;
  request.intent.verb = options.destroy ? pipeline::Intent::Verb::kDestroy : pipeline::Intent::Verb::kUp;
  request.intent.allow_shrink = options.allow_shrink;
  request.intent.no_drain = options.no_drain;
  request.intent.adopt_bucket = options.adopt_bucket;
  request.intent.adopt_log_group = options.adopt_log_group;
  request.intent.empty_bucket = options.empty_bucket;
  request.intent.empty_bucket_name = options.empty_bucket_name.value_or("");
  request.intent.keep_bucket = options.keep_bucket;
  request.intent.delete_log_group = options.delete_log_group.value_or("");
  return run_converge(context, request);
}

}  // namespace
}  // namespace plan_impl

Command plan_command() {
  Command command;
  command.name = "plan";
  command.group = CommandGroup::kLifecycle;
  command.summary = "show what up would do, and why";
  command.usage = "[NAME] [--detailed-exitcode]";
  command.about =
      "Reads what is there, compares it with what you want and shows the difference\n"
      "field by field, with reasons. Changes nothing and needs no lock.\n"
      "\n"
      "Exit code 0, or with --detailed-exitcode 2 when there are changes. 7 when\n"
      "something forbids the plan.";
  command.examples =
      "fhctl plan --count 4\n"
      "fhctl plan logs --detailed-exitcode --output json\n"
      "fhctl plan --destroy --empty-bucket";
  command.bind = binder<plan_impl::Options>(plan_impl::bind, plan_impl::run);
  return command;
}

}  // namespace fhctl::cli
