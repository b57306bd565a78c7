// The one poller of delivery streams. Many fibers wait for streams; only this asks AWS, stream after stream, because
// DescribeDeliveryStream is limited to five calls a second for the whole account.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/aws/client.h"
#include "core/services/firehose.h"

namespace fhctl::pipeline {

class StreamWatch {
 public:
  // Called with each status seen, for progress: name, status, time since the watch on it began.
  using Progress = std::function<void(const std::string&, const std::string&, Duration)>;
  StreamWatch(aws::Client& client, Progress progress);
  ~StreamWatch();

  // Waits until the stream is neither CREATING nor absent (a fresh one may not be visible at once, for up to 30 s), and
  // gives the last description. Reads that show an earlier stream of the name are looked through. kCancelled or
  // kTimeout from the client's control.
  Result<firehose::Description> until_created(const std::string& name);
  // Waits until the stream is gone; a young one, or one that was never seen, has to be absent twice. An error when it
  // ends in DELETING_FAILED.
  Result<void> until_gone(const std::string& name);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// How many changing calls may be under way: a few, so that after a failure or Ctrl-C no queue of them goes on.
class Slots {
 public:
  Slots(Loop& loop, int count) : freed_(loop), free_(count) {}
  void take();  // waits
  void give_back();

 private:
  fhctl::Event freed_;
  int free_;
};

// While IAM still spreads, one create probes, at most every two seconds, and all others wait for its outcome.
class IamGate {
 public:
  explicit IamGate(Loop& loop) : changed_(loop), loop_(loop) {}

  // Waits for a turn: returns at once while the gate is open, or as the one probe.
  Result<void> enter(const Control& control);
  // The outcome of the call made after enter(): refused because IAM has not spread yet (false: patience has ended), or
  // not refused for that reason.
  bool refused(Duration& waited);
  void passed();

 private:
  fhctl::Event changed_;
  Loop& loop_;
  bool open_ = true;
  bool probing_ = false;
  Instant closed_at_{};
  Instant next_probe_{};
};

}  // namespace fhctl::pipeline
