// Interface of an observer that sees every request to the cloud, the run that sent it, and the true state of the cloud.
#pragma once

#include <string>

#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/router.h"

namespace fhctl::test {

// A run of fhctl, as its user requested it.
struct RunFacts {
  int process = 0;          // unique in its simulation, unlike the pid that the process itself sees
  std::string run_id = {};  // what fhctl writes into the lock
  std::string verb = {};    // "up", "scale", "destroy", "undrain", "plan"
  std::string pipeline = {};
  std::string region = {};
  bool data_may_go = false;  // --empty-bucket
  bool no_drain = false;

  std::string whole_name() const { return pipeline + "/" + region; }  // a pipeline of one name may be in two regions
};

struct AppliedRequest {
  const RunFacts& run;
  const sandbox::Route& route;
  const http::Request& request;
  const sandbox::CloudState& world;
  bool heard = true;  // false if the response is lost or garbled on the way, or belongs to a duplicated request
};

class RequestWatcher {
 public:
  virtual ~RequestWatcher() = default;
  virtual void before(const AppliedRequest& applied) = 0;
  virtual void after(const AppliedRequest& applied, const http::Response& response) = 0;
  // A process sends a request although its user has asked it to stop.
  virtual void begun_after_stop(const RunFacts& run, const sandbox::Route& route) = 0;
  // The process of a run has ended or was killed.
  virtual void run_ended(const RunFacts& run) = 0;
  virtual void file_changed(const RunFacts& run, const std::string& path, const std::string& text) = 0;
};

}  // namespace fhctl::test
