// A producer: accepts records, returns batches for the streams of a manifest, and processes the responses. It is the
// reference for producers in other languages; docs/producer.md describes its rules.
//
// It does no I/O and has no thread, loop or clock: the caller supplies time, random numbers and responses.
//
//     producer.offer(line, now);                                    // kFull: send first, then offer again
//     while (const Batch* batch = producer.next(now)) send(*batch); // several at a time; answers come in any order
//     producer.answered(id, results, now);                          // or failed(id, how, now)
//     if (producer.wants_manifest(now)) producer.reading_manifest(now), read it, producer.manifest_read(m, now);
//     sleep until producer.wake_at(now), an answer or a record to offer
//
// Guarantees:
// - offered = acknowledged + expired + fatal + queued + under way, after every call.
// - A record is sent again only after a refusal or after a lost response; only in the second case can AWS hold it
// twice.
// - A record older than the manifest's TTL is never sent.
// - After manifest_read() nothing new goes to a stream that the manifest does not list as active. After a long sleep
//   the manifest is read again before anything is sent.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/platform.h"
#include "core/base/time.h"
#include "core/manifest/manifest.h"
#include "core/producer/manifest_reload.h"
#include "core/producer/producer_queue.h"
#include "core/producer/stream_picker.h"
#include "core/services/firehose.h"

namespace fhctl::pipeline {

inline constexpr std::int64_t kRecordBytesMax = 1024000;  // before base64, newline included

enum class Offer {
  kTaken,
  kFull,     // there is no room: nothing was kept; offer it again after an answer
  kTooLong,  // no record can hold it, now or later: nothing was kept, and it was counted
  kClosed,
};

// How a whole request failed.
enum class PutFailure {
  kThrottled,  // ServiceUnavailableException, ThrottlingException: nothing was accepted
  kRefused,    // nothing was accepted, for another reason: no connection
  kAmbiguous,  // no response, an unreadable one, another 5xx: sent again, and AWS may then hold it twice
  kGone,       // ResourceNotFoundException
  kDenied,     // access denied: nothing was accepted; IAM may see the tag of a new stream late, so others are tried
  kExpired,    // the credentials, not the stream; the caller refreshes them
  kFatal,      // an invalid argument, a key that may not be used: a retry cannot help
};

enum class LostBecause { kExpired, kFatal };
struct Loss {
  LostBecause why = LostBecause::kExpired;
  bool maybe_taken = false;  // one of its attempts got no response: AWS may hold it all the same
  std::string reason;        // what was answered last, "CODE: message"; may be empty
};

// Called from within answered(), failed(), next(); must not call the producer. Any may be empty.
struct ProducerHooks {
  std::function<void(std::uint64_t tag, const std::string& stream)> acknowledged;
  std::function<void(std::uint64_t tag, const Loss& loss)> lost;
  std::function<void(std::uint64_t tag)> maybe_duplicated;  // is sent again after an attempt without a response
};

struct ProducerOptions {
  // Limits of what it holds, queued and in flight: bytes, newlines included (or one record, if that is larger), and
  // records.
  std::int64_t bytes_max = std::int64_t{64} << 20;
  std::int64_t records_max = 200000;
  int batches_per_stream_max = 8;  // under way
  int batches_max = 64;
  std::string stream = {};               // only this one; empty: all active ones
  Duration linger = {};                  // how long a record may wait for more records; 0: it does not wait
  std::int64_t pack_lines_to_bytes = 0;  // several lines in one record up to this size; 0: one line a record
  bool manifest_is_fixed = false;        // it is never read again
  ProducerHooks hooks = {};
};

struct Batch {
  std::uint64_t id = 0;
  std::string stream;
  std::vector<std::string> records;  // within Firehose's limits
};

// "Records" are those that were offered, however they were packed.
struct StreamCounters {
  std::int64_t acknowledged = 0;
  std::int64_t acknowledged_bytes = 0;
  std::int64_t requests = 0;   // answered or failed
  std::int64_t refused = 0;    // records that were not accepted, or had no response
  std::int64_t ambiguous = 0;  // records without a response
  std::int64_t ejections = 0;
  std::string last_record_id;
};
struct ProducerCounters {
  std::int64_t offered = 0;  // and taken in
  std::int64_t acknowledged = 0;
  std::int64_t acknowledged_bytes = 0;
  std::int64_t requests = 0;
  std::int64_t resent = 0;            // once for each further try of a record
  std::int64_t maybe_duplicated = 0;  // of those, the ones whose last try or an earlier one had no answer
  std::int64_t expired = 0;
  std::int64_t fatal = 0;
  std::int64_t lost_maybe_taken = 0;  // of both, the ones that AWS may hold all the same
  std::int64_t too_long = 0;          // not among the offered
  std::int64_t full = 0;              // how often offer() returned kFull
  std::int64_t manifests_taken = 0;
  std::int64_t manifests_refused = 0;  // older, or of another pipeline
  std::int64_t manifests_failed = 0;
  std::string last_refusal;  // "ServiceUnavailableException: Slow down."
  std::map<std::string, StreamCounters> streams;
};

class Producer {
 public:
  // The manifest was read at `now`. `entropy` must outlive the producer.
  Producer(const Manifest& manifest, ProducerOptions options, Entropy& entropy, Instant now);

