// `fhctl lock`: who holds it, and taking it away.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/spec_flags.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/pipeline/lock.h"
#include "core/pipeline/names.h"

namespace fhctl::cli {
namespace {

struct Options {
  std::vector<std::string> words;  // show | break, and NAME
  bool force = false;
};

void bind(Options& options, Flags& flags) {
  Positional& words = flags.arguments("show|break|NAME", options.words, "what to do (default: show), and the pipeline");
  words.choices = {"show", "break"};
  flags.toggle("--force", options.force, "break it although its lease still runs, without a question");
}

std::string seconds_text(Duration duration) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(duration));
}

std::string lock_text(const pipeline::SeenLock& lock) {
  if (lock.problem) return "The lock cannot be read: " + escape_for_terminal(describe(*lock.problem)) + "\n";
  const pipeline::LockBody& body = lock.body;
  std::string text = fmt::format("Locked by {} for `fhctl {}`, renewed {} ago, lease {} s{}.\n",
                                 escape_for_terminal(body.holder), escape_for_terminal(body.command),
                                 seconds_text(lock.age), body.lease_s, lock.expired ? ": it has run out" : "");
  text += fmt::format("  host {}, pid {}, run {}\n", escape_for_terminal(body.host), body.pid,
                      escape_for_terminal(body.run_id));
  if (!body.ci_url.empty()) text += "  " + escape_for_terminal(body.ci_url) + "\n";
  return text;
}

OrderedJson lock_json(const std::optional<pipeline::SeenLock>& lock) {
  if (!lock) return {{"held", false}};
  return {{"held", true},
          {"holder", lock->body.holder},
          {"host", lock->body.host},
          {"pid", lock->body.pid},
          {"run_id", lock->body.run_id},
          {"command", lock->body.command},
          {"ci_url", lock->body.ci_url},
          {"lease_s", lock->body.lease_s},
          {"age_s", seconds_of(lock->age)},
          {"expired", lock->expired},
          {"readable", !lock->problem}};
}

void show(Reporter& reporter, const std::optional<pipeline::SeenLock>& lock) {
  if (reporter.format() == Format::kHuman) reporter.answer(lock ? lock_text(*lock) : "Nobody holds the lock.\n");
  if (reporter.format() == Format::kText) {
    reporter.answer(lock
                        ? fmt::format("held\t{}\t{}\n", escape_for_terminal(lock->body.holder), seconds_text(lock->age))
                        : "free\n");
  }
  reporter.answer_json("lock_state", dump(lock_json(lock)));
}

// Why the lock may not be broken without --force; nothing when its lease has expired or its holder is dead.
std::optional<Error> still_held(const pipeline::LockPlace& place, const pipeline::SeenLock& lock, const Host& host) {
  if (lock.expired || pipeline::holder_is_dead(lock, host)) return std::nullopt;
  const std::string left = format_duration(lock.lease_left());
  Error error;
  error.kind = ErrorKind::kLocked;
  if (lock.problem) {
    error.message = fmt::format("the lock of {} cannot be read, so its run may be alive; it counts as abandoned in {}",
                                place.pipeline, left);
  } else {
    error.message = fmt::format("the lock of {} is held by {} (pid {}), and its lease runs for another {}",
                                place.pipeline, lock.body.holder, lock.body.pid, left);
  }
  error.hint = fmt::format(
      "wait until the run has ended or the lease has run out; `fhctl lock break {} --force` breaks it at once, "
      "although "
      "the run may still be changing things",
      place.pipeline);
  return error;
}

Result<int> break_it(Session& session, const Options& options, const pipeline::LockPlace& place,
                     const pipeline::SeenLock& lock) {
  Context& context = session.context;
  context.reporter().say(lock_text(lock));
  if (!options.force) {
    if (const std::optional<Error> held = still_held(place, lock, context.world().host)) return *held;
    Result<void> agreed = confirm_question("Its run may still be changing things. Break the lock? [y/N] ",
                                           "Add --force or --yes.", context);
    if (!agreed) return agreed.error();
  }
  Result<bool> broken = pipeline::break_lock(session.client, place, lock);
  if (!broken) return broken.error();
  if (!*broken) {
    Error error;
    error.kind = ErrorKind::kLocked;
    error.message = "The lock changed meanwhile and was left alone.";
    error.hint = "`fhctl lock show` says who holds it now.";
    return error;
  }
  if (context.reporter().format() == Format::kHuman) context.reporter().answer("The lock is broken.\n");
  context.reporter().answer_json("lock_state", dump(OrderedJson{{"held", false}, {"broken", true}}));
  return 0;
}

Result<int> run(const Options& options, Context& context) {
  SpecFlags spec;
  bool breaks = false;
  for (const std::string& word : options.words) {
    if (word == "show" || word == "break") {
      breaks = word == "break";
    } else if (!spec.name) {
      spec.name = word;
    } else {
      return usage_error(fmt::format("\"{}\" is one word too many for `fhctl lock`.", word));
    }
  }
  Result<NamedSources> named = make_sources(context, spec);
  if (!named) return named.error();
  return context.online([&](Session& session) -> Result<int> {
    Result<pipeline::Identity> identity = session.identify(named->sources.name);
    if (!identity) return identity.error();
    Result<pipeline::Observed> observed = pipeline::observe(session.client, *identity, named->sources);
    if (!observed) return observed.error();
    const pipeline::LockPlace place{{observed->spec.bucket_name(), identity->account},
                                    pipeline::lock_key(named->sources.name, identity->region),
                                    named->sources.name};
    if (breaks && observed->lock) return break_it(session, options, place, *observed->lock);
    show(context.reporter(), observed->lock);
    return 0;
  });
}

}  // namespace

Command lock_command() {
  Command command;
  command.name = "lock";
  command.group = CommandGroup::kCare;
  command.summary = "show who holds the lock, or break it";
  command.usage = "[show | break] [NAME]";
  command.about =
      "Commands that change a pipeline hold its lock, an object in the bucket with a\n"
      "lease of a minute that they renew. A run that died leaves it to run out, or to\n"
      "be taken over at once from the same machine or container, so breaking it is\n"
      "rarely needed. While the lease runs it takes --force, unless the process that\n"
      "holds the lock is proven dead. Breaking the lock of a run that is alive lets\n"
      "two runs change things at once.";
  command.examples =
      "fhctl lock\n"
      "fhctl lock break logs\n"
      "fhctl lock break logs --force";
  command.bind = binder<Options>(bind, run);
  return command;
}

}  // namespace fhctl::cli
