#include "cli/converge_command.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/confirm.h"
#include "cli/variables.h"
#include "cli/views/outcome.h"
#include "core/base/text.h"
#include "core/drain/drain.h"
#include "core/report/exit_code.h"
#include "core/report/version.h"

namespace fhctl::cli {
namespace {

using pipeline::Outcome;
using Verb = pipeline::Intent::Verb;

// The part of --timeout's default that grows with the work: Firehose takes five calls a second of each kind.
constexpr Duration kTimeoutBase = std::chrono::minutes(30);
constexpr Duration kTimeoutPerStep = std::chrono::seconds(2);

PlanFacts facts_of(const pipeline::Observed& observed, const ConvergeRequest& request) {
  PlanFacts facts;
  facts.region = observed.identity.region;
  facts.destroy = request.intent.verb == Verb::kDestroy;
  for (const auto& [number, stream] : observed.streams) {
    const bool ours = observed.owner_of(stream.tags) == pipeline::Owner::kOurs;
    if (ours && stream.description.status == firehose::Status::kActive) ++facts.streams_active;
  }
  return facts;
}

int exit_code_of(const Outcome& outcome, const ConvergeRequest& request, const Signals& signals) {
  if (outcome.error) return exit_code(*outcome.error, signals);
  if (!outcome.plan.blockers.empty()) return exit_code_of_kind(ErrorKind::kPrecondition);
  if (signals.stop_count() > 0) return 128 + signals.stop_signal();
  if (request.plan_only && request.detailed_exitcode && !outcome.plan.empty()) return kExitChanges;
  return kExitDone;
}

// What to type next, for people at a terminal.
std::string next_hints(const ConvergeRequest& request, const Outcome& outcome) {
  if (request.plan_only || request.intent.verb == Verb::kDestroy || outcome.error || outcome.plan.empty()) return "";
  const std::string name = request.named.needs_name() ? " --name " + request.named.sources.name : "";
  const int streams = static_cast<int>(outcome.plan.members_after.size());
  const std::size_t width = std::max<std::size_t>(44, 37 + name.size());
  const auto row = [width](const std::string& command, std::string_view what) {
    return fmt::format("  {:<{}} {}\n", command, width, what);
  };
  return "Next:\n" + row("echo '{\"foo\":\"bar\"}' | fhctl put -" + name, "send a record") +
         row("fhctl describe" + name, "see what is there") +
         row(fmt::format("fhctl scale {}{}", streams + 2, name), "more streams");
}

// What an incomplete run did, and how to continue. It says that nothing is lost only if that is certain: a destroy may
// have deleted data, or streams that still held records.
std::string unfinished_text(const Context& context, const ConvergeRequest& request, const Outcome& outcome) {
  const bool destroy = request.intent.verb == Verb::kDestroy;
  const bool lossless = !request.intent.no_drain && !(destroy && request.intent.empty_bucket);
  std::string text = fmt::format("Done so far: {} added, {} changed, {} destroyed.", outcome.added, outcome.changed,
                                 outcome.destroyed);
  if (outcome.data_deleted > 0) {
    text += fmt::format(" {} objects and versions of the bucket's data are deleted.",
                        format_thousands(outcome.data_deleted));
  }
  text += fmt::format("{} `{}` continues", lossless ? " Nothing is lost:" : "", context.command_line());
  if (!destroy) text += fmt::format(", `fhctl destroy {}` removes", request.named.sources.name);
  return text + ".\n";
}

// Printed last, so that nothing hides them. The errors of a refused run are its blockers.
void report_errors(Reporter& reporter, const Outcome& outcome) {
  reporter.failures(outcome.failures);
  for (const Error& blocker : outcome.plan.blockers) reporter.fail(blocker);
  const bool is_blocker = outcome.error && !outcome.plan.blockers.empty();
  if (outcome.error && !is_blocker) reporter.fail(*outcome.error);
}

Result<int> report(Session& session, const ConvergeRequest& request, const Outcome& outcome, bool plan_shown) {
  Reporter& reporter = session.context.reporter();
  const int code = exit_code_of(outcome, request, session.context.platform().signals);
  if (!plan_shown) reporter.show_plan(outcome.plan, facts_of(outcome.observed, request), false);
  const bool destroy = request.intent.verb == Verb::kDestroy;
  reporter.show(outcome_result({outcome, request.plan_only, destroy, code, std::string(kVersion), reporter.run_id(),
                                session.context.command()}));
  if (const std::string hints = next_hints(request, outcome); !hints.empty()) reporter.hint(hints);
  report_errors(reporter, outcome);
  const bool changed = outcome.added + outcome.changed + outcome.destroyed + outcome.data_deleted > 0;
  if (outcome.error && changed) reporter.say(unfinished_text(session.context, request, outcome));
  RunSummary summary;
  summary.result = result_word(outcome, request.plan_only);
  summary.added = outcome.added;
  summary.changed = outcome.changed;
  summary.destroyed = outcome.destroyed;
  summary.exit_code = code;
  summary.message = outcome.error          ? describe(*outcome.error)
                    : outcome.plan.empty() ? "No changes."
                    : request.plan_only    ? pipeline::summary_line(outcome.plan)
                                           : complete_line(outcome, destroy);
  reporter.summary(summary);
  return code;
}

Result<void> agree(Session& session, const ConvergeRequest& request, const ConfirmRequest& asking,
                   const pipeline::Plan& plan, const pipeline::Observed& observed, const pipeline::Desired& desired) {
  Context& context = session.context;
  const bool ask = would_ask(asking, context.platform(), context.globals());
  context.reporter().show_plan(plan, facts_of(observed, request), ask);
  Result<void> agreed = confirm(asking, plan, context);
  // The time that users need to answer does not count.
  Duration patience = kTimeoutBase + kTimeoutPerStep * static_cast<int>(plan.steps.size());
  if (!desired.drain_then_delete.empty()) patience += pipeline::shortest_drain(desired.spec);
  session.control.set_deadline(session.loop.now() + context.globals().timeout.value_or(patience));
  return agreed;
}

// `destroy` checks the variables before it calls AWS; for the other commands only the plan shows whether streams are
// deleted.
Result<void> check_before_shrinking(Context& context, const ConvergeRequest& request, const pipeline::Plan& plan) {
  const bool shrinks = std::any_of(plan.steps.begin(), plan.steps.end(), [](const pipeline::Step& step) {
    return step.resource.kind == pipeline::Kind::kStream && step.action == pipeline::Action::kDelete;
  });
  if (request.intent.verb == Verb::kDestroy || !shrinks) return ok();
  return check_variables(context.platform().environment, request.named.named_by_flags);
}

Error more_than_agreed(const pipeline::Plan& plan) {
  return make_error(
      ErrorKind::kPrecondition,
      "something changed since the plan was made, and more would be deleted now. " + pipeline::summary_line(plan),
      "look at it with `fhctl plan`, then run the same command again");
}

}  // namespace

Result<int> run_converge(Context& context, const ConvergeRequest& request) {
  return context.online([&](Session& session) -> Result<int> {
    const ConfirmRequest asking{request.intent.verb, request.named.sources.name, request.named.named_by_flags,
                                request.named.name_origin, request.confirm_name};
    bool plan_shown = false;
    pipeline::ConvergeOptions options;
    options.sources = request.named.sources;
    options.intent = request.intent;
    options.plan_only = request.plan_only;
    options.no_lock = context.globals().no_lock;
    options.no_wait = context.globals().no_wait;
    options.lock_timeout = context.globals().lock_timeout.value_or(options.lock_timeout);
    options.confirm = [&](const pipeline::Plan& plan, const pipeline::Observed& observed,
                          const pipeline::Desired& desired) -> Result<void> {
      RETURN_IF_ERROR(check_before_shrinking(context, request, plan));
      plan_shown = true;
      return agree(session, request, asking, plan, observed, desired);
    };
    options.confirm_again = [&](const pipeline::Plan& plan, const pipeline::Observed& observed,
                                const pipeline::Desired& desired) -> Result<void> {
      RETURN_IF_ERROR(check_before_shrinking(context, request, plan));
      if (!would_ask(asking, context.platform(), context.globals())) return more_than_agreed(plan);
      return agree(session, request, asking, plan, observed, desired);
    };
    pipeline::Run run = session.run();
    Result<Outcome> outcome = pipeline::converge(run, options);
    context.tell_stopping();  // the run may have ended before the fiber noticed the stop request
    if (!outcome) return outcome.error();
    return report(session, request, *outcome, plan_shown);
  });
}

}  // namespace fhctl::cli
