#include "core/execute/apply_streams.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/aws/retry.h"
#include "core/base/text.h"
#include "core/execute/apply_context.h"
#include "core/execute/stream_deletion.h"
#include "core/plan/build_plan.h"
#include "core/plan/plan_streams.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kPublishEvery = std::chrono::seconds(2);

// Publishes in the background when a stream's status has changed, at most every two seconds.
class PublishingFiber {
 public:
  explicit PublishingFiber(ApplyContext& context)
      : context_(context), state_(std::make_shared<State>(context.run.client.loop())) {}

  void start() {
    ApplyContext& context = context_;
    context.run.client.loop().spawn([&context, state = state_] {
      while (!state->over) {
        state->dirty.wait();
        state->dirty.clear();
        if (state->over) break;
        if (!context.check_can_continue()) continue;
        const Result<void> published = context.publisher.publish(context.streams);
        if (!published) {
          context.record_failure(kManifestId, published.error());
          break;
        }
        state->stopping.wait(context.run.client.loop().now() + kPublishEvery);
      }
      state->ended.set();
    });
  }
  // Before the first stream is ACTIVE there is nothing to report.
  void wake() {
    const auto& statuses = context_.streams.statuses;
    const bool tells = context_.publisher.latest().has_value() ||
                       std::any_of(statuses.begin(), statuses.end(),
                                   [](const auto& one) { return one.second == firehose::Status::kActive; });
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
  ApplyContext& context_;
  std::shared_ptr<State> state_;
};

class StreamApply {
 public:
  explicit StreamApply(ApplyContext& context)
      : context_(context),
        client_(context.run.client),
        gate_(client_.loop()),
        slots_(client_.loop(), kCallsInFlight),
        publishing_(context),
        watch_(client_, stream_progress(context)),
        removal_(context, watch_, slots_) {}

  void run();

 private:
  void create(const Step& step);
  Result<void> make(int number);
  Error quota_is_full(Error error) const;
  Result<void> call_through_gate(const std::function<Result<void>()>& call);
  Result<void> call_while_iam_spreads(const std::function<Result<void>()>& call);
  Result<void> until_active(int number);
  void update(const Step& step);
  void await(int number);
  std::string name_of(int number) const { return stream_name(context_.desired.spec.name, number); }

