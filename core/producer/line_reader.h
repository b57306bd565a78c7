// Splits bytes into lines, one for each record; leaves out lines that are too long for a record.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace fhctl::pipeline {

struct LongLine {
  std::int64_t number = 0;  // from 1
  std::int64_t bytes = 0;   // as a record would have them
  bool operator==(const LongLine&) const = default;
};

class LineReader {
 public:
  // `append_newline`: the producer will end each record with one, which counts.
  explicit LineReader(bool append_newline) : newline_bytes_(append_newline ? 1 : 0) {}

  void add(std::string_view bytes);
  void end();  // the bytes after the last newline are a line too

  bool empty() const { return ready_.empty(); }
  const std::string& front() const { return ready_.front(); }  // without its newline
  void pop() { ready_.pop_front(); }

  std::int64_t lines() const { return lines_; }
  // Returns the lines since the last call that are too long for a record. front() is never one of them.
  std::vector<LongLine> take_long_lines();

 private:
  void finish_line();

  std::int64_t newline_bytes_;
  std::int64_t lines_ = 0;
  std::string line_;             // the line under way; stays empty once it is too long
  std::int64_t line_bytes_ = 0;  // of the line under way, whether kept or not
  std::deque<std::string> ready_;
  std::vector<LongLine> long_lines_;
};

}  // namespace fhctl::pipeline
