// The line reader: the lines do not depend on how the bytes are split, and none is larger than a record.
#include "core/base/text.h"
#include "core/producer/line_reader.h"
#include "core/producer/producer.h"
#include "tests/fuzz/target.h"

namespace fhctl::fuzz::lines {
namespace {

struct Read {
  std::vector<std::string> lines;
  std::vector<pipeline::LongLine> long_lines;
  std::int64_t count = 0;
  bool operator==(const Read&) const = default;
};

void take_ready(pipeline::LineReader& reader, Read& into) {
  while (!reader.empty()) {
    into.lines.push_back(reader.front());
    reader.pop();
  }
  for (const pipeline::LongLine& line : reader.take_long_lines()) into.long_lines.push_back(line);
}

// Reads in portions whose sizes depend on `step`; 0: all at once.
Read read_in_portions(std::string_view text, std::size_t step, bool newline) {
  pipeline::LineReader reader(newline);
  Read read;
  std::size_t size = step;
  while (!text.empty()) {
    const std::size_t portion = step == 0 ? text.size() : std::min(text.size(), 1 + size % 70'000);
    reader.add(text.substr(0, portion));
    text.remove_prefix(portion);
    size = size * 31 + 7;
    take_ready(reader, read);
  }
  reader.end();
  take_ready(reader, read);
  read.count = reader.lines();
  return read;
}

// The expected result, computed without a limit on memory.
Read expected(std::string_view text, bool newline) {
  Read read;
  std::vector<std::string> lines = split(text, '\n');
  if (lines.back().empty()) lines.pop_back();
  for (std::string& line : lines) {
    ++read.count;
    const std::int64_t bytes = static_cast<std::int64_t>(line.size()) + (newline ? 1 : 0);
    if (bytes > pipeline::kRecordBytesMax) {
      read.long_lines.push_back({read.count, bytes});
    } else {
      read.lines.push_back(std::move(line));
    }
  }
  return read;
}

}  // namespace

FUZZ_TARGET(lines) {
  Input choices(input);
  const bool newline = choices.coin();
  const std::size_t step = 1 + choices.byte();
  // A byte 0xFF and the next one stand for a run of bytes near the size limit of a record; so short inputs reach it.
  std::string text;
  while (!choices.empty() && text.size() < 4'000'000) {
    const std::string_view before = choices.piece();
    text += before;
    if (choices.empty()) break;
    text.append(static_cast<std::size_t>(pipeline::kRecordBytesMax) - 128 + choices.byte(), 'x');
  }
  const Read wanted = expected(text, newline);
  FUZZ_CHECK(read_in_portions(text, 0, newline) == wanted);
  FUZZ_CHECK(read_in_portions(text, step, newline) == wanted);
}

}  // namespace fhctl::fuzz::lines
