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

// Last-Modified has whole seconds: one more makes sure that a lease is never cut short.
Duration whole_lease(const LockBody& body) { return std::chrono::seconds(body.lease_s + 1); }

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
    error.hint = "`fhctl lock break --force` removes it";
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
  seen.expired = seen.age > whole_lease(seen.body);
  return std::optional<SeenLock>(seen);
}

Duration SeenLock::lease_left() const {
  if (expired) return Duration::zero();
  return std::chrono::ceil<std::chrono::seconds>(whole_lease(body) - age + std::chrono::milliseconds(1));
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

std::string holder_text(const LockBody& body) {
  return fmt::format("{}{}{}", body.holder, body.pid > 0 ? fmt::format(" (pid {})", body.pid) : "",
                     body.ci_url.empty() ? "" : " " + body.ci_url);
}

Error locked_by(const LockPlace& place, const SeenLock& seen) {
  Error error;
  error.kind = ErrorKind::kLocked;
  error.message = fmt::format("locked by {}, renewed {} ago{}", holder_text(seen.body), format_duration(seen.age),
                              seen.body.command.empty() ? "" : ", doing " + seen.body.command);
  error.hint = fmt::format(
      "wait longer with --lock-timeout: the lease of a dead run ends after {} s; `fhctl lock break {} --force` removes "
      "the lock at once",
      seen.body.lease_s, place.pipeline);
  return error;
}

std::string object_text(const LockPlace& place) { return place.bucket.name + "/" + place.key; }

// The two ways in which an endpoint refuses a condition that holds, so that no run can ever take the lock.
Error refused_as_existing(const LockPlace& place) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = fmt::format("the lock could not be created: S3 refuses it as existing (412) but shows no object {}",
                              object_text(place));
  error.hint = fmt::format(
      "`aws s3api list-object-versions --bucket {} --prefix {}` shows whether a delete marker is in its place; an "
      "endpoint that takes a delete marker for an object needs a bucket that never had versioning switched on",
      place.bucket.name, place.key);
  return error;
}

