// The whole simulated AWS behind one door: a request goes in as bytes and an answer comes out, over HTTP (server.h) or
// called directly under virtual time. It never reads a clock; the caller says what time it is.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "core/http/message.h"
#include "sandbox/faults.h"
#include "sandbox/options.h"
#include "sandbox/verifier.h"
#include "sandbox/world.h"

namespace fhctl::sandbox {

// What becomes of the answer on its way.
enum class Fate {
  kSent,
  kTruncated,   // its head and half of its body arrive, then the connection closes
  kDropped,     // the connection closes without an answer
  kClientDies,  // the client is to be killed with SIGKILL; nothing is sent
};

struct Answer {
  http::Response response;
  Fate fate = Fate::kSent;
  Duration delay{};  // until it is sent
};

struct JournalEntry {
  std::int64_t n = 0;  // counted from 1; 0 for an unsigned request, which is not counted
  Route route;
  int status = 0;  // 0: no answer was sent
};

class Cloud {
 public:
  explicit Cloud(Options options);

  // One request at the time `now`. A missing Host header is filled in from the request's host and port.
  Answer exchange(http::Request request, WallTime now);
  // The same for callers without a wire of their own: status 0 means that no answer came, or half of one.
  http::Response handle(const http::Request& request, WallTime now);
  // Time passes without a request.
  void advance(WallTime now);

  // Moves the world's clock ahead of the caller's from now on.
  void shift_clock(Duration by);
  Duration clock_shift() const { return shift_; }
  // From now on the cloud's own clock, by which signatures are judged, is so far ahead of the caller's (negative:
  // behind).
  void set_clock_error(Duration error) { clock_error_ = error; }
  // Forgets everything: resources, journal, faults and counts. The clocks stay as they are.
  void reset();

  World& world() { return *world_; }
  const World& world() const { return *world_; }
  Faults& faults() { return faults_; }
  // The newest requests, oldest first; at most kJournalMax.
  const std::deque<JournalEntry>& journal() const { return journal_; }
  // Grows whenever something may have changed that is worth saving.
  std::uint64_t revision() const;

  static constexpr std::size_t kJournalMax = 20000;

 private:
  Answer decide(http::Request& request, const Route& route, WallTime now);
  http::Response perform(http::Request& request, const Route& route, WallTime now);
  void set_time(WallTime now);

  Options options_;
  std::unique_ptr<World> world_;
  DerivedKeys derived_keys_;
  Faults faults_;
  std::deque<JournalEntry> journal_;
  Duration shift_{};
  Duration clock_error_{};
  std::uint64_t changes_ = 0;
};

}  // namespace fhctl::sandbox
