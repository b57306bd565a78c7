// Somebody who sees everything that is done to the cloud, with the ground truth beside it: who does it, in which run.
#pragma once

#include <string>

#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/router.h"
#include "sandbox/world.h"

namespace fhctl::test {

// A run of fhctl, as its user asked for it.
struct RunFacts {
  int process = 0;          // unique in its world, unlike the pid that it sees itself
  std::string run_id = {};  // what fhctl writes into the lock
  std::string verb = {};    // "up", "scale", "destroy", "undrain", "plan"
  std::string pipeline = {};
  std::string region = {};
  bool data_may_go = false;  // --empty-bucket
  bool no_drain = false;

  std::string whole_name() const { return pipeline + "/" + region; }  // a pipeline of one name may be in two regions
};

struct Deed {
  const RunFacts& run;
  const sandbox::Route& route;
  const http::Request& request;
  const sandbox::World& world;
  bool heard = true;  // not when the answer is lost or garbled on its way, or answers a second copy
};

class Watcher {
 public:
  virtual ~Watcher() = default;
  virtual void before(const Deed& deed) = 0;
  virtual void after(const Deed& deed, const http::Response& response) = 0;
  // A process begins a request although its user has asked it to stop.
  virtual void begun_after_stop(const RunFacts& run, const sandbox::Route& route) = 0;
  // The process of a run is no more, whether it came to its end or was killed.
  virtual void run_ended(const RunFacts& run) = 0;
  virtual void file_changed(const RunFacts& run, const std::string& path, const std::string& text) = 0;
};

}  // namespace fhctl::test
