// Everything that happens to delivery streams in a run: creates, replacements, updates, deletions, and publishing the
// manifest as streams become ACTIVE.
#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/diff.h"
#include "core/pipeline/stream_removal.h"
#include "core/pipeline/work.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kPublishEvery = std::chrono::seconds(2);

// Publishes in the background whenever something new became true, at most every two seconds.
class PublishingFiber {
 public:
  explicit PublishingFiber(Work& work) : work_(work), state_(std::make_shared<State>(work.run.client.loop())) {}

  void start() {
    Work& work = work_;
    work.run.client.loop().spawn([&work, state = state_] {
      while (!state->over) {
        state->dirty.wait();
        state->dirty.clear();
        if (state->over) break;
        if (!work.may_finish()) continue;
        const Result<void> published = work.publisher.publish(work.streams);
        if (!published) {
          work.remember(kManifestId, published.error());
          break;
        }
        state->stopping.wait(work.run.client.loop().now() + kPublishEvery);
      }
      state->ended.set();
    });
  }
  // Before the first stream is ACTIVE there is nothing to tell.
  void wake() {
    const auto& statuses = work_.streams.statuses;
    const bool tells =
        work_.publisher.latest().has_value() ||
        std::any_of(statuses.begin(), statuses.end(), [](const auto& one) { return one.second == "ACTIVE"; });
    if (tells) state_->dirty.set();
  }
  // Waits until the fiber has ended; the caller then publishes what is left.
  void stop() {
    state_->over = true;
    state_->stopping.set();
    state_->dirty.set();
    state_->ended.wait();
  }

 private:
  struct State {
    explicit State(Loop& loop) : dirty(loop), stopping(loop), ended(loop) {}
    fhctl::Event dirty;
    fhctl::Event stopping;
    fhctl::Event ended;
    bool over = false;
  };
  Work& work_;
  std::shared_ptr<State> state_;
};

class StreamWork {
 public:
  explicit StreamWork(Work& work)
      : work_(work),
        client_(work.run.client),
        gate_(client_.loop()),
        slots_(client_.loop(), kCallsInFlight),
        publishing_(work),
        watch_(client_, stream_progress(work)),
        removal_(work, watch_, slots_) {}

  void run();

 private:
  void create(const Step& step);
  Result<void> make(int number);
  Error quota_is_full(Error error) const;
  Result<void> call_through_gate(const std::function<Result<void>()>& call);
  Result<void> call_while_iam_spreads(const std::function<Result<void>()>& call);
  Result<bool> already_made(const std::string& name);  // true: ours; false: not there
  Result<void> until_active(int number);
  void update(const Step& step);
  Result<void> bring_up_to_date(int number);
  Result<void> retag(const ObservedStream& stream);
  void await(int number);
  std::string name_of(int number) const { return stream_name(work_.desired.spec.name, number); }

  Work& work_;
  aws::Client& client_;
  IamGate gate_;
  Slots slots_;
  PublishingFiber publishing_;
  StreamWatch watch_;
  StreamRemoval removal_;
};

void StreamWork::run() {
  publishing_.start();
  publishing_.wake();
  Group group(client_.loop(), 4096);
  for (const Step& step : work_.plan.steps) {
    if (step.resource.kind != Kind::kStream) continue;
    if (step.action == Action::kDelete) continue;
    if (step.action == Action::kUpdate) {
      group.spawn([this, step] { update(step); });
    } else {
      group.spawn([this, step] { create(step); });
    }
  }
  for (const auto& [number, status] : std::map(work_.streams.statuses)) {
    const bool wanted = work_.desired.members.contains(number) || work_.desired.draining.contains(number);
    if (!settled(status) && wanted) group.spawn([this, number = number] { await(number); });
  }
  group.spawn([this] { removal_.remove([this] { publishing_.wake(); }); });
  group.join();
  publishing_.stop();
  if (Result<void> may = work_.may_finish(); !may) return work_.remember(kManifestId, may.error());
  if (Result<void> published = work_.publisher.publish(work_.streams); !published) {
    work_.remember(kManifestId, published.error());
  }
}

