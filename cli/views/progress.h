// The state of a run, derived from its events, for the live block and the heartbeat.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/run/event.h"

namespace fhctl::cli {

struct ProgressItem {
  enum class State { kRunning, kDone, kFailed };
  pipeline::ResourceId resource;
  pipeline::Action action = pipeline::Action::kCreate;
  State state = State::kRunning;
  std::string status;  // "CREATING", "creating"; of a done one "ACTIVE", "deleted"
  Instant since;
  Duration took{};  // of a done one
};

struct Progress {
  std::map<pipeline::ResourceId, ProgressItem> items;
  int done = 0;
  int total = 0;
  std::optional<Instant> started;  // of the first step
  // What the run waits for besides its steps, as text. Cleared by the next finished step or publication.
  std::string iam;
  std::vector<std::string> drain;  // a line for each stream, or a few for many
  std::string emptying;
  struct Wait {
    Instant since;
    pipeline::ConsistencyWaiting last;
    std::string text(Instant now) const;
  };
  std::map<std::string, Wait> consistency;  // by resource; ends with the wait

  void on(const pipeline::Event& event, Instant now);
  int running() const;
  int queued() const;                                 // steps that have not started
  bool busy() const;                                  // the live block is not empty
  std::vector<std::string> waits(Instant now) const;  // all of these texts but the drains'
  // Estimated time until the running steps end, from the median of finished ones; nothing without comparable ones.
  std::optional<Duration> left(Instant now) const;
};

}  // namespace fhctl::cli
