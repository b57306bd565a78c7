#include "cli/views/lock.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"

namespace fhctl::cli {
namespace {

using OptionalLock = std::optional<pipeline::SeenLock>;

std::string age_text(const pipeline::SeenLock& lock) {
  return format_duration(std::chrono::duration_cast<std::chrono::seconds>(lock.age));
}

std::string lock_state_text(const OptionalLock& lock, const Style&) {
  return lock ? lock_holder_text(*lock) : "Nobody holds the lock.\n";
}

std::string lock_state_lines(const OptionalLock& lock) {
  if (!lock) return "free\n";
  return fmt::format("held\t{}\t{}\n", escape_for_terminal(lock->body.holder), age_text(*lock));
}

std::string lock_state_json(const OptionalLock& lock) {
  if (!lock) return dump(OrderedJson{{"held", false}});
  return dump(OrderedJson{{"held", true},
                          {"holder", lock->body.holder},
                          {"host", lock->body.host},
                          {"pid", lock->body.pid},
                          {"run_id", lock->body.run_id},
                          {"command", lock->body.command},
                          {"ci_url", lock->body.ci_url},
                          {"lease_s", lock->body.lease_s},
                          {"age_s", seconds_of(lock->age)},
                          {"expired", lock->expired},
                          {"readable", !lock->problem}});
}

}  // namespace

CommandResult lock_result(std::optional<pipeline::SeenLock> lock) {
  return make_result("lock_state", std::move(lock), lock_state_text, lock_state_lines, lock_state_json);
}

CommandResult broken_lock_result() {
  return {"lock_state", [](const Style&) { return std::string("The lock is broken.\n"); }, [] { return std::string(); },
          [] {
            return dump(OrderedJson{{"held", false}, {"broken", true}});
          }};
}

std::string lock_holder_text(const pipeline::SeenLock& lock) {
  if (lock.problem) return "The lock cannot be read: " + escape_for_terminal(describe(*lock.problem)) + "\n";
  const pipeline::LockBody& body = lock.body;
  std::string text = fmt::format("Locked by {} for `fhctl {}`, renewed {} ago, lease {} s{}.\n",
                                 escape_for_terminal(body.holder), escape_for_terminal(body.command), age_text(lock),
                                 body.lease_s, lock.expired ? ": it has run out" : "");
  text += fmt::format("  host {}, pid {}, run {}\n", escape_for_terminal(body.host), body.pid,
                      escape_for_terminal(body.run_id));
  if (!body.ci_url.empty()) text += "  " + escape_for_terminal(body.ci_url) + "\n";
  return text;
}

}  // namespace fhctl::cli
