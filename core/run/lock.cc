#include "core/run/lock.h"

#include <fmt/format.h>

#include "core/aws/retry.h"
#include "core/base/json.h"
#include "core/base/text.h"
#include "core/observe/conditional_write.h"
#include "core/observe/lock_object.h"

namespace fhctl::pipeline {

Error lock_lost() {
  return make_error(ErrorKind::kLocked,
                    "the lock was lost or could not be renewed in time, so nothing more was changed",
                    "run the same command again");
}

struct Lock::State {
  aws::Client& client;
  Observer& observer;
  LockPlace place;
  LockBody body;
  std::string etag;
  Instant good_until;
  std::optional<WallTime> good_until_date;  // by AWS's clock: a paused machine may not notice time passing
  Duration lease;
  bool lost = false;
  bool over = false;
  bool renewing = false;  // a renewal is in flight: its response brings another ETag
};

namespace {

std::string holder_text(const LockBody& body) {
  return fmt::format("{}{}{}", body.holder, body.pid > 0 ? fmt::format(" (pid {})", body.pid) : "",
                     body.ci_url.empty() ? "" : " " + body.ci_url);
}

Error locked_by(const LockPlace& place, const SeenLock& seen) {
  return make_error(ErrorKind::kLocked,
                    fmt::format("locked by {}, renewed {} ago{}", holder_text(seen.body), format_duration(seen.age),
                                seen.body.command.empty() ? "" : ", doing " + seen.body.command),
                    fmt::format("wait longer with --lock-timeout: the lease of a dead run ends after {} s; `fhctl lock "
                                "break {} --force` removes "
                                "the lock at once",
                                seen.body.lease_s, place.pipeline));
}

std::string object_text(const LockPlace& place) { return place.bucket.name + "/" + place.key; }

// The two ways in which an endpoint refuses a condition that holds, so that no run could ever take the lock.
Error refused_as_existing(const LockPlace& place) {
  return make_error(
      ErrorKind::kPrecondition,
      fmt::format("the lock could not be created: S3 refuses it as existing (412) but shows no object {}",
                  object_text(place)),
      fmt::format(
          "`aws s3api list-object-versions --bucket {} --prefix {}` shows whether a delete marker is in its place; an "
          "endpoint that takes a delete marker for an object needs a bucket that never had versioning switched on",
          place.bucket.name, place.key));
}

Error refused_as_changed(const LockPlace& place, const SeenLock& seen) {
  return make_error(
      ErrorKind::kPrecondition,
      fmt::format("the lock of {} could not be taken over: S3 refuses to replace object {} as changed (412) although "
                  "it still has "
                  "the ETag {}",
                  holder_text(seen.body), object_text(place), seen.etag),
      "fhctl needs an endpoint that stores an object under If-Match when its ETag is the one that was sent");
}

Error no_conditions() {
  return make_error(ErrorKind::kPrecondition,
                    "this endpoint ignores conditional writes, so two runs could not be kept apart",
                    "--no-lock runs without a lock; make sure that no other fhctl runs on this pipeline");
}

void hold(Lock::State& state, const std::string& etag, Instant asked_at) {
  state.etag = etag;
  state.good_until = asked_at + state.lease;
  const std::optional<WallTime> date = state.client.latest_date();
  state.good_until_date.reset();
  // Dates have whole seconds, so another run takes over an expired lease only after one more second.
  const auto lease = std::chrono::duration_cast<std::chrono::milliseconds>(state.lease) + std::chrono::seconds(1);
  if (date) state.good_until_date = *date + lease;
}

enum class Stored {
  kOurs,       // we hold the lock now, even if the response was lost
  kOthers,     // the object is not the one that the condition names
  kUnchanged,  // the condition was refused although it holds for the object that is there now
};

// Stores our body in place of the object with `etag`, or creates the object if `etag` is empty. Returns the error if
// the request itself was lost. Waits.
Result<Stored> try_store(Lock::State& state, const std::string& etag) {
  const Instant asked_at = state.client.loop().now();
  ASSIGN_OR_RETURN(const ConditionalPutAttempt attempt,
                   attempt_conditional_put(state.client, state.place.bucket, state.place.key, format_lock(state.body),
                                           etag, state.place.encryption));
  const bool unchanged = attempt.written.etag == etag;
  if (attempt.lost && unchanged) return *attempt.lost;  // it never got there
  if (attempt.written.stored) {
    hold(state, attempt.written.etag, asked_at);
    return Stored::kOurs;
  }
  return unchanged ? Stored::kUnchanged : Stored::kOthers;
}

// Some endpoints accept If-None-Match and ignore it. Checked only for custom endpoints, because it takes one more call.
Result<void> check_conditions(Lock::State& state) {
  if (!state.client.custom_endpoint(aws::Service::kS3)) return ok();
  s3::PutCondition condition;
  condition.if_absent = true;
  const Result<s3::PutAnswer> answer =
      s3::put_object(state.client, state.place.bucket, state.place.key, format_lock(state.body), "application/json",
                     condition, state.place.encryption);
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

// From now on the client changes nothing without the lock, also in a retry or after a wait, except the lock's object.
void guard_changes(const std::shared_ptr<Lock::State>& state) {
  state->client.set_guard([state](const aws::Call& call) -> Result<void> {
    if (state->over || aws::only_reads(call) || holds(*state)) return ok();
    const bool own = call.service == aws::Service::kS3 && call.bucket == state->place.bucket.name &&
                     ends_with(call.request.path, "/" + state->place.key);
    return own ? ok() : Result<void>(lock_lost());
  });
}

constexpr int kTriesAgain = 3;  // after lost requests, a second apart

// When the lock is to be renewed: after a third of the lease, or earlier if the request that stored it took long. The
// lease counts from the beginning of that request, which the client may have repeated for a minute.
Instant renewal_due(const Lock::State& state, bool stored) {
  const Instant now = state.client.loop().now();
  const Instant regular = now + state.lease / 3;
  return stored ? std::max(now, std::min(regular, state.good_until - state.lease / 2)) : regular;
}

void renew_until_over(const std::shared_ptr<Lock::State>& state) {
  Loop& loop = state->client.loop();
  bool stored = true;  // by the request before
  while (!state->over && !state->lost) {
    loop.sleep_until(renewal_due(*state, stored));
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
    stored = renewed.has_value();
    // Another run has the lock, or it was broken.
    if (renewed && *renewed != Stored::kOurs && !state->over) state->lost = true;
  }
}

// Renews a lock that was just taken if the request took so long that it could not be used for long enough. Waits.
Result<void> renew_if_old(Lock::State& state) {
  for (int tries = 0; tries < kTriesAgain && renewal_due(state, true) <= state.client.loop().now(); ++tries) {
    ++state.body.renewals;
    const std::string etag = state.etag;
    const Result<Stored> renewed = try_store(state, etag);
    if (renewed && *renewed != Stored::kOurs) return lock_lost();
    if (!renewed && !aws::answer_lost(renewed.error())) return with_context(renewed.error(), "renewing the lock");
  }
  return ok();
}

// One attempt to take the lock, and its result.
struct Try {
  enum class End {
    kTaken,
    kLost,     // the request was lost: `lost`
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
  if (!created && !aws::answer_lost(created.error())) return with_context(created.error(), "taking the lock");
  if (!created) return Try{.end = Try::End::kLost, .lost = with_context(created.error(), "taking the lock")};
  if (*created == Stored::kOurs) return Try{};
  ASSIGN_OR_RETURN(const std::optional<SeenLock> there, read_lock(state.client, state.place));
  if (!there) return Try{.end = Try::End::kRefused, .refusal = refused_as_existing(state.place)};
  const SeenLock& seen = *there;
  if (!seen.expired && !holder_is_dead(seen, host)) return Try{.end = Try::End::kLeased, .seen = seen};
  const Result<Stored> taken = try_store(state, seen.etag);
  if (!taken && !aws::answer_lost(taken.error())) return with_context(taken.error(), "taking over the lock");
  if (!taken) return Try{.end = Try::End::kLost, .lost = with_context(taken.error(), "taking over the lock")};
  if (*taken == Stored::kUnchanged) {
    return Try{.end = Try::End::kRefused, .seen = seen, .refusal = refused_as_changed(state.place, seen)};
  }
  if (*taken == Stored::kOthers) return Try{.end = Try::End::kChanged, .seen = seen};
  return Try{.taken_over_from = seen.body.holder + (seen.expired ? " (its lease ended)" : " (its process is gone)")};
}

// Attempts to take the lock until it is taken, the timeout passes or an error ends it, with pauses between attempts.
class Taking {
 public:
  Taking(Lock::State& state, const Host& host, Duration timeout)
      : state_(state), host_(host), give_up_(state.client.loop().now() + timeout) {}

  // Returns from which holder the lock was taken over; empty if there was no lock. Waits.
  Result<std::string> take() {
    while (true) {
      RETURN_IF_ERROR(state_.client.control().check());
      ASSIGN_OR_RETURN(const Try one, try_once(state_, host_));
      if (one.end == Try::End::kTaken) return one.taken_over_from;
      const Result<void> again = one.end == Try::End::kLost ? after_lost(one.lost) : after_obstacle(one);
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
  int unleased_ = 0;  // consecutive obstacles other than a lease
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
  ASSIGN_OR_RETURN(const std::string taken_over_from, Taking(*state, host, options.timeout).take());
  RETURN_IF_ERROR(renew_if_old(*state));
  RETURN_IF_ERROR(check_conditions(*state));
  observer.on(LockTaken{state->body.run_id, taken_over_from});
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
