// Which stream the next batch goes to: power of two choices over the active streams of a manifest. Firehose gives no
// sign of its load, so all that is known of a stream is local: what is under way, what went there in the last seconds,
// what it refused, and how much of this producer's share of its limits is left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/pipeline/manifest.h"
#include "core/pipeline/token_bucket.h"

namespace fhctl::pipeline {

// What waits to be sent, and how much of it one batch may hold.
struct BatchWanted {
  std::int64_t first_bytes = 0;  // of the record that must be in it
  std::int64_t bytes = 0;        // of all
  std::int64_t records = 0;
  // Only to streams that took something of ours within the last minute, or else to the last one that did: whoever may
  // have missed a manifest keeps to streams on which its traffic is seen.
  bool only_busy = false;
};

class StreamChoice {
 public:
  // `pinned`: only that stream; empty: all active ones with a weight. `batches_max`: under way to one stream.
  StreamChoice(const Manifest& manifest, std::string pinned, int batches_max, Instant now);

  // Takes over the streams of a newer manifest; those that stay keep what is known of them.
  void replace(const Manifest& manifest, Instant now);

  // Of the streams that may take a batch now, two are drawn by weight, and the one with less load for its weight is
  // taken. `avoid` (the one that just refused) is only taken when no other may. nullopt: none.
  std::optional<std::string> pick(const BatchWanted& wanted, Instant now, Entropy& entropy,
                                  const std::string& avoid) const;
  // When pick() may find one without any answer in between: `now`, later, or kNever.
  Instant ready_at(const BatchWanted& wanted, Instant now) const;
  // The most that one batch to this stream may hold now: 500 records, and 3.5 MiB or a second of this producer's share.
  PutCost batch_max(const std::string& stream, Instant now) const;

  void started(const std::string& stream, const PutCost& cost, Instant now);
  void ended(const std::string& stream, const PutCost& cost);
  // Then what the answer was. Some records were taken:
  void took(const std::string& stream, Instant sent_at = {});
  // It had trouble: its penalty doubles; it halves each second.
  void penalise(const std::string& stream, Instant now);
  // It said that we are too fast: a penalty and a lower rate.
  void throttled(const std::string& stream, Instant sent_at, Instant now);
  // Nothing was taken. After five in a row the stream is left out for 1 s, then tried with one batch at a time; each
  // further failure doubles the time up to 10 s.
  void failed(const std::string& stream, Instant now);
  // It does not exist: left out for a minute. True when it was one of ours.
  bool gone(const std::string& stream, Instant now);

  // Another stream that may be tried at once: its last answer was good and it has budget left.
  bool has_healthy_other(const std::string& stream, Instant now) const;
  bool all_out(Instant now) const;  // nothing can be sent: none is active, or all are left out
  bool has_stream() const;          // at least one that is not gone
  std::int64_t ejections(const std::string& stream) const;
  double rate(const std::string& stream, Instant now) const;  // of its share, 0 when it is not one of ours

 private:
  struct Stream {
    int weight = 0;
    TokenBuckets budget;
    std::int64_t under_way_bytes = 0;
    int under_way = 0;
    double penalty_bytes = 0;
    Instant penalised_at{};
    double recent_bytes = 0;
    Instant sent_at{};
    int failures = 0;  // in a row
    int out_times = 0;
    Instant out_until{};
    bool is_gone = false;
    Instant took_at{};  // when the last batch was sent of which it took something
    std::int64_t ejections = 0;
  };
  using Candidates = std::vector<std::map<std::string, Stream>::const_iterator>;

  Instant stream_ready_at(const Stream& stream, const BatchWanted& wanted, Instant now) const;
  bool busy(const Stream& stream, Instant now) const;
  static std::size_t draw(const Candidates& candidates, Entropy& entropy);
  static double score(const Stream& stream, Instant now);
  void leave_out(Stream& stream, Duration duration, Instant now);

  std::string pinned_;
  int batches_max_;
  std::map<std::string, Stream> streams_;
};

}  // namespace fhctl::pipeline
