#include "core/pipeline/lock.h"

#include <fmt/format.h>

#include "core/base/json.h"
#include "core/base/text.h"
#include "core/pipeline/lost_answer.h"

namespace fhctl::pipeline {

namespace {

std::string join_boot_id(const LockBody& body) {
  if (body.boot_id.empty() && body.pid_namespace.empty()) return "";
  return body.boot_id + ":" + body.pid_namespace;
}

void split_boot_id(const std::string& text, LockBody& body) {
  const std::size_t colon = text.rfind(':');
  body.boot_id = text.substr(0, colon);
  body.pid_namespace = colon == std::string::npos ? "" : text.substr(colon + 1);
}

}  // namespace

std::string format_lock(const LockBody& body) {
  OrderedJson json;
  json["schema"] = "fhctl.lock/1";
  json["run_id"] = body.run_id;
  json["holder"] = body.holder;
  json["host"] = body.host;
  json["boot_id"] = join_boot_id(body);
  json["pid"] = body.pid;
  if (body.pid_start) json["pid_start"] = *body.pid_start;
  json["command"] = body.command;
  json["ci_url"] = body.ci_url;
  json["renewals"] = body.renewals;
  json["lease_s"] = body.lease_s;
  return dump(json, 2) + "\n";
}

Result<LockBody> parse_lock(std::string_view text) {
  Result<Json> json = parse_json(text, "the lock");
  if (!json) return json.error();
  const auto run_id = get_string(*json, "run_id");
  const auto lease = get_integer(*json, "lease_s");
  if (!run_id || !lease || *lease < 1 || *lease > 86'400) {
    Error error;
    error.kind = ErrorKind::kProtocol;
    error.message = "the lock object is not a lock of fhctl's";
    error.hint = "`fhctl lock break` removes it";
    return error;
  }
  LockBody body;
  body.run_id = *run_id;
  body.holder = get_string(*json, "holder").value_or("");
  body.host = get_string(*json, "host").value_or("");
  split_boot_id(get_string(*json, "boot_id").value_or(""), body);
  body.pid = get_int(*json, "pid").value_or(0);
  body.pid_start = get_integer(*json, "pid_start");
  body.command = get_string(*json, "command").value_or("");
  body.ci_url = get_string(*json, "ci_url").value_or("");
  body.renewals = get_integer(*json, "renewals").value_or(0);
  body.lease_s = static_cast<int>(*lease);
  return body;
}

Result<std::optional<SeenLock>> read_lock(aws::Client& client, const LockPlace& place) {
  const Result<std::optional<s3::Object>> object = s3::get_object(client, place.bucket, place.key);
  if (!object) return with_context(object.error(), "reading the lock");
  if (!*object) return std::optional<SeenLock>();
  SeenLock seen;
  seen.etag = (*object)->etag;
  // Both times are S3's own: the clocks of two machines never meet here.
  if ((*object)->date && (*object)->last_modified) seen.age = *(*object)->date - *(*object)->last_modified;
  if (seen.age < Duration::zero()) seen.age = Duration::zero();
  if (Result<LockBody> body = parse_lock((*object)->body)) {
    seen.body = *body;
  } else {
    seen.problem = body.error();
    seen.body.holder = "an unreadable lock object";
  }
  // Last-Modified has whole seconds: one more makes sure that a lease is never cut short.
  seen.expired = seen.age > std::chrono::seconds(seen.body.lease_s + 1);
  return std::optional<SeenLock>(seen);
}

Result<bool> break_lock(aws::Client& client, const LockPlace& place, const SeenLock& seen) {
  return s3::delete_object(client, place.bucket, place.key, "", seen.etag);
}

Error lock_lost() {
  Error error;
  error.kind = ErrorKind::kLocked;
  error.message = "the lock was lost or could not be renewed in time, so nothing more was changed";
  error.hint = "run the same command again";
  return error;
}

bool holder_is_dead(const SeenLock& seen, const Host& host) {
  const LockBody& body = seen.body;
  const auto same = [](const std::string& theirs, const std::string& ours) { return !ours.empty() && theirs == ours; };
  const bool same_processes = same(body.host, host.name()) && same(body.boot_id, host.boot_id()) &&
                              same(body.pid_namespace, host.pid_namespace());
  if (seen.problem || !same_processes || body.pid <= 0) return false;
  if (body.pid != host.pid() && !host.process_alive(body.pid)) return true;
  // The number may have been given to another process since.
  const std::optional<std::int64_t> start = host.process_start(body.pid);
  return body.pid_start && start && *start != *body.pid_start;
}

struct Lock::State {
  aws::Client& client;
  Observer& observer;
  LockPlace place;
  LockBody body;
  std::string etag;
  Instant good_until;
  std::optional<WallTime> good_until_date;  // by AWS's clock; a machine that was paused may not know that time passed
  Duration lease;
  bool lost = false;
  bool over = false;
  bool renewing = false;  // a renewal is on its way: its answer brings another ETag
};

namespace {

Error locked_by(const SeenLock& seen) {
  Error error;
  error.kind = ErrorKind::kLocked;
  error.message = fmt::format("locked by {}{}{}, renewed {} ago{}", seen.body.holder,
                              seen.body.pid > 0 ? fmt::format(" (pid {})", seen.body.pid) : "",
                              seen.body.ci_url.empty() ? "" : " " + seen.body.ci_url, format_duration(seen.age),
                              seen.body.command.empty() ? "" : ", doing " + seen.body.command);
  error.hint = fmt::format(
      "wait longer with --lock-timeout; a dead holder's lease ends after {} s; `fhctl lock break` removes it at once",
      seen.body.lease_s);
  return error;
}

Error no_conditions() {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = "this endpoint ignores conditional writes, so two runs could not be kept apart";
  error.hint = "--no-lock goes on without a lock; make sure that nobody else runs fhctl on this pipeline";
  return error;
}

void hold(Lock::State& state, const std::string& etag, Instant asked_at) {
  state.etag = etag;
  state.good_until = asked_at + state.lease;
  const std::optional<WallTime> date = state.client.latest_date();
  state.good_until_date.reset();
  // Dates have whole seconds; nobody takes a lease for over before one more has passed.
  const auto lease = std::chrono::duration_cast<std::chrono::milliseconds>(state.lease) + std::chrono::seconds(1);
  if (date) state.good_until_date = *date + lease;
}

// Stores our body in the place of the object with `etag`, or where none is. True: we hold it now, even if the answer
// was lost on its way. A request that got lost itself is its error. Waits.
Result<bool> try_store(Lock::State& state, const std::string& etag) {
  const Instant asked_at = state.client.loop().now();
  const Result<WriteAttempt> attempt =
      try_write(state.client, state.place.bucket, state.place.key, format_lock(state.body), etag);
  if (!attempt) return attempt.error();
  if (attempt->lost && attempt->written.etag == etag) return *attempt->lost;  // as it was: it never got there
  if (!attempt->written.stored) return false;
  hold(state, attempt->written.etag, asked_at);
  return true;
}

// Some endpoints take If-None-Match and do not look at it. Asked only off AWS: one more call that must fail.
Result<void> check_conditions(Lock::State& state) {
  if (!state.client.custom_endpoint(aws::Service::kS3)) return ok();
  s3::PutCondition condition;
  condition.if_absent = true;
  const Result<s3::PutAnswer> answer = s3::put_object(state.client, state.place.bucket, state.place.key,
                                                      format_lock(state.body), "application/json", condition);
  if (answer && answer->outcome == s3::PutAnswer::Outcome::kStored) {
    (void)s3::delete_object(state.client, state.place.bucket, state.place.key);
    return no_conditions();
  }
  return ok();
}

bool holds(const Lock::State& state) {
  if (state.lost || state.over) return false;
  const Duration margin = state.lease / 4;
  const std::optional<WallTime> date = state.client.latest_date();
  if (date && state.good_until_date && *date + margin >= *state.good_until_date) return false;
  return state.client.loop().now() + margin < state.good_until;
}

// From now on nothing is changed without the lock, not even by a retry or after a wait. Its own object is.
void guard_changes(const std::shared_ptr<Lock::State>& state) {
  state->client.set_guard([state](const aws::Call& call) -> Result<void> {
    if (state->over || aws::only_reads(call) || holds(*state)) return ok();
    const bool own = call.service == aws::Service::kS3 && call.bucket == state->place.bucket.name &&
                     ends_with(call.request.path, "/" + state->place.key);
    return own ? ok() : Result<void>(lock_lost());
  });
}

constexpr int kTriesAgain = 3;  // after requests that got lost, a second apart

// False: too many got lost. Waits.
Result<void> try_again(aws::Client& client, const Error& error, const std::string& doing, int& lost) {
  if (!answer_lost(error) || ++lost > kTriesAgain) return with_context(error, doing);
  return client.control().sleep_for(std::chrono::seconds(1));
}

void renew_until_over(const std::shared_ptr<Lock::State>& state) {
  Loop& loop = state->client.loop();
  while (!state->over && !state->lost) {
    loop.sleep_for(state->lease / 3);
    if (state->over || state->lost) return;
    ++state->body.renewals;
    const std::string etag = state->etag;
    state->renewing = true;
    Result<bool> renewed = try_store(*state, etag);
    for (int again = 0; !renewed && again < kTriesAgain && !state->over; ++again) {
      loop.sleep_for(std::chrono::seconds(1));
      renewed = try_store(*state, etag);
    }
    state->renewing = false;
    if (renewed && !*renewed && !state->over) state->lost = true;  // somebody else has it, or it was broken
  }
}

}  // namespace

Lock::Lock(std::shared_ptr<State> state) : state_(std::move(state)) {}
Lock::~Lock() { state_->over = true; }

Result<std::unique_ptr<Lock>> Lock::acquire(aws::Client& client, const Host& host, Observer& observer,
                                            const LockPlace& place, LockBody body, const LockOptions& options) {
  Loop& loop = client.loop();
  const Instant give_up = loop.now() + options.timeout;
  auto state =
      std::make_shared<State>(State{client, observer, place, std::move(body), "", Instant{}, {}, options.lease});
  Instant said_at{};
  std::string taken_over_from;
  int lost = 0;
  while (true) {
    if (Result<void> alive = client.control().check(); !alive) return alive.error();
    const Result<bool> stored = try_store(*state, "");
    if (!stored) {
      if (Result<void> again = try_again(client, stored.error(), "taking the lock", lost); !again) return again.error();
      continue;
    }
    if (*stored) break;
    const Result<std::optional<SeenLock>> seen = read_lock(client, place);
    if (!seen) return seen.error();
    if (!*seen) continue;  // it was released between the two calls
    if ((*seen)->expired || holder_is_dead(**seen, host)) {
      const Result<bool> taken = try_store(*state, (*seen)->etag);
      if (!taken) {
        if (Result<void> again = try_again(client, taken.error(), "taking over the lock", lost); !again)
          return again.error();
        continue;
      }
      if (*taken) {
        taken_over_from = (*seen)->body.holder + ((*seen)->expired ? " (its lease ended)" : " (its process is gone)");
        break;
      }
      continue;
    }
    const Instant now = loop.now();
    if (now >= give_up) return locked_by(**seen);
    if (said_at == Instant{} || now - said_at >= std::chrono::seconds(10)) {
      observer.on(LockWaiting{locked_by(**seen).message, (*seen)->age, give_up - now});
      said_at = now;
    }
    const Result<void> slept = client.control().sleep_until(std::min(give_up, now + std::chrono::seconds(1)));
    if (!slept) return slept.error();
  }
  if (Result<void> conditions = check_conditions(*state); !conditions) return conditions.error();
  observer.on(LockTaken{state->body.run_id, taken_over_from});
  guard_changes(state);
  loop.spawn([state] { renew_until_over(state); });
  return std::unique_ptr<Lock>(new Lock(state));
}

bool Lock::usable() const { return holds(*state_); }

Result<void> Lock::release() {
  if (state_->over) return ok();
  state_->over = true;
  const std::shared_ptr<State> state = state_;
  while (state->renewing) state->client.loop().sleep_for(std::chrono::milliseconds(5));
  if (state->lost) return ok();
  const Result<bool> deleted = s3::delete_object(state->client, state->place.bucket, state->place.key, "", state->etag);
  if (!deleted) return with_context(deleted.error(), "releasing the lock");
  state_->observer.on(LockReleased{});
  return ok();
}

}  // namespace fhctl::pipeline
