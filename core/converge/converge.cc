#include "core/converge/converge.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/base/random.h"
#include "core/base/text.h"
#include "core/converge/apply_destroy.h"
#include "core/converge/apply_up.h"
#include "core/converge/drain_wait.h"
#include "core/execute/apply_context.h"
#include "core/execute/pipeline_json_store.h"
#include "core/observe/lock_object.h"
#include "core/plan/build_plan.h"
#include "core/plan/manifest_build.h"
#include "core/plan/resolve.h"
#include "core/publish/manifest_file.h"

namespace fhctl::pipeline {
namespace {

constexpr int kRoundsMax = 3;
constexpr auto kTidyPatience = std::chrono::seconds(10);
// How long tags that this run has seen, and has not changed itself, may be missing in what AWS shows.
constexpr auto kSeenTagsPatience = std::chrono::seconds(15);

// The observed state, and what follows from it.
struct Look {
  Observed observed;
  Desired desired;
  Plan plan;
};

bool lists_active(const Manifest& manifest) { return manifest.count(EntryState::kActive) > 0; }

bool lists_active(const Observed& observed) {
  return observed.manifest && observed.manifest->epoch == observed.id && lists_active(*observed.manifest);
}

std::string_view verb_key(Intent::Verb verb) {
  switch (verb) {
    case Intent::Verb::kUp:
      return "up";
    case Intent::Verb::kScale:
      return "scale";
    case Intent::Verb::kUndrain:
      return "undrain";
    case Intent::Verb::kDestroy:
      break;
  }
  return "destroy";
}

// Whether both documents ask for the same: the same members, and the same answer to whether the pipeline is destroyed.
bool same_goal(const Document& a, const Document& b) {
  return a.members == b.members && is_destroy(a.intent) == is_destroy(b.intent);
}

Error superseded(const std::string& pipeline, const std::optional<StoredIntent>& newer) {
  return make_error(
      ErrorKind::kPrecondition,
      newer ? fmt::format("a newer request replaced this one: `fhctl {} {}` on {} at {} (run {})", newer->command,
                          pipeline, newer->holder, newer->at, newer->run_id)
            : fmt::format("a newer request replaced this one: another run changed what {} should be", pipeline),
      fmt::format("`fhctl describe {}` shows what it did", pipeline));
}

// Returns the resource that carried this pipeline's tags and does not carry them any more; empty: none. Either AWS
// shows an earlier state, or another tool took the resource over; in both cases the run must not skip the resource
// silently.
std::string find_lost_tags(const Observed& before, const Observed& now) {
  if (now.id != before.id) return "";
  std::string lost;
  const auto compare = [&](const std::string& what, const Tags& then, const Tags& there) {
    if (before.owner_of(then) == Owner::kOurs && now.owner_of(there) != Owner::kOurs) lost = what;
  };
  for (const auto& [number, stream] : before.streams) {
    const auto still = now.streams.find(number);
    // A stream that is being deleted may lose its tags before it is gone.
    if (still != now.streams.end() && still->second.description.status != firehose::Status::kDeleting)
      compare(firehose::stream_resource(stream.description.name), stream.tags, still->second.tags);
  }
  if (before.role && now.role) {
    compare(iam::role_resource(now.role->role.name), before.role->role.tags, now.role->role.tags);
  }
  // This run itself gives an adopted group back.
  if (before.log_group && now.log_group && !is_adopted(*now.log_group)) {
    compare(logs::group_resource(now.log_group->group.name), before.log_group->tags, now.log_group->tags);
  }
  if (before.bucket.readable() && now.bucket.readable()) {
    compare(s3::bucket_resource(now.spec.bucket_name()), before.bucket.tags, now.bucket.tags);
  }
  return lost;
}

Error lost_tags(const std::string& resource) {
  return make_error(ErrorKind::kPrecondition, resource + " does not carry this pipeline's tags any more",
                    "`fhctl describe` shows whose it is now; run the same command again");
}

// Returns the resource that this run has just created or changed and that AWS does not show with the `wanted` tags yet;
// empty: none.
std::string find_outdated(const aws::Client& client, const Observed& now, const Tags& wanted) {
  std::string outdated;
  const auto compare = [&](const std::string& resource, const Tags& tags) {
    const bool changed = client.recent_changes().changed(resource, client.loop().now()).has_value();
    if (changed && !same_incarnation(tags, wanted)) outdated = resource;
  };
  for (const auto& [number, stream] : now.streams) {
    if (stream.description.status == firehose::Status::kDeleting) continue;
    compare(firehose::stream_resource(stream.description.name), stream.tags);
  }
  if (now.role) compare(iam::role_resource(now.role->role.name), now.role->role.tags);
  if (now.log_group) compare(logs::group_resource(now.log_group->group.name), now.log_group->tags);
  if (now.bucket.readable()) compare(s3::bucket_resource(now.spec.bucket_name()), now.bucket.tags);
  return outdated;
}

// The bucket that this run created has `id`. The tags of an earlier bucket of that name must not be adopted: their id
// would be stored permanently.
std::optional<Error> stale_bucket_tags(const std::string& id, const Observed& now) {
  const auto tag = now.bucket.tags.find(kIdTag);
  if (id.empty() || tag == now.bucket.tags.end() || tag->second == id) return std::nullopt;
  return make_error(ErrorKind::kPrecondition, "S3 still shows the tags of an earlier bucket " + now.spec.bucket_name(),
                    "run the same command again");
}

// A manifest that lists the members as active would undo what a destroy has published.
Result<void> check_may_publish(const Observed& observed) {
  const std::vector<Error> newer = newer_document_problems(observed.spec, observed, false);
  if (!newer.empty()) return newer.front();
  if (!observed.document || !is_destroy(observed.document->intent)) return ok();
  const StoredIntent& intent = *observed.document->intent;
  return make_error(
      ErrorKind::kPrecondition,
      fmt::format("{} is being destroyed: `fhctl destroy` on {} at {} (run {})", observed.name, intent.holder,
                  intent.at, intent.run_id),
      fmt::format("`fhctl destroy {0}` continues, `fhctl undrain {0}` takes the streams back", observed.name));
}

Error destroyed_by_another(const std::string& pipeline) {
  return make_error(ErrorKind::kPrecondition,
                    fmt::format("a newer request replaced this one: another run destroyed the pipeline {}", pipeline),
                    fmt::format("`fhctl up {}` makes it again", pipeline));
}

class Convergence {
 public:
  Convergence(Run& run, const ConvergeOptions& options) : run_(run), options_(options), intent_(options.intent) {
    birth_id_ = random_hex(run.entropy, 16);
  }

