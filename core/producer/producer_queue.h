// The records that a producer holds and that are not in flight: those that may be sent, oldest first, and those that
// wait for a retry. Records are not assigned to a stream here, so none must be moved when a stream is deleted.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/time.h"

namespace fhctl::pipeline {

// One record of Firehose's. With packing it holds several that were offered, each with its tag.
struct QueuedRecord {
  std::string bytes;
  std::vector<std::uint64_t> tags;  // never empty
  Instant offered_at{};             // of the first of them
  int tries = 0;
  bool maybe_taken = false;  // no answer came to one of the tries
  std::string refused_by{};  // the stream of the last try
  Instant avoid_until{};     // not to that stream again before then

  std::int64_t size() const { return static_cast<std::int64_t>(bytes.size()); }
  std::int64_t offered() const { return static_cast<std::int64_t>(tags.size()); }
};

class ProducerQueue {
 public:
  void push(QueuedRecord record);
  // Adds a line to the youngest record when that was never tried and does not grow over `bytes_max`.
  bool pack(std::string_view line, std::uint64_t tag, std::int64_t bytes_max);
  void push_later(QueuedRecord record, Instant due);
  void put_off_first(Instant due);

  void wake(Instant now);  // what was due becomes ready
  // Takes out the ready ones that were offered at that time or before.
  std::vector<QueuedRecord> take_offered_until(Instant time);
  // Removes and returns the oldest records that may go to `stream`, up to these limits, but at least one.
  std::vector<QueuedRecord> take(const std::string& stream, std::int64_t records_max, std::int64_t bytes_max,
                                 Instant now);

  const QueuedRecord* first() const { return ready_.empty() ? nullptr : &ready_.begin()->second; }
  Instant next_due() const { return later_.empty() ? kNever : later_.begin()->first; }
  std::int64_t ready_records() const { return static_cast<std::int64_t>(ready_.size()); }
  std::int64_t ready_bytes() const { return ready_bytes_; }
  std::int64_t offered() const { return offered_; }  // of all that it holds
  bool empty() const { return ready_.empty() && later_.empty(); }

 private:
  using Records = std::multimap<Instant, QueuedRecord>;
  Records::iterator take_out(Records::iterator record, std::vector<QueuedRecord>& taken);

  Records ready_;  // by the time they were offered
  Records later_;  // by the time they are due
  std::int64_t ready_bytes_ = 0;
  std::int64_t offered_ = 0;
};

}  // namespace fhctl::pipeline
