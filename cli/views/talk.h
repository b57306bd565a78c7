// The talk on stderr while a run goes on: a live block on a terminal, plain lines elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/views/event_text.h"
#include "cli/views/progress.h"
#include "cli/views/style.h"
#include "core/base/seams.h"
#include "core/pipeline/event.h"

namespace fhctl::cli {

class Talk : public pipeline::Observer {
 public:
  virtual void tick() = 0;   // called about ten times a second
  virtual void pause() = 0;  // before anybody else writes to the terminal: takes the live block away
};

struct TalkOptions {
  Streams& streams;
  Style style;
  bool verbose = false;
  EventTextOptions text;
  std::function<Instant()> now;
  std::function<WallTime()> wall_now;
};

// Finished lines scroll up; below them a block of at most 12 lines, redrawn at most ten times a second. The cursor is
// never hidden and always rests below the block, so that no way of leaving has to mend the terminal.
std::unique_ptr<Talk> make_live_talk(TalkOptions options);
// One line for each change, with the time of day (UTC); one heartbeat line in 30 s for the whole run.
std::unique_ptr<Talk> make_line_talk(TalkOptions options);

// The lines of the live block, without their newlines: pure, for tests.
std::vector<std::string> live_block(const Progress& progress, Instant now, const Style& style, int frame);
// "running: 5/7 done, 2 creating, 0 queued, 42s elapsed"
std::string heartbeat(const Progress& progress, Instant now);

}  // namespace fhctl::cli