  Result<Outcome> run();

 private:
  Result<Look> look();
  Result<Look> look_again(bool locked);
  Result<void> change();
  Result<bool> wait_for_drains();
  Result<std::unique_ptr<Lock>> lock(const Desired& desired);
  void tidy_stale_lock(const Look& look);
  void apply(const Look& look, Lock* lock);
  void release(Lock* lock);
  void settle();
  void remember_deleting(Observed& observed);
  std::optional<Error> find_newer_intent(const Look& look) const;
  bool asks_for(const Document& document) const;
  StoredIntent own_intent() const;
  Result<std::string> creation_time(const Observed& observed);
  bool destroying() const { return options_.intent.verb == Intent::Verb::kDestroy; }
  static LockPlace lock_place(const Desired& desired, const Observed& observed) {
    return {bucket_ref(desired.spec, desired.identity), lock_key(desired.spec.name, desired.identity.region),
            desired.spec.name, observed.own_object_encryption(desired.spec)};
  }

  Run& run_;
  const ConvergeOptions& options_;
  Intent intent_;
  Identity identity_;
  std::string birth_id_;
  std::string bucket_id_;                          // of the bucket that this run created; empty: it created none
  WallTime began_at_{};                            // of the run, by AWS's clock
  WallTime confirmed_at_{};                        // when its plan was agreed to, by AWS's clock
  bool had_document_ = false;                      // the first observation found a pipeline.json
  Desired agreed_;                                 // what the user agreed to
  std::optional<Document> stored_;                 // as this run wrote it; nullopt: it has not written one yet
  bool resumed_ = false;                           // has waited for its drains without the lock
  std::map<int, firehose::Description> deleting_;  // streams that any observation saw as DELETING
  Outcome outcome_;
};

Result<Outcome> Convergence::run() {
  ASSIGN_OR_RETURN(const Identity identity, identify(run_.client));
  identity_ = identity;
  began_at_ = run_.client.now();
  run_.observer.on(Identified{identity_.account, identity_.region, options_.sources.name, identity_.caller_arn,
                              run_.client.credentials().source});
  run_.observer.on(Observing{});
  ASSIGN_OR_RETURN(Look first, look());
  run_.observer.on(ObservedSummary{first.observed.resources(), first.observed.living_streams()});
  outcome_.observed = first.observed;
  outcome_.desired = first.desired;
  outcome_.plan = first.plan;
  outcome_.manifest = first.observed.manifest;
  had_document_ = first.observed.document.has_value();
  if (!first.plan.blockers.empty()) {
    outcome_.error = first.plan.blockers.front();
    return outcome_;
  }
  if (options_.plan_only) return outcome_;
  if (first.plan.empty()) {
    tidy_stale_lock(first);
    const Observed& there = first.observed;
    if (!destroying() && there.manifest) {
      refresh_manifest_file(run_, there.spec.manifest_file, identity_, there.name, *there.manifest);
    }
    return outcome_;
  }
  RETURN_IF_ERROR(options_.confirm(first.plan, first.observed, first.desired));
  confirmed_at_ = run_.client.now();
  agreed_ = first.desired;
  if (Result<void> changed = change(); !changed) {
    const bool untouched = outcome_.added + outcome_.changed + outcome_.destroyed == 0;
    if (untouched && outcome_.failures.empty()) return changed.error();
    outcome_.error = changed.error();
  }
  settle();
  return outcome_;
}

Result<Look> Convergence::look() {
  ASSIGN_OR_RETURN(Observed observed, observe(run_.client, identity_, options_.sources, {destroying(), !destroying()}));
  Look look;
  look.observed = std::move(observed);
  remember_deleting(look.observed);
  if (wants_traffic(look.observed.spec, intent_, look.observed)) {
    ASSIGN_OR_RETURN(Traffic traffic, read_traffic(run_.client, look.observed));
    look.observed.traffic = std::move(traffic);
  }
  look.desired = resolve_desired(look.observed.spec, intent_, look.observed, birth_id_);
  look.plan = diff(look.desired, look.observed);
  const std::string& path = look.desired.spec.manifest_file;
  const Result<void> file = check_manifest_file(run_, options_.sources, path, identity_, destroying());
  if (!file) look.plan.blockers.push_back(file.error());
  return look;
}

// Observes again, until AWS shows what this run has changed, the tags that it has seen before, and the bucket if it
// holds the lock, which is an object in it: without it a destroy would delete streams that the manifest still offers.
// After the time that AWS may need for it, what it shows is the present state. Waits.
Result<Look> Convergence::look_again(bool locked) {
  Tags wanted = outcome_.desired.tags;
  if (!bucket_id_.empty()) wanted[kIdTag] = bucket_id_;
  aws::ConsistencyWait wait = run_.client.consistency_wait("what AWS shows of " + options_.sources.name);
  const Instant begun = run_.client.loop().now();
  while (true) {
    ASSIGN_OR_RETURN(Look second, look());
    const bool no_bucket = locked && !second.observed.bucket.exists();
    const std::string outdated = no_bucket ? s3::bucket_resource(second.observed.spec.bucket_name())
                                           : find_outdated(run_.client, second.observed, wanted);
    const std::string resource = outdated.empty() ? find_lost_tags(outcome_.observed, second.observed) : outdated;
    if (resource.empty() || find_newer_intent(second)) return second;
    const Instant until =
        run_.client.recent_changes().changed(resource, run_.client.loop().now()).value_or(begun + kSeenTagsPatience);
    const std::string reason = no_bucket ? fmt::format("it does not show {}, which holds the lock", resource)
                                         : fmt::format("it does not show the tags of {} yet", resource);
    ASSIGN_OR_RETURN(const bool again, wait.pause(reason, until));
    if (!again) return second;
  }
}

// A DELETING stream never becomes active again, so a later response with another status for the same stream is an
// outdated one.
void Convergence::remember_deleting(Observed& observed) {
  for (auto& [number, stream] : observed.streams) {
    const auto seen = deleting_.find(number);
    if (deletion_began(stream.description.status)) {
      deleting_[number] = stream.description;
    } else if (seen != deleting_.end() && seen->second.create_timestamp == stream.description.create_timestamp) {
      stream.description = seen->second;
    }
  }
}

// Takes the lock, observes again, and applies if the new plan deletes nothing beyond what was confirmed. While streams
// drain the lock is not held, so another run may make them active again or finish what this run began.
Result<void> Convergence::change() {
  Plan agreed = outcome_.plan;
  for (int surprises = 0; surprises < kRoundsMax;) {
    RETURN_IF_ERROR(run_.control.check());
    const Desired& desired = outcome_.desired;
    if (!outcome_.observed.bucket.exists() && !destroying()) {
      const Step step{{Kind::kBucket, desired.spec.bucket, 0}, Action::kCreate, "", {}, {}, false};
      const Instant begun = run_.client.loop().now();
      const int total = static_cast<int>(agreed.steps.size());
      run_.observer.on(StepStarted{step.resource, step.action, 0, total});
      const Result<std::string> made =
          create_bucket(run_.client, run_.control, resource_goal(desired, outcome_.observed));
      if (!made) return with_context(made.error(), "creating bucket " + desired.spec.bucket);
      bucket_id_ = *made;
      ++outcome_.added;
      outcome_.created_early.insert(step.resource);
      run_.observer.on(StepDone{step.resource, step.action, run_.client.loop().now() - begun, 1, total});
    }
    std::unique_ptr<Lock> held;
    if (!options_.no_lock && (outcome_.observed.bucket.readable() || !destroying())) {
      Result<std::unique_ptr<Lock>> taken = lock(desired);
      // The bucket existed at the last observation. Only a destroy deletes it.
      const bool gone = !taken && taken.error().aws_code == "NoSuchBucket" && outcome_.observed.bucket.readable();
      if (gone && !destroying()) return destroyed_by_another(desired.spec.name);
      if (!taken && !gone) return taken.error();
      if (taken) held = std::move(*taken);
    }
    Result<Look> second = look_again(held != nullptr);
    if (!second) {
      release(held.get());
      return second.error();
    }
    if (const std::optional<Error> earlier = stale_bucket_tags(bucket_id_, second->observed)) {
      release(held.get());
      return *earlier;
    }
    if (const std::optional<Error> newer = find_newer_intent(*second)) {
      release(held.get());
      return *newer;
    }
    if (!second->plan.blockers.empty()) {
      release(held.get());
      return second->plan.blockers.front();
    }
    if (const std::string lost = find_lost_tags(outcome_.observed, second->observed); !lost.empty()) {
      release(held.get());
      return lost_tags(lost);
    }
    const bool agreed_to = agreed.covers(second->plan);
    if (agreed_to) {
      outcome_.observed = second->observed;
      outcome_.desired = second->desired;
      apply(*second, held.get());
      release(held.get());
      const Result<bool> again = wait_for_drains();
      if (!again) outcome_.error = again.error();
      if (!again || !*again) return ok();
      continue;
    }
    ++surprises;
    // More would be deleted than the user confirmed: release the lock while the user decides.
    release(held.get());
    run_.observer.on(Replanned{second->plan});
    outcome_.observed = second->observed;
    outcome_.desired = second->desired;
    outcome_.plan = agreed = second->plan;
    if (Result<void> yes = options_.confirm_again(agreed, second->observed, second->desired); !yes) return yes;
  }
  return make_error(ErrorKind::kPrecondition, "the pipeline changes faster than it can be looked at",
                    "see who else works on it: `fhctl lock show`");
}

// True when streams may have become ready to be deleted, or another run changed something: observe again.
Result<bool> Convergence::wait_for_drains() {
  const bool ended = outcome_.error || !outcome_.failures.empty();
  if (ended || options_.no_wait || outcome_.draining.empty() || !outcome_.manifest) return false;
  if (Result<void> waited =
          await_drains(run_, outcome_.desired, outcome_.observed, *outcome_.manifest, options_.drain_conditions);
      !waited) {
    Error error = waited.error();
    if (error.kind == ErrorKind::kCancelled) {
      error.hint = destroying() ? "the streams stay draining: the same command continues, `fhctl up` takes them back"
                                : "the streams stay draining: `fhctl scale` continues, `fhctl undrain` takes them back";
    }
    return error;
  }
  // The request has been recorded; from here on this run only finishes it.
  resumed_ = true;
  if (!destroying()) {
    intent_ = Intent{};
    intent_.verb = Intent::Verb::kScale;
  }
  return true;
}

// Whether pipeline.json already says what this run requested, as it was confirmed.
bool Convergence::asks_for(const Document& document) const {
  if (destroying() || is_destroy(document.intent)) return destroying() && is_destroy(document.intent);
  return document.members == agreed_.members && document.spec == document_values(agreed_.spec);
}

StoredIntent Convergence::own_intent() const {
  return {run_.run_id, std::string(verb_key(options_.intent.verb)), run_.host.name(), format_iso8601(confirmed_at_)};
}

// Requests take effect in the order of their confirmation. A run that waited, for the lock or for its drains, must not
// change or publish anything once a newer request asks for something else. Runs that ask for the same help each other.
std::optional<Error> Convergence::find_newer_intent(const Look& look) const {
  const Observed& now = look.observed;
  const std::string& name = options_.sources.name;
  const bool gone = !now.document && !now.document_problem;
  if (gone && !destroying() && (stored_ || had_document_)) return destroyed_by_another(name);
  if (stored_) {
    if (now.document && !same_goal(*now.document, *stored_)) return superseded(name, now.document->intent);
  } else if (now.document && now.document->intent) {
    const StoredIntent& intent = *now.document->intent;
    const std::optional<WallTime> at = parse_iso8601(intent.at);
    const bool newer = intent.run_id != run_.run_id && at && *at > confirmed_at_;
    const bool nothing_left = look.plan.empty() && look.plan.blockers.empty();
    if (newer && !nothing_left && !asks_for(*now.document)) return superseded(name, intent);
  }
  if (!resumed_) return std::nullopt;
  // fhctl 0.1 does not record requests. Its requests show in the manifest: streams that are active again after a
  // destroy, or no active streams any more.
  if (destroying()) return lists_active(now) ? std::optional(superseded(name, std::nullopt)) : std::nullopt;
  const std::optional<Manifest>& own = outcome_.manifest;
  const bool listed = own && lists_active(*own);
  const bool destroyed = listed && now.manifest && now.manifest->epoch == own->epoch && !lists_active(now);
  return destroyed ? std::optional(superseded(name, std::nullopt)) : std::nullopt;
}

// When the pipeline was created, for a pipeline.json that is written for the first time: not later than its bucket, so
// that the bucket does not appear older than the pipeline. Without pipeline.json, the date of the oldest stream counts;
// if a first run died right after it had created the bucket, the bucket's date. Waits.
Result<std::string> Convergence::creation_time(const Observed& observed) {
  WallTime created = std::min(began_at_, oldest_stream(observed).value_or(began_at_));
  const bool owned = observed.bucket.readable() && observed.owner_of(observed.bucket.tags) == Owner::kOurs &&
                     !observed.bucket.tags.contains(kAdoptedTag) && bucket_id_.empty();
  if (created == began_at_ && owned) {
    const auto date = s3::bucket_creation_date(run_.client, observed.spec.bucket_name());
    if (date && *date) created = std::min(created, **date);
    if (!date && !run_.control.check()) return date.error();
  }
  return format_iso8601(created);
}

Result<std::unique_ptr<Lock>> Convergence::lock(const Desired& desired) {
  LockBody body = lock_body(run_, desired.spec);
  return Lock::acquire(run_.client, run_.host, run_.observer, lock_place(desired, outcome_.observed), std::move(body),
                       {options_.lock_timeout, std::chrono::seconds(desired.spec.lock_lease_s)});
}

// Deletes the lock of a run that died after its last change. An expired lease does not prove that the holder is dead,
// because it may only have been paused; such a lock stays for the next run that changes something, and a run with
// nothing to do does not need it. For the same reason a failure to delete the lock is not reported.
void Convergence::tidy_stale_lock(const Look& look) {
  if (!look.observed.lock || options_.no_lock) return;
  const SeenLock& seen = *look.observed.lock;
  if (holder_is_dead(seen, run_.host)) (void)break_lock(run_.client, lock_place(look.desired, look.observed), seen);
}

void Convergence::apply(const Look& look, Lock* lock) {
  ApplyContext context(run_, options_, look.desired, look.observed, look.plan, outcome_, lock);
  if (!stored_ && !look.plan.empty()) context.intent = own_intent();
  if (!look.observed.document && !destroying()) {
    const Result<std::string> created = creation_time(look.observed);
    if (!created) {
      outcome_.error = created.error();
      return;
    }
    context.created_at = *created;
  }
  if (destroying()) {
    apply_destroy(context);
  } else {
    apply_up(context);
  }
  if (context.observed.document && context.observed.document->intent &&
      context.observed.document->intent->run_id == run_.run_id) {
    stored_ = context.observed.document;
  }
  outcome_.manifest = context.publisher.latest();
  outcome_.manifest_targets = context.publisher.targets();
}

void Convergence::release(Lock* lock) {
  if (lock == nullptr) return;
  run_.control.begin_cleanup(kTidyPatience);
  const Result<void> released = lock->release();
  if (!released && released.error().kind != ErrorKind::kNotFound) {
    run_.observer.on(Said{{true, "The lock was not released: " + describe(released.error()),
                           fmt::format("it ends with its lease; `fhctl lock break {} --force` removes it at once",
                                       options_.sources.name)}});
  }
  run_.control.end_tidying();
}

// Combines the failures into the one error that decides the exit code.
void Convergence::settle() {
  if (outcome_.error || outcome_.failures.empty()) return;
  Error error = outcome_.failures.front().second;
  const bool something = outcome_.added + outcome_.changed + outcome_.destroyed + outcome_.data_deleted > 0;
  const ErrorKind kind = error.kind;
  const bool keeps_kind = kind == ErrorKind::kCredentials || kind == ErrorKind::kDenied ||
                          kind == ErrorKind::kNetwork || kind == ErrorKind::kUntrusted;
  const std::size_t failures = outcome_.failures.size();
  Error whole;
  whole.kind = keeps_kind || !something ? kind : ErrorKind::kPartial;
  whole.message = failures == 1 ? fmt::format("{} {}: {}", kind_title(outcome_.failures.front().first.kind),
                                              outcome_.failures.front().first.name, describe(error))
                                : fmt::format("{} failed", plural(static_cast<std::int64_t>(failures), "step"));
  whole.hint = error.hint;
  whole.aws_code = error.aws_code;
  whole.request_id = error.request_id;
  whole.http_status = error.http_status;
  outcome_.error = whole;
}

}  // namespace

Result<Outcome> converge(Run& run, const ConvergeOptions& options) { return Convergence(run, options).run(); }

Result<Manifest> publish_now(Run& run, const SpecSources& sources, Duration lock_timeout) {
  ConvergeOptions options;
  options.sources = sources;
  options.lock_timeout = lock_timeout;
  ASSIGN_OR_RETURN(const Identity identity, identify(run.client));
  ASSIGN_OR_RETURN(Observed observed, observe(run.client, identity, sources));
  if (!observed.document) return pipeline_not_found(sources.name, identity);
  RETURN_IF_ERROR(check_may_publish(observed));
  const Result<void> file = check_manifest_file(run, sources, observed.spec.manifest_file, identity, false);
  if (!file) return file.error();
  LockBody body = lock_body(run, observed.spec);
  const LockPlace place{bucket_ref(observed.spec, identity), lock_key(sources.name, identity.region), sources.name,
                        observed.own_object_encryption(observed.spec)};
  ASSIGN_OR_RETURN(std::unique_ptr<Lock> lock, Lock::acquire(run.client, run.host, run.observer, place, body,
                                                             {lock_timeout, std::chrono::seconds(body.lease_s)}));
  const Result<Observed> again = observe(run.client, identity, sources);
  Result<Manifest> manifest = Error{};
  const Result<void> present = again ? check_may_publish(*again) : ok();
  if (!present) {
    manifest = present.error();
  } else if (again) {
    const Desired desired = resolve_desired(again->spec, Intent{}, *again, again->id);
    Publisher publisher(run, desired, *again);
    const Result<void> published = publisher.publish(streams_now(desired, *again), Publish::kLimits);
    if (published && publisher.latest()) {
      manifest = *publisher.latest();
    } else if (!published) {
      manifest = published.error();
    }
  } else {
    manifest = again.error();
  }
  run.control.begin_cleanup(kTidyPatience);
  (void)lock->release();
  return manifest;
}

}  // namespace fhctl::pipeline
