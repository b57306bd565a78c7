// What `describe` found, in its three forms. Pure.
#pragma once

#include <optional>
#include <string>

#include "cli/views/style.h"
#include "core/pipeline/desired.h"
#include "core/pipeline/observed.h"

namespace fhctl::cli {

// How the manifest on this machine stands to the one in the bucket.
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
  std::string continue_command;  // "fhctl up --name logs"; empty when nothing is left to do
};

// "active", "draining", "creating", "deleting", "failed" or "extra": what a stream is to the pipeline.
std::string stream_state(const pipeline::Observed& observed, const pipeline::ObservedStream& stream);
// True when neither resources nor pipeline.json are there.
bool nothing_there(const pipeline::Observed& observed);

std::string describe_text(const Description& description, const Style& style);
std::string describe_json(const Description& description);
std::string describe_lines(const Description& description);

}  // namespace fhctl::cli
