// Deleting delivery streams: first producers are told, then the streams drain, then they go. Private to core/pipeline.
#pragma once

#include <functional>
#include <vector>

#include "core/pipeline/stream_watch.h"
#include "core/pipeline/work.h"

namespace fhctl::pipeline {

inline constexpr int kStreamTriesMax = 5;  // of a change that another change to the stream is in the way of
inline constexpr int kCallsInFlight = 6;   // five a second, and one that waits for its answer

class StreamRemoval {
 public:
  StreamRemoval(Work& work, StreamWatch& watch, Slots& slots)
      : work_(work), watch_(watch), slots_(slots), told_at_(work.run.client.loop().now()) {}

  // Publishes who leaves, then deletes the plan's doomed streams after the readers' reload time and those that drain
  // and have all their evidence. What still drains is left in the outcome. `changed` is called after each deletion.
  // Waits.
  void remove(const std::function<void()>& changed);
  // The same for a destroy, where each stream counts as destroyed when it is gone. False: some still drain. Waits.
  Result<bool> remove_all();
  // One accepted DeleteDeliveryStream. A stream in CREATING refuses to be deleted: it is waited for first. Waits.
  Result<void> remove_one(int number);

 private:
  std::vector<Step> steps_of(const std::set<int>& numbers) const;
  Result<void> tell();
  Result<void> wait_for_readers(Duration longer);
  Result<std::set<int>> drained();
  void delete_all(const std::set<int>& numbers, bool until_gone, const std::function<void()>& changed);
  void await_earlier_ones(Group& group);

  Work& work_;
  StreamWatch& watch_;
  Slots& slots_;
  Instant told_at_;  // producers, or that nobody told them otherwise was seen
};

// Tells the observer what the watch sees.
StreamWatch::Progress stream_progress(Work& work);

}  // namespace fhctl::pipeline
