#include "core/execute/apply_context.h"

#include <algorithm>

#include "core/observe/lock_object.h"
#include "core/plan/build_plan.h"
#include "core/plan/manifest_build.h"

namespace fhctl::pipeline {
namespace {

// Errors that concern the run as a whole are reported once, not once per step.
bool about_the_run(ErrorKind kind) {
  return kind == ErrorKind::kCancelled || kind == ErrorKind::kTimeout || kind == ErrorKind::kLocked;
}

}  // namespace

ApplyContext::ApplyContext(Run& run_, const ConvergeOptions& options_, const Desired& desired_, Observed observed_,
                           const Plan& plan_, Outcome& outcome_, Lock* lock_)
    : run(run_),
      options(options_),
      desired(desired_),
      observed(std::move(observed_)),
      plan(plan_),
      outcome(outcome_),
      lock(lock_),
      publisher(run_, desired_, observed),
      streams(streams_now(desired_, observed)) {
  const auto created_early = [&](const Step& step) { return outcome.created_early.contains(step.resource); };
  const auto twice = std::count_if(plan.steps.begin(), plan.steps.end(), created_early);
  steps_done = outcome.added;
  total = static_cast<int>(plan.steps.size()) - static_cast<int>(twice) + outcome.added;
}

Result<void> ApplyContext::check_can_continue() const {
  RETURN_IF_ERROR(run.control.check());
  if (lock == nullptr || lock->usable()) return ok();
  return lock_lost();
}

Result<void> ApplyContext::check_can_start() const {
  if (failed_) {
    return make_error(ErrorKind::kPartial, "not started after an earlier failure");
  }
  return check_can_continue();
}

bool ApplyContext::can_start() {
  const Result<void> may = check_can_start();
  if (may) return true;
  if (about_the_run(may.error().kind) && !outcome.error) outcome.error = may.error();
  return false;
}

void ApplyContext::started(const Step& step) {
  started_at_[step.resource] = run.client.loop().now();
  run.observer.on(StepStarted{step.resource, step.action, steps_done, total});
}

void ApplyContext::done(const Step& step) {
  const auto begun = started_at_.find(step.resource);
  const Duration elapsed = begun == started_at_.end() ? Duration::zero() : run.client.loop().now() - begun->second;
  ++steps_done;
  count(step);
  run.observer.on(StepDone{step.resource, step.action, elapsed, steps_done, total});
}

// Counts like the plan: metadata objects only if nothing else changes.
void ApplyContext::count(const Step& step) {
  const bool metadata = step.resource.kind == Kind::kSettings || step.resource.kind == Kind::kManifest;
  if (metadata) {
    if (plan.added() == 0 && plan.destroyed() == 0) ++outcome.changed;
    return;
  }
  const bool adds = step.action == Action::kCreate || step.action == Action::kReplace;
  const bool destroys = step.action == Action::kDelete || step.action == Action::kReplace;
  if (adds) ++outcome.added;
  if (destroys) ++outcome.destroyed;
  if (!adds && !destroys) ++outcome.changed;
}

void ApplyContext::failed(const Step& step, Error error) {
  if (error.kind == ErrorKind::kPartial)
    return;  // check_can_start() refused the step: that failure is reported already
  if (about_the_run(error.kind)) {
    if (!outcome.error) outcome.error = error;
    return;
  }
  run.observer.on(StepFailed{step.resource, step.action, error});
  failure(step.resource, std::move(error));
}

void ApplyContext::record_failure(const ResourceId& resource, Error error) {
  if (error.kind == ErrorKind::kPartial) return;  // refused after a failure that is reported already
  if (!about_the_run(error.kind)) {
    failure(resource, std::move(error));
  } else if (!outcome.error) {
    outcome.error = std::move(error);
  }
}

void ApplyContext::failure(const ResourceId& resource, Error error) {
  failed_ = true;
  outcome.failures.emplace_back(resource, std::move(error));
}

LockBody lock_body(const Run& run, const Spec& spec) {
  LockBody body;
  body.run_id = run.run_id;
  body.holder = body.host = run.host.name();
  body.boot_id = run.host.boot_id();
  body.pid_namespace = run.host.pid_namespace();
  body.pid = run.host.pid();
  body.pid_start = run.host.process_start(body.pid);
  body.command = run.command;
  body.ci_url = run.ci_url;
  body.lease_s = spec.lock_lease_s;
  return body;
}

Result<void> ApplyContext::check_still_ours(const std::string& what,
                                            const std::function<Result<std::optional<Tags>>()>& read) const {
  if (run.client.loop().now() - observed.began_at <= kTrustedFor) return ok();
  aws::ConsistencyWait wait = run.client.consistency_wait(what);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<Tags> tags, read());
    if (!tags || same_incarnation(*tags, desired.tags)) return ok();
    const std::optional<Instant> until = run.client.recent_changes().changed(what, run.client.loop().now());
    if (!until) break;
    ASSIGN_OR_RETURN(const bool again, wait.pause("AWS does not show its tags yet", *until));
    if (!again) break;
  }
  return make_error(ErrorKind::kPrecondition,
                    "the ownership tags of " + what + " were changed by another process: it is not touched",
                    "`fhctl describe` shows whose it is now; run the same command again");
}

const Step* ApplyContext::find(Kind kind) const {
  for (const Step& step : plan.steps) {
    if (step.resource.kind == kind) return &step;
  }
  return nullptr;
}

}  // namespace fhctl::pipeline
