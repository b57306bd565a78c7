// Events as sentences: the same words for a terminal, a log and the "message" of NDJSON.
#pragma once

#include <string>
#include <vector>

#include "core/run/event.h"

namespace fhctl::cli {

enum class EventWeight {
  kLine,      // a change that is worth a line
  kProgress,  // an activity: in the live block, or summed up in a heartbeat
  kDetail,    // only with --verbose
};

struct EventTextOptions {
  std::string profile;   // "default"; empty: not by profile
  bool no_wait = false;  // streams were accepted, not waited for
};

EventWeight event_weight(const pipeline::Event& event);
// One line without a newline, escaped. Empty if the event has no text.
std::string event_text(const pipeline::Event& event, const EventTextOptions& options);

// The status of each drain: a line for each stream, or for each phase if there are more than five. Escaped.
std::vector<std::string> drain_lines(const std::vector<pipeline::DrainStatus>& streams, bool leaving = true);

// "created", "ACTIVE", "deleted": the result of a step.
std::string done_word(const pipeline::ResourceId& resource, pipeline::Action action, bool no_wait);
// "creating", "deleting".
std::string doing_word(pipeline::Action action);

}  // namespace fhctl::cli
