// Somebody else in the same account: edits, deletes, and makes things that look like ours. The referee is told, so that
// nobody blames fhctl.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sandbox/s3_state.h"
#include "tests/sim/referee.h"
#include "tests/sim/sim_world.h"
#include "tests/sim/tape.h"

namespace fhctl::test {

class Stranger {
 public:
  Stranger(SimWorld& world, Referee& referee, Chooser& chooser) : world_(world), referee_(referee), chooser_(chooser) {}

  // One thing, drawn; says what it was, or nothing when there was nothing to do it to. Who is `careful` loses nobody's
  // records: deletes no stream and no permission to deliver.
  std::string act(bool careful);
  // Takes its own things away again, and what it took from fhctl by removing tags.
  void go_home();
  // "" when everything of its own is still as it made it.
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
  std::vector<std::pair<std::string, std::string>> streams() const;  // of ours
  std::map<std::string, sandbox::Bucket>::iterator bucket();

  SimWorld& world_;
  Referee& referee_;
  Chooser& chooser_;
  std::set<ThingKey> own_;
  std::map<ThingKey, std::string> marks_;  // how it left them
  int acts_ = 0;
};

// Somebody in another account: takes the name of the pipeline's bucket in a moment in which nobody has it.
class OtherAccount {
 public:
  OtherAccount(SimWorld& world, Chooser& chooser) : world_(world), chooser_(chooser) {}
  // Until it has given the name back, at the latest when the story is over. True: it had it. Waits.
  bool live(Loop& loop, const bool& over);

 private:
  SimWorld& world_;
  Chooser& chooser_;
};

}  // namespace fhctl::test
