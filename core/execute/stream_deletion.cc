#include "core/execute/stream_deletion.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/drain/drain.h"
#include "core/drain/drain_metrics.h"

namespace fhctl::pipeline {

StreamPoller::Progress stream_progress(ApplyContext& context) {
  return [&context](const std::string& name, const firehose::StreamStatus& status, Duration elapsed) {
    const std::optional<int> number = stream_number(context.desired.spec.name, name);
    const Action action = status == firehose::Status::kDeleting ? Action::kDelete : Action::kCreate;
    context.run.observer.on(StepProgress{{Kind::kStream, name, number.value_or(0)}, action, status.text(), elapsed});
  };
}

void StreamDeletion::remove(const std::function<void()>& changed) {
  context_.outcome.draining.clear();  // of an earlier round: another run may have made them active again
  if (context_.desired.delete_now.empty() && context_.desired.drain_then_delete.empty()) return;
  if (const Result<void> published = publish_draining(); !published) {
    return context_.record_failure(kManifestId, published.error());
  }
  const Result<std::set<int>> ready = drained();
  if (!ready) return context_.record_failure(kManifestId, ready.error());
  delete_all(*ready, false, changed);
  if (context_.desired.delete_now.empty()) return;
  if (Result<void> waited = wait_for_readers(Duration::zero()); !waited) {
    return context_.record_failure(kManifestId, waited.error());
  }
  delete_all(context_.desired.delete_now, false, changed);
}

Result<bool> StreamDeletion::remove_all() {
  const bool used = std::any_of(context_.streams.statuses.begin(), context_.streams.statuses.end(),
                                [](const auto& stream) { return may_take_records(stream.second); });
  if (context_.observed.bucket.readable() && (context_.observed.manifest || !context_.streams.statuses.empty())) {
    RETURN_IF_ERROR(publish_draining());
  }
  ASSIGN_OR_RETURN(const std::set<int> ready, drained());
  // The data is deleted anyway, or there is nothing to wait for.
  const bool wait = used && !context_.desired.delete_now.empty() && !context_.desired.empty_bucket;
  const Spec& spec = context_.desired.spec;
  if (wait && context_.observed.bucket.readable()) {
    const auto flush = std::chrono::seconds(spec.buffer_interval_s + spec.flush_margin_s);
    if (Result<void> waited = wait_for_readers(flush); !waited) return waited.error();
  }
  std::set<int> numbers = context_.desired.delete_now;
  numbers.insert(ready.begin(), ready.end());
  delete_all(numbers, true, [] {});
  if (!context_.any_failure() && !context_.outcome.error) return context_.outcome.draining.empty();
  return make_error(ErrorKind::kPartial, "not every stream is gone, so what they need stays");
}

std::vector<Step> StreamDeletion::steps_of(const std::set<int>& numbers) const {
  std::vector<Step> steps;
  for (const Step& step : context_.plan.steps) {
    const bool one_of_them = step.resource.kind == Kind::kStream && step.action == Action::kDelete;
    if (one_of_them && numbers.contains(step.resource.number)) steps.push_back(step);
  }
  return steps;
}

// The manifest that lists the streams as draining is stored before anything else is done to them.
Result<void> StreamDeletion::publish_draining() {
  RETURN_IF_ERROR(context_.check_can_start());
  published_at_ = context_.run.client.loop().now();
  return context_.publisher.publish(context_.streams);
}

// Without metrics only time counts: what producers need to reload the manifest, plus `longer`.
Result<void> StreamDeletion::wait_for_readers(Duration longer) {
  const std::optional<Manifest>& manifest = context_.publisher.latest();
  const WallTime wall = context_.run.client.now();
  const Duration whole = reload_time(context_.desired.spec) + longer;
  Duration left = Duration::zero();
  std::vector<std::string> names;
  // A stream with an unknown status was not listed as draining: producers see that it is gone from the manifest.
  for (const auto& [number, status] : context_.streams.statuses) {
    if (!context_.desired.delete_now.contains(number) || is_settled(status) || !may_take_records(status)) continue;
    names.push_back(stream_name(context_.desired.spec.name, number));
    left = whole;
  }
  if (manifest) {
    for (const ManifestEntry& entry : manifest->streams) {
      if (!entry.draining() || !context_.desired.delete_now.contains(entry.index)) continue;
      names.push_back(entry.name);
      const std::optional<WallTime> since = parse_iso8601(entry.drain_started_at);
      const Duration waited = since ? Duration(wall - *since) : Duration::zero();
      left = std::max(left, whole - waited);
    }
  }
  const Instant until = context_.run.client.loop().now() + left;
  while (context_.run.client.loop().now() < until) {
    const Instant now = context_.run.client.loop().now();
    context_.run.observer.on(DrainWaiting{names, "producers read the manifest again", until - now});
    const Result<void> slept = context_.run.control.sleep_until(std::min(until, now + std::chrono::seconds(5)));
    if (!slept) return slept;
  }
  return ok();
}

// Checked again now, under the lock: what was read before may have changed.
Result<std::set<int>> StreamDeletion::drained() {
  std::set<int> ready;
  context_.outcome.draining.clear();
  const std::set<int>& draining = context_.desired.drain_then_delete;
  if (draining.empty()) return ready;
  std::vector<DrainTarget> cases;
  std::vector<std::string> steady;
  if (const auto& manifest = context_.publisher.latest()) {
    cases = drain_targets(context_.desired.spec, context_.observed, *manifest, draining);
    steady = steady_streams(*manifest);
  }
  ASSIGN_OR_RETURN(const auto verdicts, read_drain_statuses(context_.run.client, context_.desired.spec, cases, steady,
                                                            context_.options.drain_conditions));
  std::set<int> judged;
  for (const DrainStatus& verdict : verdicts) {
    judged.insert(verdict.number);
    if (verdict.phase == DrainPhase::kReady) {
      ready.insert(verdict.number);
      accept_difference(verdict);
    } else {
      context_.outcome.draining.push_back(verdict);
    }
  }
  for (const int number : draining) {
    if (judged.contains(number)) continue;
    DrainStatus verdict;
    verdict.stream = stream_name(context_.desired.spec.name, number);
    verdict.number = number;
    verdict.waiting_for = "its being listed as draining";
    context_.outcome.draining.push_back(std::move(verdict));
  }
  return ready;
}

// Metrics that do not agree do not keep a stream for ever, but users learn of it.
void StreamDeletion::accept_difference(const DrainStatus& verdict) {
  if (verdict.difference == 0) return;
  if (!context_.outcome.differences.insert_or_assign(verdict.number, verdict).second) return;
  context_.run.observer.on(
      Said{{true,
            fmt::format("{}: {} in the last 25 hours, and nothing was taken, delivered or failed for {}. The stream is "
                        "deleted: waiting longer would not change that.",
                        verdict.stream, difference_text(verdict.difference),
                        format_duration(std::chrono::seconds(context_.desired.spec.drain_time_s))),
            fmt::format("`fhctl logs {}` shows what could not be delivered", context_.desired.spec.name)}});
}

void StreamDeletion::delete_all(const std::set<int>& numbers, bool until_gone, const std::function<void()>& changed) {
  Group group(context_.run.client.loop(), 4096);
  for (const Step& step : steps_of(numbers)) {
    group.spawn([this, step, until_gone, &changed] {
      context_.step(step, [&]() -> Result<void> {
        RETURN_IF_ERROR(remove_one(step.resource.number));
        return until_gone ? watch_.until_gone(step.resource.name) : ok();
      });
      changed();
    });
  }
  if (until_gone) await_earlier_ones(group);
  group.join();
}

// Streams that an earlier run deleted, and that are not gone yet, still flush into the bucket through the role.
void StreamDeletion::await_earlier_ones(Group& group) {
  for (const auto& [number, stream] : context_.observed.streams) {
    if (stream.description.status != firehose::Status::kDeleting ||
        context_.observed.owner_of(stream.tags) != Owner::kOurs)
      continue;
    group.spawn([this, name = stream.description.name, number = number] {
      if (Result<void> gone = watch_.until_gone(name); !gone)
        context_.record_failure({Kind::kStream, name, number}, gone.error());
    });
  }
}

Result<void> StreamDeletion::remove_one(int number) {
  const std::string name = stream_name(context_.desired.spec.name, number);
  const bool force = context_.options.intent.force && !context_.desired.present;
  for (int attempt = 0; attempt < kStreamTriesMax; ++attempt) {
    const auto read = [&] { return firehose::list_tags(context_.run.client, name); };
    RETURN_IF_ERROR(context_.check_still_ours(firehose::stream_resource(name), read));
    if (context_.run.client.loop().now() - published_at_ > kTrustedFor) {
      RETURN_IF_ERROR(context_.publisher.check_stands());
      published_at_ = context_.run.client.loop().now();
    }
    slots_.take();
    const Result<void> may = context_.check_can_start();
    const Result<bool> deleted =
        may ? firehose::delete_delivery_stream(context_.run.client, name, force) : Result<bool>(may.error());
    slots_.give_back();
    if (deleted) {
      context_.streams.statuses.erase(number);
      context_.streams.leaving.erase(number);
      return ok();
    }
    if (deleted.error().kind != ErrorKind::kInUse) return deleted.error();
    ASSIGN_OR_RETURN(const firehose::Description created, watch_.until_created(name));
  }
  return make_error(ErrorKind::kInUse, "it is busy and could not be deleted", "run the same command again");
}

Result<bool> delete_all_streams(ApplyContext& context) {
  StreamPoller watch(context.run.client, stream_progress(context));
  Semaphore slots(context.run.client.loop(), kCallsInFlight);
  return StreamDeletion(context, watch, slots).remove_all();
}

}  // namespace fhctl::pipeline
