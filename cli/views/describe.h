// What `describe` found, and its renderings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/views/result.h"
#include "cli/views/style.h"
#include "core/drain/drain_status.h"
#include "core/observe/observed.h"
#include "core/plan/desired.h"

namespace fhctl::cli {

// How the manifest on this machine compares to the one in the bucket.
struct LocalManifest {
  enum class State { kUnused, kMissing, kSame, kOlder, kForeign, kBroken };
  State state = State::kUnused;
  std::string path;
  std::int64_t generation = 0;
};

struct Description {
  pipeline::Observed observed;
  pipeline::Plan plan;  // what `up` would do: the drift, with reasons
  LocalManifest local;
  std::vector<pipeline::DrainStatus> drains;  // of the draining streams, as far as they could be read
  std::string continue_command;               // "fhctl up --name logs"; empty if no work is left
};

// "active", "draining", "creating", "deleting", "failed" or "extra": a stream's role in the pipeline.
std::string stream_state(const pipeline::Observed& observed, const pipeline::StreamState& stream);
// True if neither resources nor pipeline.json exist.
bool nothing_there(const pipeline::Observed& observed);

CommandResult describe_result(Description description);
std::string describe_text(const Description& description, const Style& style);
std::string describe_json(const Description& description);
std::string describe_lines(const Description& description);

}  // namespace fhctl::cli
