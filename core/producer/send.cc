#include "core/producer/send.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/producer/producer.h"
#include "core/spec/limits.h"

namespace fhctl::pipeline {
namespace {

// The capacity of a pipe. A shorter read means that the pipe is empty, so that the next read may block.
constexpr std::size_t kReadBytes = 65536;
constexpr std::size_t kLongLinesKept = 10;
constexpr Duration kSignalsEvery = std::chrono::milliseconds(100);
// When every stream has denied access so often in a row, the credentials lack the permission.
constexpr int kDenialsMax = 2;
// While more input waits, batches leave full.
constexpr Duration kLinger = std::chrono::seconds(1);

// Enough to keep all requests busy, but not more than the streams take in a quarter of the time that a record may wait.
std::int64_t held_bytes_max(const Manifest& manifest, const SendOptions& options) {
  const std::int64_t batches = (options.parallel_max + 1) * batch_bytes_max(manifest.region);
  const auto active = std::count_if(manifest.streams.begin(), manifest.streams.end(), [&](const ManifestEntry& entry) {
    return entry.active() && (options.stream.empty() || options.stream == entry.name);
  });
  const std::int64_t share = stream_limits(manifest.region).bytes_per_s / std::max(1, manifest.spec.producers);
  return std::clamp<std::int64_t>(share * active * manifest.spec.record_ttl_s / 4, kReadBytes, batches);
}

ProducerOptions producer_options(const Manifest& manifest, const SendHooks& hooks, const SendOptions& options) {
  ProducerOptions made;
  made.bytes_max = held_bytes_max(manifest, options);
  made.records_max = (options.parallel_max + 1) * kBatchRecordsMax;
  made.batches_per_stream_max = options.parallel_max;
  made.batches_max = options.parallel_max;
  made.stream = options.stream;
  made.linger = kLinger;
  made.manifest_is_fixed = !hooks.reload;
  return made;
}

PutFailure failure_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::kThrottled:
      return PutFailure::kThrottled;
    case ErrorKind::kUnavailable:
    case ErrorKind::kNetwork:
    case ErrorKind::kProtocol:
      // Only this code says that nothing was accepted; any other error may have come after the records were stored.
      return error.aws_code == "ServiceUnavailableException" ? PutFailure::kThrottled : PutFailure::kAmbiguous;
    case ErrorKind::kNotFound:
      return PutFailure::kGone;
    case ErrorKind::kDenied:
      return PutFailure::kDenied;
    default:
      return PutFailure::kFatal;
  }
}

// One run of send_lines: it moves bytes between the input, the producer and the client. It lives on the stack of the
// fiber that called it and is joined before it goes.
class Sender {
 public:
  Sender(Cancellation& control, Entropy& entropy, const PutBatch& put, const Manifest& manifest, const SendHooks& hooks,
         const SendOptions& options)
      : control_(control),
        put_(put),
        hooks_(hooks),
        options_(options),
        producer_(manifest, producer_options(manifest, hooks, options), entropy, control.loop().now()),
        lines_(!manifest.spec.newline),
        group_(control.loop(), static_cast<std::size_t>(options.parallel_max) + 1),
        changed_(control.loop()),
        manifest_read_at_(control.loop().now()) {}

  Result<SendReport> run();

 private:
  Instant now() { return control_.loop().now(); }
  Result<void> check_streams() const;
  void read_and_send();
  bool read_chunk();
  void keep_long_line(const LongLine& line);
  void offer_lines();
  void send_all();
  void work();
  bool should_read_manifest();
  void wait();
  void send_batch(const Batch& batch);
  void read_manifest();
  void update_report();
  void stop(const Error& error);

  Cancellation& control_;
  const PutBatch& put_;
  const SendHooks& hooks_;
  const SendOptions& options_;
  Producer producer_;
  LineReader lines_;
  SendReport report_;
  Group group_;
  fhctl::Event changed_;  // an answer or a manifest came
  bool reading_manifest_ = false;
  Instant manifest_read_at_;     // when the last reading began
  std::optional<Error> denied_;  // the last denial
  bool input_ended_ = false;
};

Result<SendReport> Sender::run() {
  RETURN_IF_ERROR(check_streams());
  read_and_send();
  group_.join();
  update_report();
  report_.lost = report_.lines - report_.too_long - report_.records;
  return report_;
}

Result<void> Sender::check_streams() const {
  if (producer_.has_stream()) return ok();
  const std::string& pipeline = producer_.manifest().pipeline;
  if (options_.stream.empty()) {
    return Error{.kind = ErrorKind::kPrecondition,
                 .message = fmt::format("the manifest of {} has no active stream", pipeline),
                 .hint = fmt::format("see what is there with `fhctl describe {}`", pipeline)};
  }
  return Error{.kind = ErrorKind::kPrecondition,
               .message = fmt::format("the stream {} is not an active one of {}", options_.stream, pipeline),
               .hint = "active ones are listed by `fhctl manifest --format text`"};
}

void Sender::read_and_send() {
  while (!input_ended_ && !report_.error) {
    const bool more_waits = read_chunk();
    offer_lines();
    // The next read may block for long, and a response that is not processed during that time would seem to be lost.
    if (!more_waits) send_all();
  }
}