  // A line without its newline, which is added when the manifest asks for it. The tag comes back in the hooks.
  Offer offer(std::string_view line, Instant now, std::uint64_t tag = 0);

  // Returns the next batch to send, or nullptr when nothing may be sent now. Call it until then. The batch stays valid
  // until its response.
  const Batch* next(Instant now);
  // One result for each record of the batch, in order. Responses to batches that are not in flight are ignored.
  void answered(std::uint64_t batch, const std::vector<firehose::PutResult>& results, Instant now);
  // `reason`: what AWS or the network said.
  void failed(std::uint64_t batch, PutFailure how, std::string_view reason, Instant now);

  // When next() or wants_manifest() may return something else without any other call; kNever: only after a call. `now`
  // if next() may return a batch at once.
  Instant wake_at(Instant now) const;

  // Call reading_manifest() when the reading begins, so that it is not requested twice, and one of the other two when
  // it has ended. manifest_read() returns true if the manifest was newer and is used from now on.
  bool wants_manifest(Instant now) const;
  void reading_manifest(Instant now);
  bool manifest_read(const Manifest& manifest, Instant now);
  void manifest_failed(Instant now);

  void flush();  // no record that is held now waits for more
  void close();  // accepts no more records, and flushes
  bool idle() const { return queue_.empty() && under_way_.empty(); }

  const Manifest& manifest() const { return reload_.manifest(); }
  bool stale(Instant now) const { return reload_.stale(now); }  // a warning, nothing more
  bool has_stream() const { return choice_.has_stream(); }      // an active one that is not gone
  // How often in a row access was denied, of the stream with the fewest denials; 0: some stream has denied nothing
  // since it last accepted records. Above 1, credentials without the permission are more likely than tags that are not
  // seen.
  int denials() const { return choice_.denials(); }
  const ProducerCounters& counters() const { return counters_; }
  std::int64_t queued() const { return queue_.offered(); }
  std::int64_t under_way() const { return under_way_records_; }
  std::int64_t batches_under_way() const { return static_cast<std::int64_t>(under_way_.size()); }
  std::int64_t held_bytes() const { return held_bytes_; }  // queued and under way
  double rate(const std::string& stream, Instant now) const { return choice_.rate(stream, now); }

 private:
  // While the batch is in flight, its records' bytes are in the batch.
  struct UnderWay {
    Batch batch;
    std::vector<QueuedRecord> records;
    PutCost cost;
    Instant sent_at;
  };
  using Answer = std::map<std::uint64_t, UnderWay>::node_type;

  BatchWanted wanted(Instant now) const;
  Instant leaves_at() const;
  Instant expires_at(const QueuedRecord& record) const;
  const Batch* start(const std::string& stream, Instant now);
  void count_start(const QueuedRecord& record);
  Answer take_answer(std::uint64_t batch);
  void acknowledge(const std::string& stream, const QueuedRecord& record, const std::string& record_id);
  void try_again(QueuedRecord record, const std::string& refused_by, double chance, Instant now);
  void lose(const QueuedRecord& record, LostBecause why, std::string_view reason);
  void judge_stream(const UnderWay& sent, PutFailure how, Instant now);
  void judge_results(const UnderWay& sent, const std::vector<firehose::PutResult>& results, Instant now);
  void expire(Instant now);

  ProducerOptions options_;
  Entropy& entropy_;
  ManifestReload reload_;
  StreamPicker choice_;
  ProducerQueue queue_;
  std::map<std::uint64_t, UnderWay> under_way_;
  ProducerCounters counters_;
  std::uint64_t last_batch_ = 0;
  std::int64_t held_bytes_ = 0;
  std::int64_t under_way_records_ = 0;
  bool flushing_ = false;
  bool closed_ = false;
};

}  // namespace fhctl::pipeline
