// `fhctl logs`: shows delivery errors of Firehose, and what to do about them.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/command.h"
#include "cli/context.h"
#include "cli/spec_flags.h"
#include "cli/views/describe.h"
#include "cli/views/logs.h"
#include "core/services/logs.h"

namespace fhctl::cli {
namespace logs_impl {
namespace {

constexpr int kLimit = 50;
constexpr Duration kSince = std::chrono::hours(1);
constexpr Duration kFollowPause = std::chrono::seconds(5);
// Events may appear in the log later than others with a later time.
constexpr std::chrono::minutes kLate(5);

using Errors = std::vector<pipeline::DeliveryError>;

struct Options {
  SpecFlags spec;
  std::optional<Duration> since;
  std::optional<std::string> stream;
  std::optional<int> limit;
  bool follow = false;
};

void bind(Options& options, Flags& flags) {
  bind_name(options.spec, flags);
  flags.duration("--since", options.since, "how far back to look (default 1h)");
  flags.text("--stream", "NAME", options.stream, "only the errors of this stream");
  flags.integer("--limit", "N", options.limit, "show at most N kinds of errors, the newest (default 50)");
  flags.toggle("--follow", options.follow, "go on and show each new error, until Ctrl-C");
}

Result<Errors> read_errors(const Options& options, Session& session, const pipeline::Spec& spec, WallTime since) {
  Result<Errors> errors = pipeline::read_delivery_errors(session.client, spec, since);
  if (!errors || !options.stream) return errors;
  std::erase_if(*errors, [&](const pipeline::DeliveryError& error) { return error.stream != *options.stream; });
  return errors;
}

// The most recent ones, in the order of their last time.
std::vector<pipeline::DeliveryErrorGroup> newest_groups(const Errors& errors, std::size_t most) {
  std::vector<pipeline::DeliveryErrorGroup> groups = pipeline::group_delivery_errors(errors);
  std::stable_sort(groups.begin(), groups.end(), [](const auto& a, const auto& b) { return a.last < b.last; });
  if (groups.size() > most) groups.erase(groups.begin(), groups.end() - static_cast<std::ptrdiff_t>(most));
  return groups;
}

LogsAnswer make_answer(const Options& options, const pipeline::Spec& spec, const Errors& errors, WallTime since) {
  LogsAnswer answer;
  answer.log_group = spec.log_group;
  answer.log_stream = spec.log_stream;
  answer.logging = spec.error_logging;
  answer.since = since;
  answer.total = static_cast<int>(errors.size());
  const std::size_t all = pipeline::group_delivery_errors(errors).size();
  answer.groups = newest_groups(errors, static_cast<std::size_t>(options.limit.value_or(kLimit)));
  answer.hidden_groups = static_cast<int>(all - answer.groups.size());
  return answer;
}

// Shows each error once, in the order in which they appear.
class Follower {
 public:
  explicit Follower(Reporter& reporter) : reporter_(reporter) {}

  void show(const Errors& errors) {
    for (const pipeline::DeliveryError& error : errors) {
      if (!shown_.insert({error.time, error.raw}).second) continue;
      const bool new_code = advised_.insert(error.code).second;
      reporter_.show(delivery_error_result(error, new_code));
    }
  }

  // Forgets events that are too old to be read again.
  void forget_before(WallTime time) { shown_.erase(shown_.begin(), shown_.lower_bound({time, ""})); }

 private:
  Reporter& reporter_;
  std::set<std::pair<WallTime, std::string>> shown_;
  std::set<std::string> advised_;
};

// Ctrl-C is the normal end: exit code 0.
Result<int> follow(const Options& options, Session& session, const pipeline::Spec& spec, WallTime since) {
  Context& context = session.context;
  session.control.set_deadline(context.globals().timeout ? session.loop.now() + *context.globals().timeout : kNever);
  Follower follower(context.reporter());
  while (!context.platform().streams.out_failed()) {
    Result<Errors> errors = read_errors(options, session, spec, since);
    if (!errors && !session.control.check()) return 0;
    if (!errors) return errors.error();
    follower.show(*errors);
    context.platform().streams.flush();
    if (!errors->empty()) since = std::max(since, errors->back().time - kLate);
    follower.forget_before(since);
    if (Result<void> slept = session.control.sleep_for(kFollowPause); !slept) return 0;
  }
  return 0;
}

// kNotFound, so that the exit code is 1: `logs` may be started before the pipeline is created or after it is destroyed.
Error not_found(const pipeline::Observed& observed) {
  Error error = pipeline::pipeline_not_found(observed.name, observed.identity);
  error.kind = ErrorKind::kNotFound;
  return error;
}

Result<int> show(const Options& options, Session& session, const NamedSources& named) {
  ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(named.sources.name));
  ASSIGN_OR_RETURN(pipeline::Observed observed, pipeline::observe(session.client, identity, named.sources));
  if (nothing_there(observed)) return not_found(observed);
  const Duration offset = session.client.clock_offset().value_or(Duration::zero());
  const WallTime since = std::chrono::time_point_cast<std::chrono::milliseconds>(session.loop.wall_now() + offset -
                                                                                 options.since.value_or(kSince));
  const pipeline::Spec spec = pipeline::with_live_logging(observed);
  const Result<std::optional<logs::LogGroup>> group = logs::find_log_group(session.client, spec.log_group);
  if (!group && group.error().kind != ErrorKind::kDenied) return group.error();
  const bool exists = !group || group->has_value();  // where it may not be looked for, reading its events shows it
  if (options.follow && spec.error_logging && exists) return follow(options, session, spec, since);
  ASSIGN_OR_RETURN(Errors errors, read_errors(options, session, spec, since));
  LogsAnswer answer = make_answer(options, spec, errors, since);
  answer.group_exists = exists;
  session.context.reporter().show(logs_result(std::move(answer)));
  return 0;
}

Result<int> run(const Options& options, Context& context) {
  if (options.limit && *options.limit < 1) return usage_error("--limit takes a number of at least 1");
  if (options.follow) RETURN_IF_ERROR(context.reporter().check_follow());
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, options.spec));
  return context.online([&](Session& session) { return show(options, session, named); });
}

}  // namespace
}  // namespace logs_impl

Command logs_command() {
  Command command;
  command.name = "logs";
  command.group = CommandGroup::kTroubleshooting;
  command.summary = "show what Firehose could not deliver, and what to do";
  command.usage = "[NAME] [--since 1h] [--stream NAME] [--follow]";
  command.about =
      "Reads the delivery errors that Firehose writes to the pipeline's log group. The\n"
      "same error of the same stream is shown once, with how often it came, first and\n"
      "last, what it means, and what helps.\n"
      "\n"
      "An error is not yet a loss: Firehose tries to deliver for 24 hours. When many\n"
      "deliveries fail it does not log each one. Exit code 0, errors or not.";
  command.examples =
      "fhctl logs\n"
      "fhctl logs logs --since 24h --stream logs-2\n"
      "fhctl logs --follow --output ndjson";
  command.bind = binder<logs_impl::Options>(logs_impl::bind, logs_impl::run);
  return command;
}

}  // namespace fhctl::cli
