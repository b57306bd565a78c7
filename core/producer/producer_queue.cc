#include "core/producer/producer_queue.h"

#include <iterator>
#include <utility>

namespace fhctl::pipeline {
namespace {

// The number of consecutive records that may not go to a stream after which the search stops, because searching all of
// them is too expensive.
constexpr int kSkippedMax = 1000;

}  // namespace

void ProducerQueue::push(QueuedRecord record) {
  ready_bytes_ += record.size();
  offered_ += record.offered();
  const Instant key = record.offered_at;
  ready_.emplace_hint(ready_.end(), key, std::move(record));
}

bool ProducerQueue::pack(std::string_view line, std::uint64_t tag, std::int64_t bytes_max) {
  if (ready_.empty()) return false;
  QueuedRecord& youngest = std::prev(ready_.end())->second;
  const std::int64_t added = static_cast<std::int64_t>(line.size());
  if (youngest.tries > 0 || youngest.size() + added > bytes_max) return false;
  youngest.bytes += line;
  youngest.tags.push_back(tag);
  ready_bytes_ += added;
  ++offered_;
  return true;
}

void ProducerQueue::push_later(QueuedRecord record, Instant due) {
  offered_ += record.offered();
  later_.emplace(due, std::move(record));
}

void ProducerQueue::put_off_first(Instant due) {
  std::vector<QueuedRecord> taken;
  take_out(ready_.begin(), taken);
  push_later(std::move(taken.front()), due);
}

void ProducerQueue::wake(Instant now) {
  while (!later_.empty() && later_.begin()->first <= now) {
    QueuedRecord record = std::move(later_.begin()->second);
    later_.erase(later_.begin());
    offered_ -= record.offered();
    push(std::move(record));
  }
}

std::vector<QueuedRecord> ProducerQueue::take_offered_until(Instant time) {
  std::vector<QueuedRecord> taken;
  while (!ready_.empty() && ready_.begin()->first <= time) take_out(ready_.begin(), taken);
  return taken;
}

std::vector<QueuedRecord> ProducerQueue::take(const std::string& stream, std::int64_t records_max,
                                              std::int64_t bytes_max, Instant now) {
  std::vector<QueuedRecord> taken;
  std::int64_t bytes = 0;
  int skipped = 0;
  for (auto next = ready_.begin(); next != ready_.end() && skipped < kSkippedMax;) {
    const QueuedRecord& record = next->second;
    if (record.refused_by == stream && record.avoid_until > now) {
      ++skipped;
      ++next;
      continue;
    }
    const bool fits = static_cast<std::int64_t>(taken.size()) < records_max && bytes + record.size() <= bytes_max;
    if (!taken.empty() && !fits) break;
    bytes += record.size();
    next = take_out(next, taken);
  }
  return taken;
}

ProducerQueue::Records::iterator ProducerQueue::take_out(Records::iterator record, std::vector<QueuedRecord>& taken) {
  ready_bytes_ -= record->second.size();
  offered_ -= record->second.offered();
  taken.push_back(std::move(record->second));
  return ready_.erase(record);
}

}  // namespace fhctl::pipeline
