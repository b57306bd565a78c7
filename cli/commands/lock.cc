// `fhctl lock`: shows the holder of the lock, or removes the lock.
#include <fmt/format.h>

#include "cli/command.h"
#include "cli/confirm.h"
#include "cli/spec_flags.h"
#include "cli/views/lock.h"
#include "core/observe/lock_object.h"
#include "core/run/lock.h"
#include "core/spec/names.h"

namespace fhctl::cli {
namespace lock_impl {
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

// Why the lock may not be broken without --force; nothing if its lease has expired or its holder is dead.
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
  context.reporter().say(lock_holder_text(lock));
  if (!options.force) {
    if (const std::optional<Error> held = still_held(place, lock, context.platform().host)) return *held;
    Result<void> agreed = confirm_question("Its run may still be changing things. Break the lock? [y/N] ",
                                           "add --force or --yes", context);
    if (!agreed) return agreed.error();
  }
  ASSIGN_OR_RETURN(bool broken, pipeline::break_lock(session.client, place, lock));
  if (!broken) {
    return make_error(ErrorKind::kLocked, "the lock has changed and was not removed",
                      "`fhctl lock show` says who holds it now");
  }
  context.reporter().show(broken_lock_result());
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
      return usage_error(fmt::format("unexpected argument \"{}\"", word));
    }
  }
  ASSIGN_OR_RETURN(NamedSources named, make_sources(context, spec));
  return context.online([&](Session& session) -> Result<int> {
    ASSIGN_OR_RETURN(pipeline::Identity identity, session.identify(named.sources.name));
    ASSIGN_OR_RETURN(pipeline::Observed observed, pipeline::observe(session.client, identity, named.sources));
    const pipeline::LockPlace place{pipeline::bucket_ref(observed.spec, identity),
                                    pipeline::lock_key(named.sources.name, identity.region), named.sources.name};
    if (breaks && observed.lock) return break_it(session, options, place, *observed.lock);
    context.reporter().show(lock_result(observed.lock));
    return 0;
  });
}

}  // namespace
}  // namespace lock_impl

Command lock_command() {
  Command command;
  command.name = "lock";
  command.group = CommandGroup::kTroubleshooting;
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
  command.bind = binder<lock_impl::Options>(lock_impl::bind, lock_impl::run);
  return command;
}

}  // namespace fhctl::cli
