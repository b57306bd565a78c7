#include "core/pipeline/line_batches.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace {

using Batch = std::vector<std::string>;

TEST(LineBatches, ARecordALineHoweverTheBytesArrive) {
  const std::string input = "one\n\ntwo\r\nlast";
  for (std::size_t step = 1; step <= input.size(); ++step) {
    LineBatches lines(1000, true);
    for (std::size_t at = 0; at < input.size(); at += step) lines.add(std::string_view(input).substr(at, step));
    EXPECT_EQ(lines.lines(), 3) << step;
    lines.end();
    EXPECT_EQ(lines.lines(), 4) << step;
    EXPECT_EQ(lines.take_batch(), (Batch{"one\n", "\n", "two\r\n", "last\n"})) << step;
    EXPECT_TRUE(lines.empty());
  }
}

TEST(LineBatches, WithoutNewlinesWhenFirehoseAddsThem) {
  LineBatches lines(1000, false);
  lines.add("one\ntwo\n");
  lines.end();
  EXPECT_EQ(lines.take_batch(), (Batch{"one", "two"}));
}

TEST(LineBatches, ABatchHasAtMost500Records) {
  LineBatches lines(1000000, true);
  for (int i = 0; i < 499; ++i) lines.add("x\n");
  EXPECT_FALSE(lines.has_full_batch());
  lines.add("x\ny\n");
  EXPECT_TRUE(lines.has_full_batch());
  EXPECT_EQ(lines.take_batch().size(), 500u);
  EXPECT_FALSE(lines.has_full_batch());
  EXPECT_EQ(lines.take_batch(), (Batch{"y\n"}));
  EXPECT_TRUE(lines.take_batch().empty());
}

TEST(LineBatches, ABatchHasAtMostItsBytesButAlwaysARecord) {
  LineBatches lines(10, true);
  lines.add("aaaa\nbbbb\nc\n0123456789\n");
  EXPECT_TRUE(lines.has_full_batch());
  EXPECT_EQ(lines.take_batch(), (Batch{"aaaa\n", "bbbb\n"}));
  EXPECT_EQ(lines.take_batch(), (Batch{"c\n"}));
  EXPECT_EQ(lines.take_batch(), (Batch{"0123456789\n"}));
  EXPECT_EQ(lines.queued_records(), 0u);
}

TEST(LineBatches, ALineThatNoRecordCanHoldIsNamedAndNotCut) {
  const std::string longest(kRecordBytesMax - 1, 'x');
  LineBatches lines(4000000, true);
  lines.add("first\n" + longest + "\n" + longest + "y\nafter\n");
  lines.end();
  EXPECT_EQ(lines.take_batch(), (Batch{"first\n", longest + "\n", "after\n"}));
  EXPECT_EQ(lines.take_long_lines(), (std::vector<LongLine>{{3, 1024001}}));
  EXPECT_TRUE(lines.take_long_lines().empty());
}

TEST(LineBatches, ALineWithoutAnEndDoesNotFillTheMemory) {
  const std::string piece(100000, 'x');
  LineBatches lines(4000000, true);
  for (int i = 0; i < 50; ++i) lines.add(piece);
  EXPECT_TRUE(lines.empty());
  lines.end();
  EXPECT_EQ(lines.take_long_lines(), (std::vector<LongLine>{{1, 5000001}}));
  EXPECT_TRUE(lines.empty());
}

}  // namespace
}  // namespace fhctl::pipeline
