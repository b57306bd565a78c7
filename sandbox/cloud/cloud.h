// The simulated AWS as one object: a request goes in as bytes and a response comes out, over HTTP (server.h) or by a
// direct call in virtual time. It never reads a clock; the caller passes the time.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "core/http/message.h"
#include "sandbox/cloud/faults.h"
#include "sandbox/state/options.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/verifier.h"

namespace fhctl::sandbox {

// What happens to the response on its way to the client.
enum class Fate {
  kSent,
  kTruncated,   // its head and half of its body arrive, then the connection closes
  kDropped,     // the connection closes without a response
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
  int status = 0;  // 0: no response was sent
};

class Cloud {
 public:
  explicit Cloud(Options options);

  // One request at the time `now`. A missing Host header is filled in from the request's host and port.
  Answer exchange(http::Request request, WallTime now);
  // The same for callers without a connection: status 0 means that no response arrived, or only half of one.
  http::Response handle(const http::Request& request, WallTime now);
  // Lets time pass without a request.
  void advance(WallTime now);

  // Moves the clock of the cloud ahead of the caller's from now on.
  void shift_clock(Duration by);
  Duration clock_shift() const { return shift_; }
  // Sets how far the clock that signatures are checked against is ahead of the caller's (negative: behind).
  void set_clock_error(Duration error) { clock_error_ = error; }
  // Deletes all resources, the journal, faults and counts. The clocks stay as they are.
  void reset();

  CloudState& world() { return *world_; }
  const CloudState& world() const { return *world_; }
  Faults& faults() { return faults_; }
  // The newest requests, oldest first; at most kJournalMax.
  const std::deque<JournalEntry>& journal() const { return journal_; }
  // Increases whenever something that is worth saving may have changed.
  std::uint64_t revision() const;

  static constexpr std::size_t kJournalMax = 20000;

 private:
  Answer decide(http::Request& request, const Route& route, WallTime now);
  http::Response perform(http::Request& request, const Route& route, WallTime now);
  void set_time(WallTime now);

  Options options_;
  std::unique_ptr<CloudState> world_;
  DerivedKeys derived_keys_;
  Faults faults_;
  std::deque<JournalEntry> journal_;
  Duration shift_{};
  Duration clock_error_{};
  std::uint64_t changes_ = 0;
};

}  // namespace fhctl::sandbox
