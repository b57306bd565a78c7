// Chooses the stream for the next batch: power of two choices over the active streams of a manifest. Firehose does not
// report its load, so everything known of a stream is local: what is in flight, what was sent in the last seconds, what
// was refused, and how much of this producer's share of its limits is left.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/base/random.h"
#include "core/base/time.h"
#include "core/manifest/manifest.h"
#include "core/producer/token_bucket.h"

namespace fhctl::pipeline {

// What waits to be sent, and how much of it one batch may hold.
struct BatchWanted {
  std::int64_t first_bytes = 0;  // of the record that must be in it
  std::int64_t bytes = 0;        // of all
  std::int64_t records = 0;
  // Only to streams that accepted a record from this producer within the last minute, or else to the last one that did.
  // A producer that may have missed a manifest stays on streams that visibly have its traffic, because a drain waits
  // for it.
  bool only_busy = false;
};

class StreamPicker {
 public:
  // `pinned`: only that stream; empty: all active ones with a weight. `batches_max`: under way to one stream.
  StreamPicker(const Manifest& manifest, std::string pinned, int batches_max, Instant now);

  // Takes over the streams of a newer manifest; those that stay keep what is known of them.
  void replace(const Manifest& manifest, Instant now);

  // Draws two of the streams that may take a batch now, by weight, and returns the one with less load for its weight.
  // `avoid` (the one that just refused) is only returned if no other may take one. nullopt: no stream may.
  std::optional<std::string> pick(const BatchWanted& wanted, Instant now, Entropy& entropy,
                                  const std::string& avoid) const;
  // When pick() may find one without another response: `now`, later, or kNever.
  Instant ready_at(const BatchWanted& wanted, Instant now) const;
  // The most that one batch to this stream may hold now: 500 records, and 3.5 MiB or a second of this producer's share.
  PutCost batch_max(const std::string& stream, Instant now) const;

  void started(const std::string& stream, const PutCost& cost, Instant now);
  void ended(const std::string& stream, const PutCost& cost);
  // The result of a request, after ended(). Some records were accepted:
  void took(const std::string& stream, Instant sent_at = {});
  // The request failed: the stream's penalty doubles; it halves each second.
  void penalise(const std::string& stream, Instant now);
  // The request was throttled: a penalty and a lower rate.
  void throttled(const std::string& stream, Instant sent_at, Instant now);
  // Nothing was accepted. After five such failures in a row the stream is left out for 1 s, then tried with one batch
  // at a time; each further failure doubles the time up to 10 s.
  void failed(const std::string& stream, Instant now);
  // The stream does not exist: left out for a minute. True if it was in the manifest.
  bool gone(const std::string& stream, Instant now);

  // Access to the stream is denied: left out for 5 s, each further time twice as long, up to a minute.
  void denied(const std::string& stream, Instant now);
  // How often in a row access was denied, of the stream with the fewest denials; 0 without streams.
  int denials() const;

  // True if another stream may be tried at once: its last response was good and it has budget left.
  bool has_healthy_other(const std::string& stream, Instant now) const;
  bool all_out(Instant now) const;  // nothing can be sent: none is active, or all are left out
  bool has_stream() const;          // at least one that is not gone
  std::int64_t ejections(const std::string& stream) const;
  double rate(const std::string& stream, Instant now) const;  // of its share, 0 for an unknown stream

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
    int denials = 0;    // in a row
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