// True if more input is certainly available.
bool Sender::read_chunk() {
  if (Result<void> allowed = control_.check(); !allowed) {
    stop(allowed.error());
    return false;
  }
  Result<std::string> bytes = hooks_.read(kReadBytes);
  if (!bytes) {
    // What was read before is still sent.
    offer_lines();
    send_all();
    stop(with_context(bytes.error(), "reading the input"));
    return false;
  }
  input_ended_ = bytes->empty();
  if (input_ended_) {
    lines_.end();
  } else {
    lines_.add(*bytes);
  }
  report_.lines = lines_.lines();
  for (const LongLine& line : lines_.take_long_lines()) keep_long_line(line);
  return bytes->size() >= kReadBytes;
}

void Sender::keep_long_line(const LongLine& line) {
  ++report_.too_long;
  if (report_.long_lines.size() < kLongLinesKept) report_.long_lines.push_back(line);
}

// Waits while the producer is full.
void Sender::offer_lines() {
  while (!lines_.empty() && !report_.error) {
    const Offer offer = producer_.offer(lines_.front(), now());
    if (offer == Offer::kFull) {
      work();
      wait();
      continue;
    }
    // A newer manifest may ask for a newline that this line has no room for.
    if (offer == Offer::kTooLong) keep_long_line({0, static_cast<std::int64_t>(lines_.front().size()) + 1});
    lines_.pop();
  }
  work();
}

// Waits until AWS has taken every record, the records are too old, or the run has ended.
void Sender::send_all() {
  producer_.flush();
  work();
  while (!report_.error && (!producer_.idle() || reading_manifest_)) {
    wait();
    work();
  }
}

// Starts all requests that may be started. Does not wait.
void Sender::work() {
  if (report_.error) return;
  if (should_read_manifest()) {
    producer_.reading_manifest(now());
    reading_manifest_ = true;
    manifest_read_at_ = now();
    group_.spawn([this] { read_manifest(); });
  }
  while (const Batch* batch = producer_.next(now())) {
    group_.spawn([this, batch] { send_batch(*batch); });
  }
  // More input would be lost in the same way.
  if (producer_.counters().expired == 0) return;
  if (denied_ && producer_.denials() > 0) stop(*denied_);
  if (Result<void> usable = check_streams(); !usable) stop(usable.error());
}

bool Sender::should_read_manifest() {
  if (reading_manifest_ || !hooks_.reload || (input_ended_ && producer_.idle())) return false;
  const bool every = options_.reload_every > Duration::zero() && now() >= manifest_read_at_ + options_.reload_every;
  return every || producer_.wants_manifest(now());
}

// Waits for a response, or until the producer has something to do.
void Sender::wait() {
  if (report_.error) return;
  changed_.clear();
  changed_.wait(std::min(producer_.wake_at(now()), now() + kSignalsEvery));
  if (Result<void> allowed = control_.check(); !allowed) stop(allowed.error());
}

void Sender::send_batch(const Batch& batch) {
  const std::uint64_t id = batch.id;
  Result<std::vector<firehose::PutResult>> results = put_(batch.stream, batch.records);
  if (results) {
    producer_.answered(id, *results, now());
  } else {
    const PutFailure failure = failure_of(results.error());
    producer_.failed(id, failure, describe(results.error()), now());
    if (failure == PutFailure::kFatal) stop(results.error());
    if (failure == PutFailure::kDenied) {
      denied_ = results.error();
      if (producer_.denials() >= kDenialsMax) stop(*denied_);
    }
  }
  update_report();
  if (hooks_.progress) hooks_.progress(report_);
  changed_.set();
}

// A manifest that cannot be read or is not newer changes nothing: the last good one stays valid.
void Sender::read_manifest() {
  Result<Manifest> next = hooks_.reload();
  if (next) {
    producer_.manifest_read(*next, now());
  } else {
    producer_.manifest_failed(now());
  }
  reading_manifest_ = false;
  changed_.set();
}

void Sender::update_report() {
  const ProducerCounters& counters = producer_.counters();
  report_.records = counters.acknowledged;
  report_.bytes = counters.acknowledged_bytes;
  report_.requests = counters.requests;
  report_.resent = counters.resent;
  report_.maybe_duplicated = counters.maybe_duplicated;
  report_.last_refusal = counters.last_refusal;
  for (const auto& [name, stream] : counters.streams) {
    report_.streams[name] = {.records = stream.acknowledged,
                             .bytes = stream.acknowledged_bytes,
                             .requests = stream.requests,
                             .refused = stream.refused,
                             .last_record_id = stream.last_record_id};
  }
}

void Sender::stop(const Error& error) {
  if (!report_.error) report_.error = error;
}

}  // namespace

Result<SendReport> send_lines(Cancellation& control, Entropy& entropy, const PutBatch& put, const Manifest& manifest,
                              const SendHooks& hooks, const SendOptions& options) {
  Sender sender(control, entropy, put, manifest, hooks, options);
  return sender.run();
}

Result<SendReport> send_lines(aws::Client& client, const Manifest& manifest, const SendHooks& hooks,
                              const SendOptions& options) {
  if (client.region() != manifest.region) {
    return Error{.kind = ErrorKind::kPrecondition,
                 .message = fmt::format("the manifest is for {}, not for {}", manifest.region, client.region()),
                 .hint = fmt::format("add --region {}", manifest.region)};
  }
  PutBatch put = [&client](const std::string& stream, const std::vector<std::string>& records) {
    return firehose::put_record_batch(client, stream, records);
  };
  return send_lines(client.control(), client.entropy(), put, manifest, hooks, options);
}

}  // namespace fhctl::pipeline
