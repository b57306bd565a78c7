#include "core/pipeline/send.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/text.h"
#include "core/pipeline/capacity.h"
#include "core/pipeline/stream_choice.h"

namespace fhctl::pipeline {
namespace {

// What a pipe holds. A shorter answer means that nothing more is waiting there, so the next read may block.
constexpr std::size_t kReadBytes = 65536;
constexpr std::size_t kLongLinesKept = 10;
constexpr Duration kBackoffFirst = std::chrono::milliseconds(50);
constexpr Duration kBackoffMax = std::chrono::seconds(5);
constexpr Duration kForcedReloadEvery = std::chrono::seconds(1);

std::int64_t bytes_of(const std::vector<std::string>& records) {
  std::int64_t bytes = 0;
  for (const std::string& record : records) bytes += static_cast<std::int64_t>(record.size());
  return bytes;
}

// 50 ms x 2^attempt, at most 5 s, less up to half of it by chance.
Duration backoff(int attempt, Entropy& entropy) {
  Duration cap = std::min(kBackoffMax, kBackoffFirst * (std::int64_t{1} << std::min(attempt, 20)));
  return from_seconds(seconds_of(cap) * (0.5 + random_unit(entropy) / 2));
}

// One run of send_lines. It lives on the stack of the fiber that called it and is joined before it goes.
class Sender {
 public:
  Sender(Control& control, Entropy& entropy, const PutBatch& put, const Manifest& manifest, const SendHooks& hooks,
         const SendOptions& options)
      : control_(control),
        entropy_(entropy),
        put_(put),
        hooks_(hooks),
        options_(options),
        manifest_(manifest),
        choice_(manifest, options.stream),
        lines_(static_cast<std::size_t>(batch_bytes_max(manifest.region)), !manifest.spec.newline),
        group_(control.loop(), static_cast<std::size_t>(options.parallel_max)),
        batch_done_(control.loop()) {
    plan_reload();
  }

  Result<SendReport> run();

 private:
  Loop& loop() { return control_.loop(); }
  Result<void> check_streams() const;
  void read_and_send();
  bool read_chunk();
  void start_batch();
  void wait_for_batches(int most);
  void send_batch(std::vector<std::string> records);
  std::optional<std::string> pick_stream(const std::string& avoid);
  std::vector<std::string> put_once(const std::string& stream, std::vector<std::string> records);
  std::vector<std::string> keep_refused(const std::string& stream, std::vector<std::string> records,
                                        const std::vector<firehose::PutResult>& results);
  void judge(const std::string& stream, std::int64_t records, const Error& error);
  void reload(bool forced);
  void plan_reload();
  void stop(const Error& error);
  void lose(std::size_t records) { report_.lost += static_cast<std::int64_t>(records); }

