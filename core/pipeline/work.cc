#include "core/pipeline/work.h"

#include <algorithm>

#include "core/pipeline/diff.h"

namespace fhctl::pipeline {
namespace {

// Reasons to stop that are about the run as a whole: they are said once, not once per step.
bool about_the_run(ErrorKind kind) {
  return kind == ErrorKind::kCancelled || kind == ErrorKind::kTimeout || kind == ErrorKind::kLocked;
}

}  // namespace

Work::Work(Run& run_, const ConvergeOptions& options_, const Desired& desired_, Observed observed_, const Plan& plan_,
           Outcome& outcome_, Lock* lock_)
    : run(run_),
      options(options_),
      desired(desired_),
      observed(std::move(observed_)),
      plan(plan_),
      outcome(outcome_),
      lock(lock_),
      publisher(run_, desired_, observed),
      streams(streams_now(desired_, observed)) {
  const auto born = [&](const Step& step) { return outcome.born.contains(step.resource); };
  const auto twice = std::count_if(plan.steps.begin(), plan.steps.end(), born);
  steps_done = outcome.added;
  total = static_cast<int>(plan.steps.size()) - static_cast<int>(twice) + outcome.added;
}

Result<void> Work::may_finish() const {
  if (Result<void> alive = run.control.check(); !alive) return alive;
  if (lock == nullptr || lock->usable()) return ok();
  return lock_lost();
}

Result<void> Work::may_change() const {
  if (failed_) {
    Error error;
    error.kind = ErrorKind::kPartial;
    error.message = "not started after an earlier failure";
    return error;
  }
  return may_finish();
}

bool Work::allowed(const Step& step) {
  (void)step;
  const Result<void> may = may_change();
  if (may) return true;
  if (about_the_run(may.error().kind) && !outcome.error) outcome.error = may.error();
  return false;
}

void Work::started(const Step& step) {
  started_at_[step.resource] = run.client.loop().now();
  run.observer.on(StepStarted{step.resource, step.action, steps_done, total});
}

void Work::done(const Step& step) {
  const auto begun = started_at_.find(step.resource);
  const Duration elapsed = begun == started_at_.end() ? Duration::zero() : run.client.loop().now() - begun->second;
  ++steps_done;
  count(step);
  run.observer.on(StepDone{step.resource, step.action, elapsed, steps_done, total});
}

// As the plan counts: fhctl's own paper only where nothing else changes.
void Work::count(const Step& step) {
  const bool paper = step.resource.kind == Kind::kSettings || step.resource.kind == Kind::kManifest;
  if (paper) {
    if (plan.added() == 0 && plan.destroyed() == 0) ++outcome.changed;
    return;
  }
  const bool adds = step.action == Action::kCreate || step.action == Action::kReplace;
  const bool destroys = step.action == Action::kDelete || step.action == Action::kReplace;
  if (adds) ++outcome.added;
  if (destroys) ++outcome.destroyed;
  if (!adds && !destroys) ++outcome.changed;
}

void Work::failed(const Step& step, Error error) {
  if (error.kind == ErrorKind::kPartial) return;  // may_change() held it back: the failure behind that is told already
  if (about_the_run(error.kind)) {
    if (!outcome.error) outcome.error = error;
    return;
  }
  run.observer.on(StepFailed{step.resource, step.action, error});
  failure(step.resource, std::move(error));
}

void Work::remember(const ResourceId& resource, Error error) {
  if (error.kind == ErrorKind::kPartial) return;  // held back after a failure that is told already
  if (!about_the_run(error.kind)) {
    failure(resource, std::move(error));
  } else if (!outcome.error) {
    outcome.error = std::move(error);
  }
}

void Work::failure(const ResourceId& resource, Error error) {
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

bool same_life(const Tags& tags, const Desired& desired) {
  const auto is = [&](const char* key) {
    const auto there = tags.find(key);
    return there != tags.end() && there->second == desired.tags.at(key);
  };
  return is(kPipelineTag) && is(kRegionTag) && is(kIdTag);
}

TagChange tag_change(const Work& work, const Tags& there) {
  TagChange change;
  for (const auto& [key, value] : work.desired.tags) {
    const auto found = there.find(key);
    if (found == there.end() || found->second != value) change.set[key] = value;
  }
  for (const std::string& key : dropped_tags(work.desired, work.observed)) {
    if (there.contains(key)) change.remove.push_back(key);
  }
  return change;
}

Result<void> Work::check_still_ours(const std::string& what,
                                    const std::function<Result<std::optional<Tags>>()>& read) const {
  if (run.client.loop().now() - observed.began_at <= kTrustedFor) return ok();
  const Result<std::optional<Tags>> tags = read();
  if (!tags) return tags.error();
  if (!*tags || same_life(**tags, desired)) return ok();
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = "somebody changed the ownership tags of " + what + " meanwhile: it is left alone";
  error.hint = "`fhctl describe` shows whose it is now; run the same command again";
  return error;
}

const Step* Work::find(Kind kind) const {
  for (const Step& step : plan.steps) {
    if (step.resource.kind == kind) return &step;
  }
  return nullptr;
}

}  // namespace fhctl::pipeline
