#include "core/producer/producer.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/random.h"
#include "core/base/text.h"

namespace fhctl::pipeline {
namespace {

constexpr Duration kBackoffFirst = std::chrono::milliseconds(50);
constexpr Duration kBackoffMax = std::chrono::seconds(5);
constexpr int kTriesAtOnceMax = 3;

// Full jitter: a share of 50 ms x 2^n, of 5 s at most. `chance` is from 0 to 1.
Duration backoff(int tries, double chance) {
  const Duration most = std::min(kBackoffMax, kBackoffFirst * (std::int64_t{1} << std::clamp(tries - 1, 0, 20)));
  return from_seconds(seconds_of(most) * chance) + std::chrono::milliseconds(1);
}

// Error codes of single records that a retry cannot fix.
bool is_fatal(std::string_view code) { return starts_with(code, "Invalid") || starts_with(code, "KMS"); }

}  // namespace

Producer::Producer(const Manifest& manifest, ProducerOptions options, Entropy& entropy, Instant now)
    : options_(std::move(options)),
      entropy_(entropy),
      reload_(manifest, options_.manifest_is_fixed, entropy, now),
      choice_(manifest, options_.stream, options_.batches_per_stream_max, now) {}

Offer Producer::offer(std::string_view line, Instant now, std::uint64_t tag) {
  if (closed_) return Offer::kClosed;
  const bool newline = !manifest().spec.newline;
  const std::int64_t bytes = static_cast<std::int64_t>(line.size()) + (newline ? 1 : 0);
  if (bytes > kRecordBytesMax) {
    ++counters_.too_long;
    return Offer::kTooLong;
  }
  const std::int64_t held = queued() + under_way();
  if (held > 0 && (held_bytes_ + bytes > options_.bytes_max || held >= options_.records_max)) {
    ++counters_.full;
    return Offer::kFull;
  }
  std::string record(line);
  if (newline) record += '\n';
  if (!queue_.pack(record, tag, options_.pack_lines_to_bytes)) {
    queue_.push({.bytes = std::move(record), .tags = {tag}, .offered_at = now});
  }
  held_bytes_ += bytes;
  ++counters_.offered;
  return Offer::kTaken;
}

const Batch* Producer::next(Instant now) {
  queue_.wake(now);
  expire(now);
  if (queue_.empty()) flushing_ = closed_;
  if (reload_.holds(now)) return nullptr;
  while (batches_under_way() < options_.batches_max && queue_.first() != nullptr && leaves_at() <= now) {
    const QueuedRecord& first = *queue_.first();
    const std::optional<std::string> stream = choice_.pick(wanted(now), now, entropy_, first.refused_by);
    if (!stream) return nullptr;
    const bool too_early = *stream == first.refused_by && now < first.avoid_until;
    if (!too_early) return start(*stream, now);
    // Only the stream that has just refused it is free, and others may become free.
    queue_.put_off_first(std::min(first.avoid_until, expires_at(first)));
  }
  return nullptr;
}

BatchWanted Producer::wanted(Instant now) const {
  return {queue_.first()->size(), queue_.ready_bytes(), queue_.ready_records(), reload_.unconfirmed(now)};
}

// When the first record no longer waits for more records.
Instant Producer::leaves_at() const {
  const QueuedRecord& first = *queue_.first();
  const bool full = queue_.ready_records() >= kBatchRecordsMax || queue_.ready_bytes() >= kBatchBytesMax;
  if (full || flushing_ || first.tries > 0) return first.offered_at;
  return first.offered_at + options_.linger;
}

Instant Producer::expires_at(const QueuedRecord& record) const {
  return record.offered_at + std::chrono::seconds(manifest().spec.record_ttl_s);
}

const Batch* Producer::start(const std::string& stream, Instant now) {
  const PutCost most = choice_.batch_max(stream, now);
  const std::uint64_t id = ++last_batch_;
  UnderWay& sent = under_way_[id];
  sent.batch.id = id;
  sent.batch.stream = stream;
  sent.records = queue_.take(stream, most.records, most.bytes, now);
  sent.sent_at = now;
  for (QueuedRecord& record : sent.records) {
    count_start(record);
    sent.cost.bytes += record.size();
    under_way_records_ += record.offered();
    sent.batch.records.push_back(std::move(record.bytes));
  }
  sent.cost.records = static_cast<std::int64_t>(sent.records.size());
  choice_.started(stream, sent.cost, now);
  return &sent.batch;
}

void Producer::count_start(const QueuedRecord& record) {
  if (record.tries == 0) return;
  counters_.resent += record.offered();
  if (!record.maybe_taken) return;
  counters_.maybe_duplicated += record.offered();
  if (!options_.hooks.maybe_duplicated) return;
  for (std::uint64_t tag : record.tags) options_.hooks.maybe_duplicated(tag);
}

void Producer::answered(std::uint64_t batch, const std::vector<firehose::PutResult>& results, Instant now) {
  auto found = under_way_.find(batch);
  if (found == under_way_.end()) return;
  if (results.size() != found->second.records.size()) {
    return failed(batch, PutFailure::kAmbiguous, "an answer for another number of records", now);
  }
  const Answer answer = take_answer(batch);
  UnderWay& sent = answer.mapped();
  const std::string& stream = sent.batch.stream;
  judge_results(sent, results, now);
  const double chance = random_unit(entropy_);
  for (std::size_t i = 0; i < results.size(); ++i) {
    QueuedRecord& record = sent.records[i];
    const firehose::PutResult& result = results[i];
    if (result.error_code.empty()) {
      acknowledge(stream, record, result.record_id);
      continue;
    }
    counters_.last_refusal = fmt::format("{}: {}", result.error_code, result.error_message);
    counters_.streams[stream].refused += record.offered();
    if (is_fatal(result.error_code)) {
      lose(record, LostBecause::kFatal, counters_.last_refusal);
    } else {
      try_again(std::move(record), stream, chance, now);
    }
  }
}

void Producer::failed(std::uint64_t batch, PutFailure how, std::string_view reason, Instant now) {
  if (under_way_.count(batch) == 0) return;
  const Answer answer = take_answer(batch);
  UnderWay& sent = answer.mapped();
  counters_.last_refusal = reason;
  judge_stream(sent, how, now);
  const double chance = random_unit(entropy_);
  StreamCounters& stream = counters_.streams[sent.batch.stream];
  for (QueuedRecord& record : sent.records) {
    stream.refused += record.offered();
    if (how == PutFailure::kFatal) {
      lose(record, LostBecause::kFatal, reason);
      continue;
    }
    if (how == PutFailure::kAmbiguous) {
      stream.ambiguous += record.offered();
      record.maybe_taken = true;
    }
    try_again(std::move(record), sent.batch.stream, chance, now);
  }
}

// A failed record in a batch that was partly accepted means that the stream's limit is reached, not that the stream has
// failed.
void Producer::judge_results(const UnderWay& sent, const std::vector<firehose::PutResult>& results, Instant now) {
  bool taken = false;
  bool refused = false;
  for (const firehose::PutResult& result : results) {
    if (result.error_code.empty()) taken = true;
    if (!result.error_code.empty() && !is_fatal(result.error_code)) refused = true;
  }
  if (taken) choice_.took(sent.batch.stream, sent.sent_at);
  if (!refused) return;
  if (taken) return choice_.throttled(sent.batch.stream, sent.sent_at, now);
  judge_stream(sent, PutFailure::kThrottled, now);
}

void Producer::judge_stream(const UnderWay& sent, PutFailure how, Instant now) {
  const std::string& stream = sent.batch.stream;
  switch (how) {
    case PutFailure::kThrottled:
      choice_.throttled(stream, sent.sent_at, now);
      choice_.failed(stream, now);
      break;
    case PutFailure::kRefused:
    case PutFailure::kAmbiguous:
      choice_.penalise(stream, now);
      choice_.failed(stream, now);
      break;
    case PutFailure::kGone:
      if (choice_.gone(stream, now)) reload_.ask();
      break;
    case PutFailure::kDenied:
      choice_.denied(stream, now);
      break;
    case PutFailure::kExpired:
    case PutFailure::kFatal:
      break;
  }
  counters_.streams[stream].ejections = choice_.ejections(stream);
}

// Removes the batch from those in flight and gives its bytes back to its records.
Producer::Answer Producer::take_answer(std::uint64_t batch) {
  Answer answer = under_way_.extract(batch);
  UnderWay& sent = answer.mapped();
  for (std::size_t i = 0; i < sent.records.size(); ++i) {
    sent.records[i].bytes = std::move(sent.batch.records[i]);
    under_way_records_ -= sent.records[i].offered();
  }
  choice_.ended(sent.batch.stream, sent.cost);
  ++counters_.requests;
  ++counters_.streams[sent.batch.stream].requests;
  return answer;
}

void Producer::acknowledge(const std::string& stream, const QueuedRecord& record, const std::string& record_id) {
  StreamCounters& taken = counters_.streams[stream];
  taken.acknowledged += record.offered();
  taken.acknowledged_bytes += record.size();
  taken.last_record_id = record_id;
  counters_.acknowledged += record.offered();
  counters_.acknowledged_bytes += record.size();
  held_bytes_ -= record.size();
  if (!options_.hooks.acknowledged) return;
  for (std::uint64_t tag : record.tags) options_.hooks.acknowledged(tag, stream);
}

// Queues the record again: at once if another stream is healthy, else after a pause; not to the stream that refused it
// before the pause is over. `refused_by` is empty if no stream is to blame.
void Producer::try_again(QueuedRecord record, const std::string& refused_by, double chance, Instant now) {
  ++record.tries;
  record.refused_by = refused_by;
  record.avoid_until = std::min(now + backoff(record.tries, chance), expires_at(record));
  const bool at_once =
      !refused_by.empty() && record.tries <= kTriesAtOnceMax && choice_.has_healthy_other(refused_by, now);
  if (at_once) return queue_.push(std::move(record));
  const Instant due = record.avoid_until;
  queue_.push_later(std::move(record), due);
}

void Producer::lose(const QueuedRecord& record, LostBecause why, std::string_view reason) {
  (why == LostBecause::kExpired ? counters_.expired : counters_.fatal) += record.offered();
  if (record.maybe_taken) counters_.lost_maybe_taken += record.offered();
  held_bytes_ -= record.size();
  if (!options_.hooks.lost) return;
  const Loss loss{why, record.maybe_taken, std::string(reason)};
  for (std::uint64_t tag : record.tags) options_.hooks.lost(tag, loss);
}

void Producer::expire(Instant now) {
  const Duration ttl = std::chrono::seconds(manifest().spec.record_ttl_s);
  for (const QueuedRecord& record : queue_.take_offered_until(now - ttl)) {
    lose(record, LostBecause::kExpired, record.tries > 0 ? counters_.last_refusal : "");
  }
}

Instant Producer::wake_at(Instant now) const {
  Instant earliest = std::min(reload_.wanted_at(now, choice_.all_out(now)), queue_.next_due());
  if (reload_.holds_until() > now) earliest = std::min(earliest, reload_.holds_until());
  if (queue_.first() == nullptr) return std::max(now, earliest);
  earliest = std::min(earliest, expires_at(*queue_.first()));
  const bool held = reload_.holds_until() != kNever && reload_.holds_until() > now;
  if (!held && batches_under_way() < options_.batches_max) {
    earliest = std::min(earliest, std::max(leaves_at(), choice_.ready_at(wanted(now), now)));
  }
  return std::max(now, earliest);
}

bool Producer::wants_manifest(Instant now) const { return reload_.wanted(now, choice_.all_out(now)); }

void Producer::reading_manifest(Instant now) { reload_.begin(now); }

bool Producer::manifest_read(const Manifest& manifest, Instant now) {
  const bool same = manifest.generation == reload_.manifest().generation;
  const bool taken = reload_.read(manifest, now);
  if (taken) {
    ++counters_.manifests_taken;
    choice_.replace(reload_.manifest(), now);
  } else if (!same) {
    ++counters_.manifests_refused;
  }
  return taken;
}

void Producer::manifest_failed(Instant now) {
  ++counters_.manifests_failed;
  reload_.failed(now);
}

void Producer::flush() { flushing_ = true; }

void Producer::close() {
  closed_ = true;
  flush();
}

}  // namespace fhctl::pipeline
