// Copies of the process: what they send arrives, and their deaths are reported.
#include "tests/sim/harness/forks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <map>
#include <string>

namespace fhctl::test {
namespace forks_test {
namespace {

struct Ended {
  std::string report;
  std::string death;
};

TEST(Forks, ReportsComeBackWholeWhateverTheirLength) {
  std::map<int, Ended> ended;
  Forks forks(3);
  for (int i = 0; i < 20; ++i) {
    const auto on_end = [&ended, i](const std::string& report, const std::string& death) {
      ended[i] = {report, death};
    };
    if (forks.split(on_end)) Forks::end(std::string(static_cast<std::size_t>(i) * 50'000, static_cast<char>('a' + i)));
  }
  forks.wait();
  ASSERT_EQ(ended.size(), 20u);
  for (const auto& [i, one] : ended) {
    EXPECT_EQ(one.death, "");
    EXPECT_EQ(one.report, std::string(static_cast<std::size_t>(i) * 50'000, static_cast<char>('a' + i)));
  }
}

TEST(Forks, NoMoreAtOnceThanAllowed) {
  int ended = 0;
  Forks forks(2);
  for (int i = 0; i < 6; ++i) {
    if (forks.split([&ended](const std::string&, const std::string&) { ++ended; })) Forks::end("");
    EXPECT_GE(ended, i - 1);
  }
}

TEST(Forks, DeathsAreReported) {
  std::map<std::string, Ended> ended;
  const auto keep = [&ended](const std::string& name) {
    return [&ended, name](const std::string& report, const std::string& death) { ended[name] = {report, death}; };
  };
  {
    Forks forks(2);
    if (forks.split(keep("killed"))) std::raise(SIGKILL);
    if (forks.split(keep("gave up"))) _exit(3);
    if (forks.split(keep("well"))) Forks::end("all is well");
  }
  EXPECT_EQ(ended["killed"].death, "signal 9");
  EXPECT_EQ(ended["gave up"].death, "exit code 3");
  EXPECT_EQ(ended["well"].death, "");
  EXPECT_EQ(ended["well"].report, "all is well");
}

TEST(Forks, CopiesMakeCopies) {
  std::string outer;
  Forks forks(1);
  if (forks.split([&outer](const std::string& report, const std::string&) { outer = report; })) {
    std::string inner;
    Forks more(2);
    for (const char* word : {"a", "b"}) {
      if (more.split([&inner](const std::string& report, const std::string&) { inner += report; })) Forks::end(word);
    }
    more.wait();
    Forks::end(inner.size() == 2 ? "both" : "not both");
  }
  forks.wait();
  EXPECT_EQ(outer, "both");
}

}  // namespace
}  // namespace forks_test
}  // namespace fhctl::test
