#include "core/producer/line_reader.h"

#include <utility>

#include "core/producer/producer.h"

namespace fhctl::pipeline {

void LineReader::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t newline = bytes.find('\n');
    const std::string_view part = bytes.substr(0, newline);
    line_bytes_ += static_cast<std::int64_t>(part.size());
    // A line without an end must not fill the memory: from here on only its size is counted.
    if (line_bytes_ <= kRecordBytesMax) {
      line_ += part;
    } else {
      line_.clear();
    }
    if (newline == std::string_view::npos) return;
    finish_line();
    bytes.remove_prefix(newline + 1);
  }
}

void LineReader::end() {
  if (line_bytes_ > 0) finish_line();
}

void LineReader::finish_line() {
  ++lines_;
  const std::int64_t bytes = std::exchange(line_bytes_, 0) + newline_bytes_;
  std::string line = std::exchange(line_, {});
  if (bytes > kRecordBytesMax) {
    long_lines_.push_back({lines_, bytes});
  } else {
    ready_.push_back(std::move(line));
  }
}

std::vector<LongLine> LineReader::take_long_lines() { return std::exchange(long_lines_, {}); }

}  // namespace fhctl::pipeline
