// An external actor in the same account: edits and deletes resources, and creates some that resemble ours. It notifies
// the invariant checker, so that fhctl is not held responsible for its changes.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/s3/s3_state.h"
#include "tests/sim/harness/choice_trace.h"
#include "tests/sim/harness/simulation.h"
#include "tests/sim/invariants/invariant_checker.h"

namespace fhctl::test {

class ExternalActor {
 public:
  ExternalActor(Simulation& world, InvariantChecker& invariant_checker, Chooser& chooser)
      : world_(world), invariant_checker_(invariant_checker), chooser_(chooser) {}

  // Takes one random action; returns a description, or "" if there was nothing to act on. If `careful`, loses no
  // records: deletes no stream and no permission to deliver.
  std::string act(bool careful);
  // Deletes its own resources, and those that it took from fhctl by removing tags.
  void go_home();
  // Returns "" if all its own resources are still as it created them.
  std::string harmed() const;
  int acts() const { return acts_; }

 private:
  std::string take_stream();
  std::string edit_stream();
  std::string untag_stream();
  std::string look_alike();
  std::string take_policy();
  std::string take_log_group();
  std::string take_lock();
  std::string take_manifest();
  std::string write_object();
  std::string other_role();
  std::vector<std::pair<std::string, std::string>> streams() const;  // of our pipeline
  std::map<std::string, sandbox::Bucket>::iterator bucket();

  Simulation& world_;
  InvariantChecker& invariant_checker_;
  Chooser& chooser_;
  std::set<ThingKey> own_;
  std::map<ThingKey, std::string> marks_;  // their state when it left them
  int acts_ = 0;
};

// An external actor in another account: takes the name of the pipeline's bucket while no bucket has it.
class OtherAccount {
 public:
  OtherAccount(Simulation& world, Chooser& chooser) : world_(world), chooser_(chooser) {}
  // Runs until it has given the name back, at the latest when the scenario is over. Returns true if it had the name.
  // Waits.
  bool live(Loop& loop, const bool& over);

 private:
  Simulation& world_;
  Chooser& chooser_;
};

}  // namespace fhctl::test
