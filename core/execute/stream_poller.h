// Polls delivery streams. Many fibers wait for streams, but only this class calls AWS, for one stream after the other,
// because DescribeDeliveryStream is limited to five calls a second for the whole account.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "core/aws/client.h"
#include "core/services/firehose.h"

namespace fhctl::pipeline {

class StreamPoller {
 public:
  // Called with each status read, for progress: name, status, time since waiting for it began.
  using Progress = std::function<void(const std::string&, const firehose::StreamStatus&, Duration)>;
  StreamPoller(aws::Client& client, Progress progress);
  ~StreamPoller();

  // Waits until the stream is neither CREATING nor absent (a new one may be invisible for up to 30 s), and returns the
  // last description. Reads that show an earlier stream of the name are ignored. kCancelled or kTimeout from the
  // client's control.
  Result<firehose::Description> until_created(const std::string& name);
  // Waits until the stream is gone; a young one, or one that was never seen, must be absent twice. An error when it
  // ends in DELETING_FAILED.
  Result<void> until_gone(const std::string& name);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// Limits how many changing calls are in flight: few, so that no long queue of them is left after a failure or Ctrl-C.
class Semaphore {
 public:
  Semaphore(Loop& loop, int count) : freed_(loop), free_(count) {}
  void take();  // waits
  void give_back();

 private:
  fhctl::Event freed_;
  int free_;
};

// While IAM still propagates, one create probes, at most every two seconds, and all others wait for its result.
class IamPropagationGate {
 public:
  explicit IamPropagationGate(Loop& loop) : changed_(loop), loop_(loop) {}

  // Waits for a turn: returns at once while the gate is open, or as the one probe.
  Result<void> enter(const Cancellation& control);
  // The result of the call made after enter(): refused because IAM has not propagated yet (false: patience has ended),
  // or not refused for that reason.
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