  ApplyContext& context_;
  aws::Client& client_;
  IamPropagationGate gate_;
  Semaphore slots_;
  PublishingFiber publishing_;
  StreamPoller watch_;
  StreamDeletion removal_;
};

void StreamApply::run() {
  publishing_.start();
  publishing_.wake();
  Group group(client_.loop(), 4096);
  for (const Step& step : context_.plan.steps) {
    if (step.resource.kind != Kind::kStream) continue;
    if (step.action == Action::kDelete) continue;
    if (step.action == Action::kUpdate) {
      group.spawn([this, step] { update(step); });
    } else {
      group.spawn([this, step] { create(step); });
    }
  }
  for (const auto& [number, status] : std::map(context_.streams.statuses)) {
    const bool wanted =
        context_.desired.members.contains(number) || context_.desired.drain_then_delete.contains(number);
    if (!is_settled(status) && wanted) group.spawn([this, number = number] { await(number); });
  }
  group.spawn([this] { removal_.remove([this] { publishing_.wake(); }); });
  group.join();
  publishing_.stop();
  if (Result<void> may = context_.check_can_continue(); !may) return context_.record_failure(kManifestId, may.error());
  if (Result<void> published = context_.publisher.publish(context_.streams); !published) {
    context_.record_failure(kManifestId, published.error());
  }
}

void StreamApply::create(const Step& step) {
  const int number = step.resource.number;
  context_.step(step, [&]() -> Result<void> {
    const auto there = context_.observed.streams.find(number);
    if (there != context_.observed.streams.end()) {
      if (step.action == Action::kReplace) {
        if (Result<void> deleted = removal_.remove_one(number); !deleted) return deleted;
      }
      if (Result<void> gone = watch_.until_gone(name_of(number)); !gone) return gone;
    }
    RETURN_IF_ERROR(make(number));
    context_.streams.statuses.insert_or_assign(number, firehose::Status::kCreating);
    if (context_.options.no_wait) {
      context_.outcome.still_creating = true;
      return ok();
    }
    return until_active(number);
  });
}

Result<void> StreamApply::make(int number) {
  firehose::CreateDeliveryStreamInput input;
  input.name = name_of(number);
  input.destination = desired_destination(context_.desired);
  input.tags = context_.desired.tags;
  const Result<void> created = create_stream(
      client_, input, [this](const auto& call) { return call_through_gate(call); },
      [this](const std::string& name) { return watch_.until_gone(name); });
  if (!created && created.error().kind == ErrorKind::kQuota) return quota_is_full(created.error());
  return created;
}

Error StreamApply::quota_is_full(Error error) const {
  error.hint = fmt::format(
      "ask for more under Service Quotas, Amazon Data Firehose, L-14BB0BE7; `fhctl scale --to {}` settles for what "
      "there is",
      std::max<std::size_t>(context_.streams.statuses.size(), 1));
  return error;
}

// One of a few at a time, repeated while IAM still spreads. Waits.
Result<void> StreamApply::call_through_gate(const std::function<Result<void>()>& call) {
  slots_.take();
  const Result<void> result = call_while_iam_spreads(call);
  slots_.give_back();
  return result;
}

Result<void> StreamApply::call_while_iam_spreads(const std::function<Result<void>()>& call) {
  while (true) {
    RETURN_IF_ERROR(gate_.enter(context_.run.control));
    if (Result<void> may = context_.check_can_start(); !may) {
      gate_.passed();  // the other creates find out their own result
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
      error.hint = context_.desired.spec.external_role()
                       ? "see that role " + context_.desired.role_arn +
                             " exists and that its trust policy lets firehose.amazonaws.com in, then run the same "
                             "command again"
                       : "IAM usually takes less than 20 s. If the role's trust policy lets firehose.amazonaws.com in, "
                         "run the same command again";
      return error;
    }
    context_.run.observer.on(IamWaiting{waited, result.error().message});
  }
}

Result<void> StreamApply::until_active(int number) {
  ASSIGN_OR_RETURN(const firehose::Description description, watch_.until_created(name_of(number)));
  context_.streams.statuses.insert_or_assign(number, description.status);
  if (description.status == firehose::Status::kActive) {
    publishing_.wake();
    return ok();
  }
  return make_error(ErrorKind::kFailed,
                    fmt::format("it ended in {}{}{}", description.status.text(),
                                description.failure_type.empty() ? "" : ": " + description.failure_type,
                                description.failure_details.empty() ? "" : " (" + description.failure_details + ")"),
                    "fix the cause, then run `fhctl up`: it replaces the stream");
}

// A member that an interrupted run left in CREATING.
void StreamApply::await(int number) {
  if (context_.options.no_wait) {
    context_.outcome.still_creating = true;
    return;
  }
  const Result<void> active = until_active(number);
  if (active) return;
  const ErrorKind kind = active.error().kind;
  if (kind == ErrorKind::kCancelled || kind == ErrorKind::kTimeout) {
    if (!context_.outcome.error) context_.outcome.error = active.error();
    return;
  }
  context_.run.observer.on(StepFailed{{Kind::kStream, name_of(number), number}, Action::kCreate, active.error()});
  context_.failure({Kind::kStream, name_of(number), number}, active.error());
}

void StreamApply::update(const Step& step) {
  context_.step(step, [&] {
    return update_stream(client_, StreamState(context_.observed.streams.at(step.resource.number)), step,
                         context_.goal(), desired_destination(context_.desired),
                         [this](const auto& call) { return call_through_gate(call); });
  });
}

}  // namespace

void converge_streams(ApplyContext& context) {
  StreamApply streams(context);
  streams.run();
}

}  // namespace fhctl::pipeline
