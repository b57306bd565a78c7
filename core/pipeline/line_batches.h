// Bytes in, batches of records out: one record a line, within Firehose's limits.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::pipeline {

inline constexpr std::size_t kBatchRecordsMax = 500;
inline constexpr std::size_t kRecordBytesMax = 1024000;  // before base64, newline included

struct LongLine {
  std::int64_t number = 0;  // from 1
  std::int64_t bytes = 0;   // as a record would have them
  bool operator==(const LongLine&) const = default;
};

class LineBatches {
 public:
  // `append_newline`: each record ends with one, whether or not the last line of the input does.
  LineBatches(std::size_t batch_bytes_max, bool append_newline)
      : batch_bytes_max_(batch_bytes_max), append_newline_(append_newline) {}

  void add(std::string_view bytes);
  void end();  // what stands after the last newline is a line too

  bool has_full_batch() const { return records_.size() >= kBatchRecordsMax || queued_bytes_ >= batch_bytes_max_; }
  bool empty() const { return records_.empty(); }
  // The next records, in order, within both limits; at least one unless empty().
  std::vector<std::string> take_batch();

  std::int64_t lines() const { return lines_; }
  std::size_t queued_records() const { return records_.size(); }
  // Lines that no record can hold since the last call. They are in no batch.
  std::vector<LongLine> take_long_lines();

 private:
  void finish_line();

  std::size_t batch_bytes_max_;
  bool append_newline_;
  std::int64_t lines_ = 0;
  std::string line_;             // the line under way; stays empty once it is too long
  std::int64_t line_bytes_ = 0;  // of the line under way, whether kept or not
  std::deque<std::string> records_;
  std::size_t queued_bytes_ = 0;
  std::vector<LongLine> long_lines_;
};

}  // namespace fhctl::pipeline