void StreamWork::create(const Step& step) {
  const int number = step.resource.number;
  work_.step(step, [&]() -> Result<void> {
    const auto there = work_.observed.streams.find(number);
    if (there != work_.observed.streams.end()) {
      if (step.action == Action::kReplace) {
        if (Result<void> deleted = removal_.remove_one(number); !deleted) return deleted;
      }
      if (Result<void> gone = watch_.until_gone(name_of(number)); !gone) return gone;
    }
    if (Result<void> made = make(number); !made) return made;
    work_.streams.statuses[number] = "CREATING";
    if (work_.options.no_wait) {
      work_.outcome.still_creating = true;
      return ok();
    }
    return until_active(number);
  });
}

// A create whose answer was lost is not an error: look, and take what carries our tags.
Result<void> StreamWork::make(int number) {
  firehose::CreateDeliveryStreamInput input;
  input.name = name_of(number);
  input.destination = desired_destination(work_.desired);
  input.tags = work_.desired.tags;
  for (int attempt = 0; attempt < kStreamTriesMax; ++attempt) {
    const Result<void> made = call_through_gate([&]() -> Result<void> {
      const Result<std::string> arn = firehose::create_delivery_stream(client_, input);
      if (!arn) return arn.error();
      return ok();
    });
    if (made) return made;
    if (made.error().kind == ErrorKind::kQuota) return quota_is_full(made.error());
    if (made.error().kind != ErrorKind::kAlreadyExists && !answer_lost(made.error())) return made;
    const Result<bool> there = already_made(input.name);
    if (!there) return there.error();
    if (*there) return ok();
    if (Result<void> slept = work_.run.control.sleep_for(std::chrono::seconds(1)); !slept) return slept;
  }
  Error error;
  error.kind = ErrorKind::kUnavailable;
  error.message = "creating it got no usable answer and it is not there";
  error.hint = "run the same command again";
  return error;
}

Error StreamWork::quota_is_full(Error error) const {
  error.hint = fmt::format(
      "ask for more under Service Quotas, Amazon Data Firehose, L-14BB0BE7; `fhctl scale --to {}` settles for what "
      "there is",
      std::max<std::size_t>(work_.streams.statuses.size(), 1));
  return error;
}

// One of a few at a time, repeated while IAM still spreads. Waits.
Result<void> StreamWork::call_through_gate(const std::function<Result<void>()>& call) {
  slots_.take();
  const Result<void> result = call_while_iam_spreads(call);
  slots_.give_back();
  return result;
}

Result<void> StreamWork::call_while_iam_spreads(const std::function<Result<void>()>& call) {
  while (true) {
    if (Result<void> turn = gate_.enter(work_.run.control); !turn) return turn;
    if (Result<void> may = work_.may_change(); !may) {
      gate_.passed();  // lets the others find out for themselves
      return may;
    }
    const Result<void> result = call();
    if (result || result.error().kind != ErrorKind::kPropagating) {
      gate_.passed();
      return result;
    }
    Duration waited{};
    if (!gate_.refused(waited)) {
      Error error = result.error();
      error.hint =
          "IAM usually takes less than 20 s. If the role's trust policy lets firehose.amazonaws.com in, run the same "
          "command again";
      return error;
    }
    work_.run.observer.on(IamWaiting{waited, result.error().message});
  }
}

Result<bool> StreamWork::already_made(const std::string& name) {
  const auto description = firehose::describe_delivery_stream(client_, name);
  if (!description) return description.error();
  if (!*description) return false;
  if ((*description)->status == "DELETING") {
    if (Result<void> gone = watch_.until_gone(name); !gone) return gone.error();
    return false;
  }
  const auto tags = firehose::list_tags(client_, name);
  if (!tags) return tags.error();
  if (!*tags) return false;
  if (same_life(**tags, work_.desired)) return true;
  Error error;
  error.kind = ErrorKind::kPrecondition;
  error.message = "delivery stream " + name + " was made by somebody else in this moment";
  error.hint = "run the same command again to see whose it is";
  return error;
}

