// Verifies that records arrive: sends marked records through every active stream and reads them back from the objects
// that Firehose writes. Changes nothing but the data: the marked records stay in it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/observe/observe.h"

namespace fhctl::pipeline {

inline constexpr int kVerifyRecordsMax = 500;                     // what one PutRecordBatch takes
inline constexpr std::size_t kVerifyObjectBytesMax = 256u << 20;  // packed; larger objects are not read

// The result for one stream.
struct StreamProof {
  std::string stream;
  int wanted = 0;                    // records to send; 0: sending was not possible
  int sent = 0;                      // that Firehose took, or may have taken
  int found = 0;                     // of those, read back
  int duplicates = 0;                // read more than once: delivery is at least once
  bool by_arrival = false;           // fhctl does not read its objects (see `how`): the arrival of one is the proof
  std::string how;                   // "ZIP", "processors": why it is by arrival
  int buffer_interval_s = 0;         // how long its records may be buffered
  std::optional<Duration> stored;    // from the sending to the last object's LastModified; S3 has whole seconds
  std::optional<Duration> seen;      // from the sending until fhctl had read it
  std::vector<std::string> objects;  // keys that hold the records
  std::string problem;               // why it failed; empty: proven, or still waiting
  std::string hint;

  // True if everything that was sent has been read back, or has arrived where objects cannot be read.
  bool arrived() const { return by_arrival ? sent > 0 && !objects.empty() : sent > 0 && found == sent; }
  bool proven() const { return problem.empty() && arrived() && sent == wanted; }
};

struct SkippedStream {
  std::string stream;
  std::string reason;
};

struct VerifyReport {
  std::string run_id;
  std::string bucket;
  WallTime started{};  // AWS's clock
  Duration timeout{};  // how long it waits for the objects
  std::vector<StreamProof> streams;
  std::vector<SkippedStream> skipped;  // draining: not sent to
  std::vector<std::string> drift;      // what `fhctl up` would repair; read if something did not arrive
  bool proven() const;
};

struct VerifyOptions {
  std::string run_id;               // marks the records
  int records = 1;                  // to each stream, at most kVerifyRecordsMax
  std::optional<Duration> timeout;  // nullopt: the longest buffer interval and 90 s
  // Called after each listing. Must not wait. May be empty.
  std::function<void(const VerifyReport&)> progress;
};

// Sends the records, waits and reads them back; if some are missing at the end, diagnoses why. `sender` should give up
// after a few attempts; `client` reads. Records that did not arrive are reported and are not an error. Errors:
// kPrecondition if there is no active stream, and what prevents reading at all (a denied listing, no network, Ctrl-C).
// `sources` are those that `observed` was read with. Waits.
Result<VerifyReport> verify_streams(aws::Client& client, aws::Client& sender, const SpecSources& sources,
                                    const Observed& observed, const VerifyOptions& options);

}  // namespace fhctl::pipeline
