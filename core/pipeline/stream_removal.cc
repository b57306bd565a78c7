#include "core/pipeline/stream_removal.h"

#include <algorithm>

#include "core/pipeline/drain.h"

namespace fhctl::pipeline {

StreamWatch::Progress stream_progress(Work& work) {
  return [&work](const std::string& name, const std::string& status, Duration elapsed) {
    const std::optional<int> number = stream_number(work.desired.spec.name, name);
    const Action action = status == "DELETING" ? Action::kDelete : Action::kCreate;
    work.run.observer.on(StepProgress{{Kind::kStream, name, number.value_or(0)}, action, status, elapsed});
  };
}

void StreamRemoval::remove(const std::function<void()>& changed) {
  work_.outcome.draining.clear();  // of an earlier round: somebody may have taken all of them back
  if (work_.desired.doomed.empty() && work_.desired.draining.empty()) return;
  if (Result<void> told = tell(); !told) return work_.remember(kManifestId, told.error());
  const Result<std::set<int>> ready = drained();
  if (!ready) return work_.remember(kManifestId, ready.error());
  delete_all(*ready, false, changed);
  if (work_.desired.doomed.empty()) return;
  if (Result<void> waited = wait_for_readers(Duration::zero()); !waited) {
    return work_.remember(kManifestId, waited.error());
  }
  delete_all(work_.desired.doomed, false, changed);
}

Result<bool> StreamRemoval::remove_all() {
  const bool used = std::any_of(work_.streams.statuses.begin(), work_.streams.statuses.end(),
                                [](const auto& stream) { return may_take_records(stream.second); });
  if (work_.observed.bucket.readable() && (work_.observed.manifest || !work_.streams.statuses.empty())) {
    if (Result<void> told = tell(); !told) return told.error();
  }
  const Result<std::set<int>> ready = drained();
  if (!ready) return ready.error();
  // The data is deleted anyway, or there is nothing to wait for.
  const bool wait = used && !work_.desired.doomed.empty() && !work_.desired.empty_bucket;
  const Spec& spec = work_.desired.spec;
  if (wait && work_.observed.bucket.readable()) {
    const auto flush = std::chrono::seconds(spec.buffer_interval_s + spec.flush_margin_s);
    if (Result<void> waited = wait_for_readers(flush); !waited) return waited.error();
  }
  std::set<int> numbers = work_.desired.doomed;
  numbers.insert(ready->begin(), ready->end());
  delete_all(numbers, true, [] {});
  if (!work_.any_failure() && !work_.outcome.error) return work_.outcome.draining.empty();
  Error error;
  error.kind = ErrorKind::kPartial;
  error.message = "not every stream is gone, so what they need stays";
  return error;
}

std::vector<Step> StreamRemoval::steps_of(const std::set<int>& numbers) const {
  std::vector<Step> steps;
  for (const Step& step : work_.plan.steps) {
    const bool one_of_them = step.resource.kind == Kind::kStream && step.action == Action::kDelete;
    if (one_of_them && numbers.contains(step.resource.number)) steps.push_back(step);
  }
  return steps;
}

// The manifest that marks the victims is durable before anything else happens to them.
Result<void> StreamRemoval::tell() {
  if (Result<void> may = work_.may_change(); !may) return may;
  told_at_ = work_.run.client.loop().now();
  return work_.publisher.publish(work_.streams);
}

// Without evidence there is only time: what producers need to see the manifest, and `longer`.
Result<void> StreamRemoval::wait_for_readers(Duration longer) {
  const std::optional<Manifest>& manifest = work_.publisher.latest();
  const WallTime wall = aws_now(work_.run.client);
  const Duration whole = reload_time(work_.desired.spec) + longer;
  Duration left = Duration::zero();
  std::vector<std::string> names;
  // In a state that nobody knows it was not listed as draining: producers see that it is gone from the manifest.
  for (const auto& [number, status] : work_.streams.statuses) {
    if (!work_.desired.doomed.contains(number) || settled(status) || !may_take_records(status)) continue;
    names.push_back(stream_name(work_.desired.spec.name, number));
    left = whole;
  }
  if (manifest) {
    for (const ManifestEntry& entry : manifest->streams) {
      if (entry.state != "draining" || !work_.desired.doomed.contains(entry.index)) continue;
      names.push_back(entry.name);
      const std::optional<WallTime> since = parse_iso8601(entry.drain_started_at);
      const Duration waited = since ? Duration(wall - *since) : Duration::zero();
      left = std::max(left, whole - waited);
    }
  }
  const Instant until = work_.run.client.loop().now() + left;
  while (work_.run.client.loop().now() < until) {
    const Instant now = work_.run.client.loop().now();
    work_.run.observer.on(DrainWaiting{names, "producers read the manifest again", until - now});
    const Result<void> slept = work_.run.control.sleep_until(std::min(until, now + std::chrono::seconds(5)));
    if (!slept) return slept;
  }
  return ok();
}

// Judged here and now, under the lock: whatever was seen before may have changed.
Result<std::set<int>> StreamRemoval::drained() {
  std::set<int> ready;
  work_.outcome.draining.clear();
  const std::set<int>& draining = work_.desired.draining;
  if (draining.empty()) return ready;
  std::vector<DrainCase> cases;
  if (const auto& manifest = work_.publisher.latest()) {
    cases = drain_cases(work_.desired.spec, work_.observed, *manifest, draining);
  }
  const auto verdicts = look_at_drains(work_.run.client, work_.desired.spec, cases, work_.options.drain_conditions);
  if (!verdicts) return verdicts.error();
  std::set<int> judged;
  for (const DrainVerdict& verdict : *verdicts) {
    judged.insert(verdict.number);
    if (verdict.phase == DrainPhase::kReady) {
      ready.insert(verdict.number);
    } else {
      work_.outcome.draining.push_back(verdict);
    }
  }
  for (const int number : draining) {
    if (judged.contains(number)) continue;
    DrainVerdict verdict;
    verdict.stream = stream_name(work_.desired.spec.name, number);
    verdict.number = number;
    verdict.waiting_for = "its being listed as draining";
    work_.outcome.draining.push_back(std::move(verdict));
  }
  return ready;
}

void StreamRemoval::delete_all(const std::set<int>& numbers, bool until_gone, const std::function<void()>& changed) {
  Group group(work_.run.client.loop(), 4096);
  for (const Step& step : steps_of(numbers)) {
    group.spawn([this, step, until_gone, &changed] {
      work_.step(step, [&]() -> Result<void> {
        if (Result<void> deleted = remove_one(step.resource.number); !deleted) return deleted;
        return until_gone ? watch_.until_gone(step.resource.name) : ok();
      });
      changed();
    });
  }
  if (until_gone) await_earlier_ones(group);
  group.join();
}

// Streams that an earlier run deleted, and that are not gone yet, still flush into the bucket through the role.
void StreamRemoval::await_earlier_ones(Group& group) {
  for (const auto& [number, stream] : work_.observed.streams) {
    if (stream.description.status != "DELETING" || work_.observed.owner_of(stream.tags) != Owner::kOurs) continue;
    group.spawn([this, name = stream.description.name, number = number] {
      if (Result<void> gone = watch_.until_gone(name); !gone)
        work_.remember({Kind::kStream, name, number}, gone.error());
    });
  }
}

Result<void> StreamRemoval::remove_one(int number) {
  const std::string name = stream_name(work_.desired.spec.name, number);
  const bool force = work_.options.intent.force && !work_.desired.present;
  for (int attempt = 0; attempt < kStreamTriesMax; ++attempt) {
    const auto read = [&] { return firehose::list_tags(work_.run.client, name); };
    if (Result<void> ours = work_.check_still_ours(name, read); !ours) return ours;
    if (work_.run.client.loop().now() - told_at_ > kTrustedFor) {
      if (Result<void> told = work_.publisher.check_stands(); !told) return told;
      told_at_ = work_.run.client.loop().now();
    }
    slots_.take();
    const Result<void> may = work_.may_change();
    const Result<bool> deleted =
        may ? firehose::delete_delivery_stream(work_.run.client, name, force) : Result<bool>(may.error());
    slots_.give_back();
    if (deleted) {
      work_.streams.statuses.erase(number);
      work_.streams.leaving.erase(number);
      return ok();
    }
    if (deleted.error().kind != ErrorKind::kInUse) return deleted.error();
    const Result<firehose::Description> created = watch_.until_created(name);
    if (!created) return created.error();
  }
  Error error;
  error.kind = ErrorKind::kInUse;
  error.message = "it is busy and could not be deleted";
  error.hint = "run the same command again";
  return error;
}

Result<bool> delete_all_streams(Work& work) {
  StreamWatch watch(work.run.client, stream_progress(work));
  Slots slots(work.run.client.loop(), kCallsInFlight);
  return StreamRemoval(work, watch, slots).remove_all();
}

}  // namespace fhctl::pipeline
