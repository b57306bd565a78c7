#include "core/execute/stream_poller.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/drain/drain.h"

namespace fhctl::pipeline {
namespace {

constexpr auto kFirstPoll = std::chrono::milliseconds(250);
constexpr auto kPollMax = std::chrono::seconds(5);
constexpr auto kFresh = std::chrono::seconds(30);
constexpr auto kYoung = std::chrono::minutes(5);
// AWS documents seconds to a minute; Terraform's provider waits two minutes from experience.
constexpr auto kIamPatience = std::chrono::seconds(150);
constexpr auto kProbeEvery = std::chrono::seconds(2);

}  // namespace

struct StreamPoller::State {
  struct Watched {
    explicit Watched(Loop& loop) : over(loop) {}
    fhctl::Event over;
    bool until_gone = false;
    bool seen = false;            // a description was read
    bool missed = false;          // the last response was that it does not exist
    double create_timestamp = 0;  // the newest that was seen
    Instant since{};
    WallTime since_date{};
    Instant next_poll{};
    std::optional<Error> error;
    std::optional<firehose::Description> description;
  };

  State(aws::Client& client_, Progress progress_) : client(client_), progress(std::move(progress_)) {}

  aws::Client& client;
  Progress progress;
  std::map<std::string, std::shared_ptr<Watched>> watched;
  bool polling = false;
  bool closed = false;

