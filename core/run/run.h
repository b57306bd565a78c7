// What every command of the pipeline works with: the connection to AWS, this machine, and the caller.
#pragma once

#include <string>

#include "core/aws/client.h"
#include "core/base/platform.h"
#include "core/run/event.h"

namespace fhctl::pipeline {

// What a run works with. One per command; everything is owned by the caller.
struct Run {
  aws::Client& client;
  FileSystem& files;
  Entropy& entropy;
  const Host& host;
  Cancellation& control;
  Observer& observer;
  std::string version;                // of fhctl, for the manifest's publisher
  std::string run_id;                 // 8 hex digits
  std::string ci_url;                 // link to the CI job; empty when there is none
  std::string command;                // "scale", for the lock's body
  bool manifest_file_warned = false;  // the one warning about the local manifest file was given
};

// The event for a trace of the kind kWaiting.
inline ConsistencyWaiting waiting_event(const aws::Trace& trace) {
  return {std::string(trace.resource), std::string(trace.reason), trace.elapsed, trace.over};
}

}  // namespace fhctl::pipeline
