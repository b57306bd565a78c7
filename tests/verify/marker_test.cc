#include "core/verify/marker.h"

#include <gtest/gtest.h>

namespace fhctl::pipeline {
namespace marker_test {
namespace {

using Found = std::map<int, int>;

std::string marker(int number, const std::string& run = "r1", const std::string& stream = "app-1") {
  return format_marker({run, stream, number, 3, *parse_iso8601("2026-01-20T10:04:11Z")});
}

TEST(Marker, IsOneLineOfJson) {
  EXPECT_EQ(marker(2), R"({"fhctl_verify":"r1","stream":"app-1","n":2,"of":3,"sent_at":"2026-01-20T10:04:11Z"})");
}

TEST(Marker, IsFoundAmongOtherBytes) {
  const std::string binary("\0\xff{\"fhctl_verify\":", 18);
  EXPECT_EQ(find_markers(marker(1) + "\n" + marker(3) + "\n", "r1", "app-1"), (Found{{1, 1}, {3, 1}}));
  EXPECT_EQ(find_markers("no newline" + marker(1) + marker(2) + "{}", "r1", "app-1"), (Found{{1, 1}, {2, 1}}));
  EXPECT_EQ(find_markers(binary + marker(1) + binary, "r1", "app-1"), (Found{{1, 1}}));
  EXPECT_EQ(find_markers(marker(1) + marker(1), "r1", "app-1"), (Found{{1, 2}}));
}

TEST(Marker, OtherRunsAndStreamsDoNotCount) {
  EXPECT_EQ(find_markers(marker(1, "r2") + marker(1, "r1", "app-2") + marker(1, "r11"), "r1", "app-1"), Found{});
  EXPECT_EQ(find_markers("", "r1", "app-1"), Found{});
}

TEST(Marker, ANumberThatDoesNotFitIsNone) {
  EXPECT_EQ(find_markers(R"({"fhctl_verify":"r1","stream":"app-1","n":4294967297})", "r1", "app-1"), Found{});
}

TEST(Marker, HalfAMarkerIsNone) {
  const std::string whole = marker(1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(find_markers(whole.substr(0, size), "r1", "app-1"), Found{}) << size;
  }
  EXPECT_EQ(find_markers(whole.substr(0, 30) + whole, "r1", "app-1"), (Found{{1, 1}}));
}

}  // namespace
}  // namespace marker_test
}  // namespace fhctl::pipeline
