// `fhctl destroy`: deletes a pipeline.
#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/converge_command.h"
#include "cli/variables.h"

namespace fhctl::cli {
namespace destroy_impl {
namespace {

struct Options {
  SpecFlags spec;
  bool empty_bucket = false;
  std::optional<std::string> empty_bucket_name;
  bool keep_bucket = false;
  std::optional<std::string> delete_log_group;
  std::optional<std::string> confirm;
  bool no_drain = false;
  bool force = false;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags.optional_value("--empty-bucket", "BUCKET", options.empty_bucket, options.empty_bucket_name,
                       "delete all data in the bucket: objects, versions, unfinished uploads; name the bucket if "
                       "fhctl adopted it");
  flags.toggle("--keep-bucket", options.keep_bucket, "keep the bucket and its data");
  flags.text("--delete-log-group", "GROUP", options.delete_log_group,
             "delete this log group with its events although fhctl adopted it");
  flags.text("--confirm", "NAME", options.confirm, "the pipeline's name instead of the question, for scripts");
  flags.toggle("--no-drain", options.no_drain,
               "delete without proof that everything has arrived: what is on its way may be lost");
  flags.toggle("--force", options.force,
               "go on although records still come in, something lost its tags, or the bucket may not be looked at");
  bind_run_flags(options.spec, flags);
}

Result<int> run(const Options& options, Context& context) {
  if (options.empty_bucket && options.keep_bucket) {
    return usage_error("--empty-bucket and --keep-bucket exclude each other");
  }
  const bool named_by_flags = options.spec.name || context.globals().name || options.confirm;
  const Result<void> checked = check_variables(context.platform().environment, named_by_flags);
  if (!checked) return checked.error();
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  const Result<void> same = check_confirmed_name(options.confirm, named.sources.name);
  if (!same) return same.error();
  ConvergeRequest request;
  request.named = named;
  request.confirm_name = options.confirm;
  request.intent.verb = pipeline::Intent::Verb::kDestroy;
  request.intent.empty_bucket = options.empty_bucket;
  request.intent.empty_bucket_name = options.empty_bucket_name.value_or("");
  request.intent.keep_bucket = options.keep_bucket;
  request.intent.delete_log_group = options.delete_log_group.value_or("");
  request.intent.no_drain = options.no_drain;
  request.intent.force = options.force;
  return run_converge(context, request);
}

}  // namespace
}  // namespace destroy_impl

Command destroy_command() {
  Command command;
  command.name = "destroy";
  command.aliases = {"delete"};
  command.group = CommandGroup::kLifecycle;
  command.summary = "remove a pipeline";
  command.usage = "[NAME] [--empty-bucket[=BUCKET] | --keep-bucket]";
  command.about =
      "Deletes what carries the pipeline's tags, in an order in which buffered records\n"
      "can still be delivered: streams, then the role, the log group and the bucket.\n"
      "Everything that would stop it half-way is looked for first. A bucket with data\n"
      "needs --empty-bucket or --keep-bucket. The data of a bucket that fhctl did not\n"
      "create (--adopt-bucket) is deleted only with --empty-bucket=BUCKET. An adopted\n"
      "log group is given back: it stays with its events, unless --delete-log-group\n"
      "names it.\n"
      "\n"
      "There is no undo. On a terminal you type the pipeline's name. Scripts use --yes\n"
      "with the name on the command line, or --confirm NAME; a name from FHCTL_NAME or\n"
      "fhctl.toml alone is not enough for --yes (exit code 6).";
  command.examples =
      "fhctl destroy\n"
      "fhctl destroy logs --keep-bucket\n"
      "fhctl destroy --empty-bucket --confirm scaling-firehose";
  command.checks_variables = true;
  command.bind = binder<destroy_impl::Options>(destroy_impl::bind, destroy_impl::run);
  return command;
}

}  // namespace fhctl::cli
