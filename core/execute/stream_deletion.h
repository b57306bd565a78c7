// Deletes delivery streams: producers are notified, the streams drain, then they are deleted.
#pragma once

#include <functional>
#include <vector>

#include "core/execute/apply_context.h"
#include "core/execute/stream_poller.h"

namespace fhctl::pipeline {

inline constexpr int kCallsInFlight = 6;  // five a second, and one that waits for its response

class StreamDeletion {
 public:
  StreamDeletion(ApplyContext& context, StreamPoller& watch, Semaphore& slots)
      : context_(context), watch_(watch), slots_(slots), published_at_(context.run.client.loop().now()) {}

  // Publishes the streams to delete as draining. Then deletes the plan's delete_now set after the readers' reload time,
  // and of drain_then_delete those whose drain is complete. Streams that still drain are listed in the outcome.
  // `changed` is called after each deletion. Waits.
  void remove(const std::function<void()>& changed);
  // The same for a destroy, where each stream counts as destroyed when it is gone. False: some still drain. Waits.
  Result<bool> remove_all();
  // Deletes one stream; returns when DeleteDeliveryStream was accepted. A stream in CREATING refuses to be deleted, so
  // its creation is awaited first. Waits.
  Result<void> remove_one(int number);

 private:
  std::vector<Step> steps_of(const std::set<int>& numbers) const;
  Result<void> publish_draining();
  Result<void> wait_for_readers(Duration longer);
  Result<std::set<int>> drained();
  void accept_difference(const DrainStatus& verdict);
  void delete_all(const std::set<int>& numbers, bool until_gone, const std::function<void()>& changed);
  void await_earlier_ones(Group& group);

  ApplyContext& context_;
  StreamPoller& watch_;
  Semaphore& slots_;
  Instant published_at_;  // when the manifest was last published or verified
};

// Reports to the observer what the poller sees.
StreamPoller::Progress stream_progress(ApplyContext& context);

// Deletes the streams that may go; when none is left to drain, waits until all are gone. False: some still drain.
// Waits.
Result<bool> delete_all_streams(ApplyContext& context);

}  // namespace fhctl::pipeline