Error refused_as_changed(const LockPlace& place, const SeenLock& seen) {
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = fmt::format(
      "the lock of {} could not be taken over: S3 refuses to replace object {} as changed (412) although it still has "
      "the ETag {}",
      holder_text(seen.body), object_text(place), seen.etag);
  error.hint = "fhctl needs an endpoint that stores an object under If-Match when its ETag is the one that was sent";
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

enum class Stored {
  kOurs,       // we hold the lock now, even if the answer was lost on its way
  kOthers,     // another object is there than the condition asked for
  kUnchanged,  // the condition was refused although what is there now meets it
};

// Stores our body in the place of the object with `etag`, or where none is. A request that got lost itself is its
// error. Waits.
Result<Stored> try_store(Lock::State& state, const std::string& etag) {
  const Instant asked_at = state.client.loop().now();
  const Result<WriteAttempt> attempt =
      try_write(state.client, state.place.bucket, state.place.key, format_lock(state.body), etag);
  if (!attempt) return attempt.error();
  const bool unchanged = attempt->written.etag == etag;
  if (attempt->lost && unchanged) return *attempt->lost;  // it never got there
  if (attempt->written.stored) {
    hold(state, attempt->written.etag, asked_at);
    return Stored::kOurs;
  }
  return unchanged ? Stored::kUnchanged : Stored::kOthers;
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

void renew_until_over(const std::shared_ptr<Lock::State>& state) {
  Loop& loop = state->client.loop();
  while (!state->over && !state->lost) {
    loop.sleep_for(state->lease / 3);
    if (state->over || state->lost) return;
    ++state->body.renewals;
    const std::string etag = state->etag;
    state->renewing = true;
    Result<Stored> renewed = try_store(*state, etag);
    for (int again = 0; !renewed && again < kTriesAgain && !state->over; ++again) {
      loop.sleep_for(std::chrono::seconds(1));
      renewed = try_store(*state, etag);
    }
    state->renewing = false;
    // Another run has it, or it was broken.
    if (renewed && *renewed != Stored::kOurs && !state->over) state->lost = true;
  }
}

// One try to take the lock, and what was in its way.
struct Try {
  enum class End {
    kTaken,
    kLost,     // a request got lost: `lost`
    kLeased,   // `seen` holds it
    kChanged,  // the lock that was to be taken over was replaced or deleted between two calls
    kRefused,  // S3 refuses a condition that holds: `refusal`
  } end = End::kTaken;
  std::string taken_over_from = {};  // of kTaken; empty: no lock was there
  SeenLock seen = {};
  Error lost = {};
  Error refusal = {};
};

// Creates the lock, or takes over an expired one or that of a dead holder. Waits.
Result<Try> try_once(Lock::State& state, const Host& host) {
  const Result<Stored> created = try_store(state, "");
  if (!created && !answer_lost(created.error())) return with_context(created.error(), "taking the lock");
  if (!created) return Try{.end = Try::End::kLost, .lost = with_context(created.error(), "taking the lock")};
  if (*created == Stored::kOurs) return Try{};
  const Result<std::optional<SeenLock>> there = read_lock(state.client, state.place);
  if (!there) return there.error();
  if (!*there) return Try{.end = Try::End::kRefused, .refusal = refused_as_existing(state.place)};
  const SeenLock& seen = **there;
  if (!seen.expired && !holder_is_dead(seen, host)) return Try{.end = Try::End::kLeased, .seen = seen};
  const Result<Stored> taken = try_store(state, seen.etag);
  if (!taken && !answer_lost(taken.error())) return with_context(taken.error(), "taking over the lock");
  if (!taken) return Try{.end = Try::End::kLost, .lost = with_context(taken.error(), "taking over the lock")};
  if (*taken == Stored::kUnchanged) {
    return Try{.end = Try::End::kRefused, .seen = seen, .refusal = refused_as_changed(state.place, seen)};
  }
  if (*taken == Stored::kOthers) return Try{.end = Try::End::kChanged, .seen = seen};
  return Try{.taken_over_from = seen.body.holder + (seen.expired ? " (its lease ended)" : " (its process is gone)")};
}

// Tries to take the lock until it is taken, the timeout passes or an error ends it. Between two tries there is a pause.
class Taking {
 public:
  Taking(Lock::State& state, const Host& host, Duration timeout)
      : state_(state), host_(host), give_up_(state.client.loop().now() + timeout) {}

  // Returns from whom the lock was taken over; empty: no lock was there. Waits.
  Result<std::string> take() {
    while (true) {
      if (Result<void> alive = state_.client.control().check(); !alive) return alive.error();
      const Result<Try> one = try_once(state_, host_);
      if (!one) return one.error();
      if (one->end == Try::End::kTaken) return one->taken_over_from;
      const Result<void> again = one->end == Try::End::kLost ? after_lost(one->lost) : after_obstacle(*one);
      if (!again) return again.error();
    }
  }

 private:
  // A lock that is released or replaced between two calls looks like a refusal, but hardly ever five times in a row.
  // Until then the pauses are short (50 ms, 100 ms, 200 ms, 400 ms) and the timeout does not end the tries.
  static constexpr int kBelieved = 5;
  static constexpr Duration kFirstPause = std::chrono::milliseconds(50);
  static constexpr Duration kLongestPause = std::chrono::seconds(1);

  Result<void> after_lost(const Error& lost) {
    if (++lost_ > kTriesAgain) return lost;
    return state_.client.control().sleep_for(std::chrono::seconds(1));
  }

  Result<void> after_obstacle(const Try& one) {
    const bool leased = one.end == Try::End::kLeased;
    unleased_ = leased ? 0 : unleased_ + 1;
    const bool believed = leased || unleased_ >= kBelieved;
    const Instant now = state_.client.loop().now();
    if (believed && now >= give_up_) return obstacle(one);
    if (believed) tell(one, now);
    pause_ = unleased_ <= 1 ? kFirstPause : std::min(kLongestPause, pause_ * 2);
    const Instant next = now + (leased ? kLongestPause : pause_);
    return state_.client.control().sleep_until(now < give_up_ ? std::min(give_up_, next) : next);
  }

  Error obstacle(const Try& one) const {
    return one.end == Try::End::kRefused ? one.refusal : locked_by(state_.place, one.seen);
  }

  void tell(const Try& one, Instant now) {
    if (told_at_ && now - *told_at_ < std::chrono::seconds(10)) return;
    told_at_ = now;
    LockWaiting waiting;
    waiting.wait_left = give_up_ - now;
    waiting.age = one.seen.age;
    if (one.end == Try::End::kRefused) {
      waiting.problem = one.refusal.message;
    } else {
      waiting.holder = holder_text(one.seen.body);
      waiting.command = one.seen.body.command;
    }
    state_.observer.on(waiting);
  }

  Lock::State& state_;
  const Host& host_;
  Instant give_up_;
  int lost_ = 0;
  int unleased_ = 0;  // obstacles in a row that were no lease
  Duration pause_{};
  std::optional<Instant> told_at_;
};

}  // namespace

Lock::Lock(std::shared_ptr<State> state) : state_(std::move(state)) {}
Lock::~Lock() { state_->over = true; }

Result<std::unique_ptr<Lock>> Lock::acquire(aws::Client& client, const Host& host, Observer& observer,
                                            const LockPlace& place, LockBody body, const LockOptions& options) {
  auto state =
      std::make_shared<State>(State{client, observer, place, std::move(body), "", Instant{}, {}, options.lease});
  const Result<std::string> taken_over_from = Taking(*state, host, options.timeout).take();
  if (!taken_over_from) return taken_over_from.error();
  if (Result<void> conditions = check_conditions(*state); !conditions) return conditions.error();
  observer.on(LockTaken{state->body.run_id, *taken_over_from});
  guard_changes(state);
  client.loop().spawn([state] { renew_until_over(state); });
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