  Control& control_;
  Entropy& entropy_;
  const PutBatch& put_;
  const SendHooks& hooks_;
  const SendOptions& options_;
  Manifest manifest_;
  StreamChoice choice_;
  LineBatches lines_;
  SendReport report_;
  Group group_;
  Event batch_done_;
  int under_way_ = 0;
  bool input_ended_ = false;
  bool reloading_ = false;
  Instant reload_at_{};
  std::optional<Instant> reloaded_at_;
};

Result<SendReport> Sender::run() {
  if (Result<void> usable = check_streams(); !usable) return usable.error();
  read_and_send();
  group_.join();
  report_.lines = lines_.lines();
  lose(lines_.queued_records());
  return report_;
}

Result<void> Sender::check_streams() const {
  if (!choice_.empty()) return ok();
  if (options_.stream.empty()) {
    return Error{.kind = ErrorKind::kPrecondition,
                 .message = fmt::format("the manifest of {} has no active stream", manifest_.pipeline),
                 .hint = fmt::format("See what is there with `fhctl describe {}`.", manifest_.pipeline)};
  }
  return Error{.kind = ErrorKind::kPrecondition,
               .message = fmt::format("the stream {} is not an active one of {}", options_.stream, manifest_.pipeline),
               .hint = "Active ones are listed by `fhctl manifest --format text`."};
}

void Sender::read_and_send() {
  while (!input_ended_ && !report_.error) {
    bool more_waits = read_chunk();
    while (!report_.error && (lines_.has_full_batch() || (!more_waits && !lines_.empty()))) start_batch();
    // The next read may block for long, and a request that nobody looks after would look like one without an answer.
    if (!more_waits) wait_for_batches(0);
  }
}

// True when more input is surely there.
bool Sender::read_chunk() {
  if (Result<void> allowed = control_.check(); !allowed) {
    stop(allowed.error());
    return false;
  }
  Result<std::string> bytes = hooks_.read(kReadBytes);
  if (!bytes) {
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
  for (const LongLine& line : lines_.take_long_lines()) {
    ++report_.too_long;
    if (report_.long_lines.size() < kLongLinesKept) report_.long_lines.push_back(line);
  }
  return bytes->size() >= kReadBytes;
}

// Waits while enough batches are under way.
void Sender::start_batch() {
  wait_for_batches(options_.parallel_max - 1);
  if (report_.error) return;
  ++under_way_;
  group_.spawn([this, records = lines_.take_batch()]() mutable {
    send_batch(std::move(records));
    --under_way_;
    batch_done_.set();
  });
}

void Sender::wait_for_batches(int most) {
  while (under_way_ > most) {
    batch_done_.clear();
    batch_done_.wait();
  }
}

// Until AWS has taken every record, or they are too old, or the run has ended.
void Sender::send_batch(std::vector<std::string> records) {
  Instant give_up_at = loop().now() + std::chrono::seconds(manifest_.spec.record_ttl_s);
  std::string refused_by;  // empty: not sent yet
  for (int attempt = 0; !report_.error; ++attempt) {
    if (std::optional<std::string> stream = pick_stream(refused_by)) {
      if (!refused_by.empty()) report_.resent += static_cast<std::int64_t>(records.size());
      refused_by = *stream;
      records = put_once(*stream, std::move(records));
      if (hooks_.progress) hooks_.progress(report_);
      if (records.empty()) return;
    }
    Duration delay = backoff(attempt, entropy_);
    if (report_.error || loop().now() + delay > give_up_at) break;
    if (Result<void> slept = control_.sleep_for(delay); !slept) stop(slept.error());
  }
  // More input would only be lost in the same way.
  if (Result<void> usable = check_streams(); !usable) stop(usable.error());
  lose(records.size());
}

std::optional<std::string> Sender::pick_stream(const std::string& avoid) {
  reload(choice_.empty());
  return choice_.pick(loop().now(), entropy_, avoid);
}

// What has to be sent again.
std::vector<std::string> Sender::put_once(const std::string& stream, std::vector<std::string> records) {
  std::int64_t bytes = bytes_of(records);
  choice_.add_under_way(stream, bytes);
  Result<std::vector<firehose::PutResult>> results = put_(stream, records);
  choice_.add_under_way(stream, -bytes);
  ++report_.requests;
  ++report_.streams[stream].requests;
  if (results && results->size() == records.size()) return keep_refused(stream, std::move(records), *results);
  Error error = results ? Error{.kind = ErrorKind::kProtocol, .message = "an answer for another number of records"}
                        : results.error();
  judge(stream, static_cast<std::int64_t>(records.size()), error);
  return records;
}

std::vector<std::string> Sender::keep_refused(const std::string& stream, std::vector<std::string> records,
                                              const std::vector<firehose::PutResult>& results) {
  StreamSent& sent = report_.streams[stream];
  std::vector<std::string> refused;
  for (std::size_t i = 0; i < records.size(); ++i) {
    if (!results[i].error_code.empty()) {
      report_.last_refusal = fmt::format("{}: {}", results[i].error_code, results[i].error_message);
      refused.push_back(std::move(records[i]));
      continue;
    }
    ++sent.records;
    sent.bytes += static_cast<std::int64_t>(records[i].size());
    report_.bytes += static_cast<std::int64_t>(records[i].size());
    sent.last_record_id = results[i].record_id;
  }
  sent.refused += static_cast<std::int64_t>(refused.size());
  report_.records += static_cast<std::int64_t>(records.size() - refused.size());
  if (!refused.empty()) choice_.penalise(stream, loop().now());
  return refused;
}

// The whole request failed.
void Sender::judge(const std::string& stream, std::int64_t records, const Error& error) {
  report_.streams[stream].refused += records;
  report_.last_refusal = describe(error);
  switch (error.kind) {
    case ErrorKind::kThrottled:
      return choice_.penalise(stream, loop().now());
    case ErrorKind::kUnavailable:
    case ErrorKind::kNetwork:
    case ErrorKind::kProtocol:
      // Only this code says that nothing was taken; anything else may have come after the records were stored.
      if (error.aws_code != "ServiceUnavailableException") report_.maybe_duplicated += records;
      return choice_.penalise(stream, loop().now());
    case ErrorKind::kNotFound:
      choice_.drop(stream);
      return reload(true);
    default:
      return stop(error);
  }
}

// A manifest that cannot be read or is not newer changes nothing: the last good one holds for ever.
void Sender::reload(bool forced) {
  Instant now = loop().now();
  bool too_soon = reloaded_at_ && now - *reloaded_at_ < kForcedReloadEvery;
  bool due = now >= reload_at_ || (forced && !too_soon);
  if (!hooks_.reload || reloading_ || !due) return;
  reloading_ = true;
  Result<Manifest> next = hooks_.reload();
  reloading_ = false;
  reloaded_at_ = loop().now();
  if (next && supersedes(*next, manifest_)) {
    manifest_ = std::move(*next);
    choice_.replace(manifest_);
  }
  plan_reload();
}

// Every poll interval, more or less: many producers must not read at once.
void Sender::plan_reload() {
  double factor = 0.8 + 0.4 * random_unit(entropy_);
  reload_at_ = loop().now() + from_seconds(manifest_.spec.manifest_poll_s * factor);
}

void Sender::stop(const Error& error) {
  if (!report_.error) report_.error = error;
}

}  // namespace

Result<SendReport> send_lines(Control& control, Entropy& entropy, const PutBatch& put, const Manifest& manifest,
                              const SendHooks& hooks, const SendOptions& options) {
  Sender sender(control, entropy, put, manifest, hooks, options);
  return sender.run();
}

Result<SendReport> send_lines(aws::Client& client, const Manifest& manifest, const SendHooks& hooks,
                              const SendOptions& options) {
  if (client.region() != manifest.region) {
    return Error{.kind = ErrorKind::kPrecondition,
                 .message = fmt::format("the manifest is for {}, not for {}", manifest.region, client.region()),
                 .hint = fmt::format("Add --region {}.", manifest.region)};
  }
  PutBatch put = [&client](const std::string& stream, const std::vector<std::string>& records) {
    return firehose::put_record_batch(client, stream, records);
  };
  return send_lines(client.control(), client.entropy(), put, manifest, hooks, options);
}

}  // namespace fhctl::pipeline
