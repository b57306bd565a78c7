// Sends lines from a source to the active streams of a manifest, for `fhctl put`. A Producer (core/producer/producer.h)
// decides what is sent where and when; this drives it on fibers, with an input, a client and a manifest to read again.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/manifest/manifest.h"
#include "core/producer/line_reader.h"
#include "core/services/firehose.h"

namespace fhctl::pipeline {

struct SendOptions {
  std::string stream;    // only this one; empty: all active ones
  int parallel_max = 4;  // requests at a time
  // How often to call SendHooks::reload besides the manifest's own poll interval, for a manifest that is cheap to read;
  // 0: no more often.
  Duration reload_every{};
};

struct StreamSent {
  std::int64_t records = 0;  // that AWS took
  std::int64_t bytes = 0;
  std::int64_t requests = 0;
  std::int64_t refused = 0;  // records that it did not take
  std::string last_record_id;
};

struct SendReport {
  std::map<std::string, StreamSent> streams;
  std::int64_t lines = 0;    // read so far
  std::int64_t records = 0;  // taken by AWS, of all streams
  std::int64_t bytes = 0;
  std::int64_t requests = 0;
  std::int64_t resent = 0;            // once for each further try of a record
  std::int64_t maybe_duplicated = 0;  // sent again after a lost response: AWS may hold them twice
  std::int64_t lost = 0;              // not taken: the TTL was over, or the run ended
  std::int64_t too_long = 0;          // lines that no record can hold
  std::vector<LongLine> long_lines;   // the first of them
  std::string last_refusal;           // "ServiceUnavailableException: Slow down."
  std::optional<Error> error;         // why it ended before the end of its input

  bool complete() const { return lost == 0 && too_long == 0 && !error; }
};

struct SendHooks {
  // The next bytes of the input, at most that many; empty at the end. May block the whole program: it is only called
  // while no request is under way, unless the last call gave all the bytes it was asked for.
  std::function<Result<std::string>(std::size_t bytes_max)> read;
  // Reads the manifest again, every poll interval and when a stream is gone. May wait. May be empty.
  std::function<Result<Manifest>()> reload;
  // After every response. Must not wait. May be empty.
  std::function<void(const SendReport&)> progress;
};

// Waits. Errors before anything was sent: no active stream, a stream that is not active, another region than the
// client's. Later errors are in the report. The client should have attempts_max = 1, because a batch that one stream
// refuses is better sent to another than again to the same.
Result<SendReport> send_lines(aws::Client& client, const Manifest& manifest, const SendHooks& hooks,
                              const SendOptions& options);

// The same with any function that sends a batch: for tests, and for other kinds of clients.
using PutBatch = std::function<Result<std::vector<firehose::PutResult>>(const std::string& stream,
                                                                        const std::vector<std::string>& records)>;
Result<SendReport> send_lines(Cancellation& control, Entropy& entropy, const PutBatch& put, const Manifest& manifest,
                              const SendHooks& hooks, const SendOptions& options);

}  // namespace fhctl::pipeline
