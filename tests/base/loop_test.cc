#include "core/base/loop.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/virtual_driver.h"

namespace fhctl {
namespace loop_test {
namespace {

using namespace std::chrono_literals;
using test::VirtualDriver;

struct LoopTest : testing::Test {
  VirtualDriver driver;
  Loop loop{driver};
  std::string trace;
};

// Writes to the trace in its destructor, where a real object would release a lock or close a file.
struct Guard {
  std::string& trace;
  std::string name;
  ~Guard() { trace += "~" + name; }
};

TEST_F(LoopTest, ASpawnedFiberRunsWhenTheCurrentOneWaits) {
  loop.run([&] {
    loop.spawn([&] { trace += "b"; });
    loop.spawn([&] { trace += "c"; });
    trace += "a";
    loop.yield();
    trace += "d";
  });
  EXPECT_EQ(trace, "abcd");
  EXPECT_EQ(loop.alive(), 0u);
}

TEST_F(LoopTest, TimersFireInOrderOfTheirDeadlineThenOfParking) {
  loop.run([&] {
    loop.spawn([&] { loop.sleep_for(30ms), trace += "3"; });
    loop.spawn([&] { loop.sleep_for(10ms), trace += "1"; });
    loop.spawn([&] { loop.sleep_for(20ms), trace += "2"; });
    loop.spawn([&] { loop.sleep_for(30ms), trace += "4"; });
    loop.sleep_for(40ms);
  });
  EXPECT_EQ(trace, "1234");
  EXPECT_EQ(driver.elapsed(), 40ms);
}

TEST_F(LoopTest, SleepingUntilThePastLetsTheOthersRun) {
  loop.run([&] {
    loop.spawn([&] { trace += "other"; });
    loop.sleep_until(loop.now() - 1h);
    EXPECT_EQ(trace, "other");
  });
  EXPECT_EQ(driver.elapsed(), 0ms);
}

TEST_F(LoopTest, ParkDistinguishesAWakeFromADeadline) {
  Fiber* sleeper = nullptr;
  loop.run([&] {
    loop.spawn([&] {
      sleeper = loop.current();
      trace += loop.park(loop.now() + 10ms) ? "woken " : "late ";
      trace += loop.park(loop.now() + 10ms) ? "woken " : "late ";
    });
    loop.sleep_for(5ms);
    loop.wake(sleeper);
    loop.wake(sleeper);  // no effect: it is ready already
    loop.sleep_for(50ms);
  });
  EXPECT_EQ(trace, "woken late ");
}

TEST_F(LoopTest, WakingAFiberThatIsGoneDoesNothing) {
  loop.run([&] {
    Fiber* gone = nullptr;
    loop.spawn([&] { gone = loop.current(); });
    loop.yield();
    loop.wake(gone);
    loop.wake(nullptr);
  });
}

TEST_F(LoopTest, TheDriverWakesFibers) {
  loop.run([&] {
    Fiber* const self = loop.current();
    driver.after(7ms, [this, self] { loop.wake(self); });
    EXPECT_TRUE(loop.park(kNever));
  });
  EXPECT_EQ(driver.elapsed(), 7ms);
}

TEST_F(LoopTest, FibersThatOnlyYieldDoNotBlockEvents) {
  bool arrived = false;
  driver.at(driver.now(), [&] { arrived = true; });
  int rounds = 0;
  loop.run([&] {
    while (!arrived && ++rounds < 10'000) loop.yield();
  });
  EXPECT_TRUE(arrived);
}

TEST_F(LoopTest, WhatStillRunsWhenTheBodyEndsIsUnwoundTheYoungestFirst) {
  loop.run([&] {
    for (const std::string name : {"a", "b"}) {
      loop.spawn([this, name] {
        const Guard guard{trace, name};
        loop.sleep_for(1h);
        trace += "never";
      });
    }
    loop.spawn([&] { trace += "unstarted"; });
    loop.sleep_for(1ms);
    loop.spawn([&] { trace += "never"; });
    trace += " end ";
  });
  EXPECT_EQ(trace, "unstarted end ~b~a");
  EXPECT_EQ(loop.alive(), 0u);
}

TEST_F(LoopTest, ADestroyedLoopUnwindsWhatWasSpawnedAndNeverRun) {
  const auto captured = std::make_shared<int>(1);
  {
    Loop other(driver);
    other.spawn([captured] {});
    EXPECT_EQ(captured.use_count(), 2);
  }
  EXPECT_EQ(captured.use_count(), 1);
}

TEST_F(LoopTest, DestructorsOfDroppedFibersMayWakeAndSpawn) {
  Event event(loop);
  struct Setter {
    Event& event;
    Loop& loop;
    ~Setter() {
      event.set();
      loop.spawn([] { FAIL() << "nothing starts any more"; });
    }
  };
  loop.run([&] {
    loop.spawn([&] { event.wait(); });
    loop.spawn([&] {
      const Setter setter{event, loop};
      loop.sleep_for(1h);
    });
    loop.sleep_for(1ms);
  });
  EXPECT_EQ(loop.alive(), 0u);
}

TEST_F(LoopTest, AnExceptionOfALibraryComesOutOfRunAndUnwindsTheOthers) {
  const auto run = [&] {
    loop.run([&] {
      const Guard guard{trace, "root"};
      loop.spawn([] { throw std::out_of_range("index"); });
      loop.sleep_for(1h);
    });
  };
  EXPECT_THROW(run(), std::out_of_range);
  EXPECT_EQ(trace, "~root");
  EXPECT_EQ(driver.elapsed(), 0ms);
  loop.run([&] { trace += " again"; });
  EXPECT_EQ(trace, "~root again");
}

TEST_F(LoopTest, ThousandsOfFibersShareTheirTime) {
  int ended = 0;
  loop.run([&] {
    for (int i = 0; i < 5000; ++i) {
      loop.spawn([&, i] {
        loop.sleep_for(std::chrono::milliseconds(i % 10));
        ++ended;
      });
    }
    loop.sleep_for(1s);
  });
  EXPECT_EQ(ended, 5000);
}

TEST_F(LoopTest, StacksAreUsedAgain) {
  loop.run([&] {
    for (int i = 0; i < 20'000; ++i) {
      loop.spawn([&] { trace.resize(1); });
      loop.yield();
    }
  });
}

TEST_F(LoopTest, AFiberHasRoomForAModestStack) {
  loop.run([&] {
    char buffer[128 << 10];
    std::fill(std::begin(buffer), std::end(buffer), 'x');
    loop.yield();
    EXPECT_EQ(buffer[sizeof buffer - 1], 'x');
  });
}

using LoopDeathTest = LoopTest;

TEST_F(LoopDeathTest, EverybodyWaitingForNothingIsFound) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(loop.run([&] { loop.park(kNever); }), "nothing will ever happen");
}

struct EventTest : LoopTest {
  Event event{loop};
};

TEST_F(EventTest, SetWakesAllInTheOrderOfWaitingAndStaysSet) {
  loop.run([&] {
    for (const char name : {'a', 'b', 'c'}) {
      loop.spawn([this, name] {
        EXPECT_TRUE(event.wait());
        trace += name;
      });
    }
    loop.yield();
    event.set();
    EXPECT_EQ(trace, "");
    loop.yield();
    EXPECT_EQ(trace, "abc");
    EXPECT_TRUE(event.wait());  // without waiting
    event.clear();
    EXPECT_FALSE(event.wait(loop.now() + 5ms));
  });
  EXPECT_EQ(driver.elapsed(), 5ms);
}

TEST_F(EventTest, AWokenFiberContinuesEvenIfTheEventIsClearedAtOnce) {
  loop.run([&] {
    loop.spawn([&] { trace += event.wait() ? "woken" : "late"; });
    loop.yield();
    event.set();
    event.clear();
    loop.yield();
  });
  EXPECT_EQ(trace, "woken");
}

TEST_F(EventTest, AWakeMeantForSomethingElseDoesNotEndTheWait) {
  loop.run([&] {
    Fiber* waiter = nullptr;
    loop.spawn([&] {
      waiter = loop.current();
      EXPECT_TRUE(event.wait());
      trace += "set";
    });
    loop.yield();
    loop.wake(waiter);
    loop.sleep_for(1ms);
    EXPECT_EQ(trace, "");
    event.set();
    loop.yield();
    EXPECT_EQ(trace, "set");
  });
}

TEST_F(EventTest, ItMayOutliveThoseWhoWaitedForIt) {
  loop.run([&] {
    loop.spawn([&] { event.wait(); });
    loop.yield();
  });
  event.set();
  EXPECT_TRUE(event.is_set());
}

struct GroupTest : LoopTest {};

TEST_F(GroupTest, JoinWaitsForAllAndNoMoreThanTheLimitRunAtOnce) {
  int running = 0;
  int running_max = 0;
  int ended = 0;
  loop.run([&] {
    Group group(loop, 3);
    for (int i = 0; i < 10; ++i) {
      group.spawn([&] {
        running_max = std::max(running_max, ++running);
        loop.sleep_for(10ms);
        --running;
        ++ended;
      });
    }
    group.join();
    EXPECT_EQ(ended, 10);
  });
  EXPECT_EQ(running_max, 3);
  EXPECT_EQ(driver.elapsed(), 40ms);
}

TEST_F(GroupTest, JoiningNothingDoesNotWait) {
  loop.run([&] {
    Group group(loop);
    group.join();
    group.spawn([&] { trace += "a"; });
    group.join();
    group.join();
  });
  EXPECT_EQ(trace, "a");
}

TEST_F(GroupTest, ABodyMayAddToItsGroup) {
  loop.run([&] {
    Group group(loop, 1);
    group.spawn([&] {
      trace += "a";
      group.spawn([&] { trace += "b"; });
      loop.sleep_for(1ms);
    });
    group.join();
  });
  EXPECT_EQ(trace, "ab");
}

TEST_F(GroupTest, DestroyedWhileBodiesRunItStartsNoMoreAndLeavesNothingDangling) {
  loop.run([&] {
    {
      Group group(loop, 1);
      group.spawn([this] {
        loop.sleep_for(1ms);
        trace += "first";
      });
      group.spawn([this] { trace += "second"; });
      loop.yield();
    }
    loop.sleep_for(10ms);
  });
  EXPECT_EQ(trace, "first");
}

TEST_F(GroupTest, DroppedWithItsBodiesItUnwindsThemBeforeTheirParent) {
  loop.run([&] {
    loop.spawn([&] {
      const Guard parent{trace, "parent"};
      Group group(loop);
      group.spawn([&] {
        const Guard child{trace, "child"};
        loop.sleep_for(1h);
      });
      group.join();
    });
    loop.sleep_for(1ms);
  });
  EXPECT_EQ(trace, "~child~parent");
}

}  // namespace
}  // namespace loop_test
}  // namespace fhctl