Result<void> StreamWork::until_active(int number) {
  const Result<firehose::Description> description = watch_.until_created(name_of(number));
  if (!description) return description.error();
  work_.streams.statuses[number] = description->status;
  if (description->status == "ACTIVE") {
    publishing_.wake();
    return ok();
  }
  Error error;
  error.message = fmt::format("it ended in {}{}{}", description->status,
                              description->failure_type.empty() ? "" : ": " + description->failure_type,
                              description->failure_details.empty() ? "" : " (" + description->failure_details + ")");
  error.hint = "mend the cause, then `fhctl up` replaces it";
  return error;
}

// A member that an interrupted run left in CREATING.
void StreamWork::await(int number) {
  if (work_.options.no_wait) {
    work_.outcome.still_creating = true;
    return;
  }
  const Result<void> active = until_active(number);
  if (active) return;
  const ErrorKind kind = active.error().kind;
  if (kind == ErrorKind::kCancelled || kind == ErrorKind::kTimeout) {
    if (!work_.outcome.error) work_.outcome.error = active.error();
    return;
  }
  work_.run.observer.on(StepFailed{{Kind::kStream, name_of(number), number}, Action::kCreate, active.error()});
  work_.failure({Kind::kStream, name_of(number), number}, active.error());
}

void StreamWork::update(const Step& step) {
  work_.step(step, [&]() -> Result<void> {
    const int number = step.resource.number;
    const ObservedStream stream = work_.observed.streams.at(number);
    const bool destination = std::any_of(step.changes.begin(), step.changes.end(),
                                         [](const FieldChange& change) { return !starts_with(change.field, "tag "); });
    if (destination) {
      if (Result<void> updated = bring_up_to_date(number); !updated) return updated;
    }
    return retag(stream);
  });
}

// A version id that went stale means that somebody else changed the stream: read it again, then say it again.
Result<void> StreamWork::bring_up_to_date(int number) {
  firehose::S3Destination wanted = desired_destination(work_.desired);
  firehose::Description there = work_.observed.streams.at(number).description;
  Result<void> updated = ok();
  for (int attempt = 0; attempt < kStreamTriesMax; ++attempt) {
    // What the spec does not control stays as somebody else set it.
    wanted.foreign_processing = there.destination.foreign_processing;
    wanted.file_extension = there.destination.file_extension;
    wanted.custom_time_zone = there.destination.custom_time_zone;
    updated = call_through_gate([&] {
      return firehose::update_destination(client_, there.name, there.version_id, there.destination_id, wanted);
    });
    if (updated) return updated;
    const ErrorKind kind = updated.error().kind;
    if (kind != ErrorKind::kConflict && kind != ErrorKind::kInUse) return updated;
    if (Result<void> slept = work_.run.control.sleep_for(std::chrono::seconds(kind == ErrorKind::kInUse ? 2 : 0));
        !slept)
      return slept;
    const auto again = firehose::describe_delivery_stream(client_, there.name);
    if (!again) return again.error();
    if (!*again) return updated;
    there = **again;
  }
  return updated;
}

Result<void> StreamWork::retag(const ObservedStream& stream) {
  const TagChange change = tag_change(work_, stream.tags);
  if (!change.set.empty()) {
    if (Result<void> tagged = firehose::tag_delivery_stream(client_, stream.description.name, change.set); !tagged)
      return tagged;
  }
  return change.remove.empty() ? ok()
                               : firehose::untag_delivery_stream(client_, stream.description.name, change.remove);
}

}  // namespace

void converge_streams(Work& work) {
  StreamWork streams(work);
  streams.run();
}

}  // namespace fhctl::pipeline
