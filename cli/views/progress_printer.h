// The progress of a run on stderr: a live block on a terminal, plain lines elsewhere.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "cli/views/event_text.h"
#include "cli/views/progress.h"
#include "cli/views/style.h"
#include "core/base/platform.h"
#include "core/run/event.h"

namespace fhctl::cli {

class ProgressPrinter : public pipeline::Observer {
 public:
  // Redraws what has changed with time. To be called about ten times a second.
  virtual void tick() = 0;
  // Removes the live block. To be called before anything else is written to the terminal; the next event or tick draws
  // the block again.
  virtual void pause() = 0;
};

struct ProgressOptions {
  Streams& streams;
  Style style;
  bool verbose = false;
  EventTextOptions text;
  std::function<Instant()> now;
  std::function<WallTime()> wall_now;
};

// Finished lines scroll up; below them is a block of at most 12 lines, redrawn at most ten times a second. The cursor
// is never hidden and always stays below the block, so that the terminal needs no repair however the program ends.
std::unique_ptr<ProgressPrinter> make_tty_progress(ProgressOptions options);
// One line for each change, with the time of day (UTC), and at most one heartbeat line in 30 s for the whole run.
std::unique_ptr<ProgressPrinter> make_plain_progress(ProgressOptions options);

// Returns the lines of the live block, without newlines.
std::vector<std::string> live_block(const Progress& progress, Instant now, const Style& style, int frame);
// "running: 5/7 done, 2 creating, 0 queued, 42s elapsed"
std::string heartbeat(const Progress& progress, Instant now);

}  // namespace fhctl::cli