  Result<std::shared_ptr<Watched>> watch(const std::shared_ptr<State>& self, const std::string& name, bool gone);
  void poll_all();
  void poll(const std::string& name, const std::shared_ptr<Watched>& stream);
  static bool may_be_outdated(Watched& stream, const firehose::Description& description);
  bool is_gone(Watched& stream, const std::optional<firehose::Description>& description) const;
  void judge(Watched& stream, const Result<std::optional<firehose::Description>>& answer, Instant now) const;
};

Result<std::shared_ptr<StreamPoller::State::Watched>> StreamPoller::State::watch(const std::shared_ptr<State>& self,
                                                                                 const std::string& name, bool gone) {
  Loop& loop = client.loop();
  auto stream = std::make_shared<Watched>(loop);
  stream->until_gone = gone;
  stream->since = loop.now();
  stream->since_date = client.now();
  stream->next_poll = loop.now() + kFirstPoll;
  watched[name] = stream;
  if (!polling) {
    polling = true;
    loop.spawn([self] { self->poll_all(); });
  }
  stream->over.wait();
  if (stream->error) return *stream->error;
  return stream;
}

void StreamPoller::State::poll_all() {
  while (!watched.empty() && !closed) {
    const auto next = std::min_element(watched.begin(), watched.end(), [](const auto& a, const auto& b) {
      return a.second->next_poll < b.second->next_poll;
    });
    const std::string name = next->first;
    const std::shared_ptr<Watched> stream = next->second;
    Result<void> slept = client.control().check();
    // A stream that is added during the sleep may be due earlier: sleep in short pieces and check again.
    const Instant now = client.loop().now();
    if (slept && stream->next_poll > now) {
      slept = client.control().sleep_until(std::min(stream->next_poll, now + std::chrono::milliseconds(100)));
      if (slept) continue;
    }
    if (!slept) {
      for (const auto& [key, waiting] : watched) {
        waiting->error = slept.error();
        waiting->over.set();
      }
      watched.clear();
      break;
    }
    poll(name, stream);
  }
  polling = false;
}

void StreamPoller::State::poll(const std::string& name, const std::shared_ptr<Watched>& stream) {
  const auto answer = firehose::describe_delivery_stream(client, name);
  const Instant now = client.loop().now();
  judge(*stream, answer, now);
  if (answer && *answer) progress(name, (*answer)->status, now - stream->since);
  if (stream->over.is_set()) {
    const auto there = watched.find(name);
    if (there != watched.end() && there->second == stream) watched.erase(there);
    return;
  }
  const Duration pause = std::clamp<Duration>((now - stream->since) / 4, kFirstPoll, kPollMax);
  stream->next_poll = now + pause;
}

// An outdated read may show an earlier, ACTIVE stream of the same name. Descriptions older than one seen before are
// ignored, and an old stream that is ACTIVE in the first description must be seen twice.
bool StreamPoller::State::may_be_outdated(Watched& stream, const firehose::Description& description) {
  const bool first = !std::exchange(stream.seen, true);
  if (description.create_timestamp < stream.create_timestamp) return true;
  const bool same = description.create_timestamp == stream.create_timestamp;
  stream.create_timestamp = description.create_timestamp;
  const bool fresh =
      from_epoch_seconds(static_cast<std::int64_t>(description.create_timestamp)) + kFresh > stream.since_date;
  return description.status != firehose::Status::kCreating && !fresh && (first || !same);
}

// An outdated read may show the time before a young stream was created, so a young stream must be absent twice.
bool StreamPoller::State::is_gone(Watched& stream, const std::optional<firehose::Description>& description) const {
  const bool missed_before = std::exchange(stream.missed, !description);
  if (description) {
    stream.seen = true;
    stream.create_timestamp = description->create_timestamp;
    return false;
  }
  const WallTime made = from_epoch_seconds(static_cast<std::int64_t>(stream.create_timestamp));
  return missed_before || (stream.seen && made + kYoung < client.now());
}

void StreamPoller::State::judge(Watched& stream, const Result<std::optional<firehose::Description>>& answer,
                                Instant now) const {
  if (!answer) {
    stream.error = answer.error();
    stream.over.set();
    return;
  }
  const bool there = answer->has_value();
  if (stream.until_gone) {
    if (there && (*answer)->status == firehose::Status::kDeletingFailed) {
      Error error;
      error.message = fmt::format("delivery stream {} could not be deleted: {} {}", (*answer)->name,
                                  (*answer)->failure_type, (*answer)->failure_details);
      error.hint = "`fhctl destroy --force` deletes it without retiring the KMS grant";
      stream.error = error;
      stream.over.set();
    }
    if (is_gone(stream, *answer)) stream.over.set();
    return;
  }
  if (there && may_be_outdated(stream, **answer)) return;
  if (there && (*answer)->status != firehose::Status::kCreating) {
    stream.description = **answer;
    stream.over.set();
  } else if (!there && now - stream.since > aws::settle_time(aws::Service::kFirehose)) {
    Error error;
    error.kind = ErrorKind::kUnavailable;
    error.message = "the delivery stream was created and cannot be seen";
    error.hint = "run the same command again";
    stream.error = error;
    stream.over.set();
  }
}

StreamPoller::StreamPoller(aws::Client& client, Progress progress)
    : state_(std::make_shared<State>(client, std::move(progress))) {}

StreamPoller::~StreamPoller() { state_->closed = true; }

Result<firehose::Description> StreamPoller::until_created(const std::string& name) {
  const std::shared_ptr<State> state = state_;
  ASSIGN_OR_RETURN(const auto watched, state->watch(state, name, false));
  return *watched->description;
}

Result<void> StreamPoller::until_gone(const std::string& name) {
  const std::shared_ptr<State> state = state_;
  RETURN_IF_ERROR(state->watch(state, name, true));
  return ok();
}

void Semaphore::take() {
  while (free_ == 0) {
    freed_.clear();
    freed_.wait();
  }
  --free_;
}

void Semaphore::give_back() {
  ++free_;
  freed_.set();
}

Result<void> IamPropagationGate::enter(const Cancellation& control) {
  while (!open_) {
    if (!probing_) {
      probing_ = true;
      Cancellation waiting = control;
      const Result<void> slept = waiting.sleep_until(next_probe_);
      if (!slept) probing_ = false;
      if (!slept) changed_.set();
      return slept;
    }
    changed_.clear();
    changed_.wait(loop_.now() + std::chrono::milliseconds(100));
    if (Result<void> alive = control.check(); !alive) return alive;
  }
  return ok();
}

bool IamPropagationGate::refused(Duration& waited) {
  const Instant now = loop_.now();
  if (open_) closed_at_ = now;
  waited = now - closed_at_;
  // Concurrent calls are refused one after the other: the first refusal closes the gate, and the later ones must not
  // free the place of the probe that may be waiting by then.
  const bool left_before = !open_ && now < next_probe_;
  if (left_before) return waited < kIamPatience;
  open_ = false;
  probing_ = false;
  next_probe_ = now + kProbeEvery;
  changed_.set();
  return waited < kIamPatience;
}

void IamPropagationGate::passed() {
  open_ = true;
  probing_ = false;
  changed_.set();
}

}  // namespace fhctl::pipeline
