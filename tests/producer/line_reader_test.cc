#include "core/producer/line_reader.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace line_reader_test {
namespace {

using Lines = std::vector<std::string>;

constexpr std::size_t kRecordBytes = 1024000;

Lines take_all(LineReader& reader) {
  Lines lines;
  for (; !reader.empty(); reader.pop()) lines.push_back(reader.front());
  return lines;
}

TEST(LineReader, ALineHoweverTheBytesArrive) {
  const std::string input = "one\n\ntwo\r\nlast";
  for (std::size_t step = 1; step <= input.size(); ++step) {
    LineReader reader(true);
    for (std::size_t at = 0; at < input.size(); at += step) reader.add(std::string_view(input).substr(at, step));
    EXPECT_EQ(reader.lines(), 3) << step;
    reader.end();
    EXPECT_EQ(reader.lines(), 4) << step;
    EXPECT_EQ(take_all(reader), (Lines{"one", "", "two\r", "last"})) << step;
  }
}

TEST(LineReader, ALineThatNoRecordCanHoldIsNamedAndNotCut) {
  const std::string longest(kRecordBytes - 1, 'x');
  LineReader reader(true);
  reader.add("first\n" + longest + "\n" + longest + "y\nafter\n");
  reader.end();
  EXPECT_EQ(take_all(reader), (Lines{"first", longest, "after"}));
  EXPECT_EQ(reader.take_long_lines(), (std::vector<LongLine>{{3, 1024001}}));
  EXPECT_TRUE(reader.take_long_lines().empty());
}

TEST(LineReader, WithoutANewlineOneMoreByteFits) {
  LineReader reader(false);
  reader.add(std::string(kRecordBytes, 'x') + "\n" + std::string(kRecordBytes + 1, 'x') + "\n");
  EXPECT_EQ(take_all(reader).size(), 1u);
  EXPECT_EQ(reader.take_long_lines(), (std::vector<LongLine>{{2, 1024001}}));
}

TEST(LineReader, ALineWithoutAnEndDoesNotFillTheMemory) {
  const std::string piece(100000, 'x');
  LineReader reader(true);
  for (int i = 0; i < 50; ++i) reader.add(piece);
  EXPECT_TRUE(reader.empty());
  reader.end();
  EXPECT_EQ(reader.take_long_lines(), (std::vector<LongLine>{{1, 5000001}}));
  EXPECT_TRUE(reader.empty());
}

}  // namespace
}  // namespace line_reader_test
}  // namespace fhctl::pipeline
