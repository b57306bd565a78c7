#include "core/pipeline/line_batches.h"

#include <utility>

namespace fhctl::pipeline {

void LineBatches::add(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t newline = bytes.find('\n');
    std::string_view part = bytes.substr(0, newline);
    line_bytes_ += static_cast<std::int64_t>(part.size());
    // A line without an end must not fill the memory: only its size is of interest from here on.
    if (line_bytes_ <= static_cast<std::int64_t>(kRecordBytesMax)) {
      line_ += part;
    } else {
      line_.clear();
    }
    if (newline == std::string_view::npos) return;
    finish_line();
    bytes.remove_prefix(newline + 1);
  }
}

void LineBatches::end() {
  if (line_bytes_ > 0) finish_line();
}

void LineBatches::finish_line() {
  ++lines_;
  std::int64_t bytes = std::exchange(line_bytes_, 0) + (append_newline_ ? 1 : 0);
  std::string record = std::exchange(line_, {});
  if (bytes > static_cast<std::int64_t>(kRecordBytesMax)) {
    long_lines_.push_back({lines_, bytes});
    return;
  }
  if (append_newline_) record += '\n';
  queued_bytes_ += record.size();
  records_.push_back(std::move(record));
}

std::vector<std::string> LineBatches::take_batch() {
  std::vector<std::string> batch;
  std::size_t bytes = 0;
  while (!records_.empty() && batch.size() < kBatchRecordsMax) {
    std::size_t size = records_.front().size();
    if (!batch.empty() && bytes + size > batch_bytes_max_) break;
    bytes += size;
    queued_bytes_ -= size;
    batch.push_back(std::move(records_.front()));
    records_.pop_front();
  }
  return batch;
}

std::vector<LongLine> LineBatches::take_long_lines() { return std::exchange(long_lines_, {}); }

}  // namespace fhctl::pipeline
