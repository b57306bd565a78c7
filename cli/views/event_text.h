// Events as sentences: the same words for a terminal, a log and the "message" of NDJSON.
#pragma once

#include <string>
#include <vector>

#include "core/pipeline/event.h"

namespace fhctl::cli {

enum class EventWeight {
  kLine,      // a change that is worth a line
  kProgress,  // something goes on: in the live block, or summed up in a heartbeat
  kDetail,    // only with --verbose
};

struct EventTextOptions {
  std::string profile;   // "default"; empty: not by profile
  bool no_wait = false;  // streams were accepted, not waited for
};

EventWeight event_weight(const pipeline::Event& event);
// One line without a newline, escaped. Empty when there is nothing to say.
std::string event_text(const pipeline::Event& event, const EventTextOptions& options);

// How far each drain is: a line for each stream, or for each phase where there are more than five. Escaped.
std::vector<std::string> drain_lines(const std::vector<pipeline::DrainVerdict>& streams, bool leaving = true);

// "created", "ACTIVE", "deleted": what became of a resource.
std::string done_word(const pipeline::ResourceId& resource, pipeline::Action action, bool no_wait);
// "creating", "deleting".
std::string doing_word(pipeline::Action action);

}  // namespace fhctl::cli
