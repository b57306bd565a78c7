// Proof that records arrive: marked records through every active stream, read back from the objects that Firehose makes
// of them. Changes nothing but the data: the marked records stay in it.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/aws/client.h"
#include "core/pipeline/observe.h"

namespace fhctl::pipeline {

inline constexpr int kVerifyRecordsMax = 500;                     // what one PutRecordBatch takes
inline constexpr std::size_t kVerifyObjectBytesMax = 256u << 20;  // packed; larger objects are not read

// What is known of one stream.
struct StreamProof {
  std::string stream;
  int wanted = 0;                    // records to send; 0: nothing could be sent
  int sent = 0;                      // that Firehose took, or may have taken
  int found = 0;                     // of those, read back
  int duplicates = 0;                // read more than once: delivery is at least once
  bool by_arrival = false;           // objects that fhctl does not look into (see `how`): that one arrived is the proof
  std::string how;                   // "ZIP", "processors": why it is by arrival
  int buffer_interval_s = 0;         // what its records may wait for
  std::optional<Duration> stored;    // from the sending to the last object's LastModified; S3 has whole seconds
  std::optional<Duration> seen;      // from the sending until fhctl had read it
  std::vector<std::string> objects;  // keys that hold the records
  std::string problem;               // where it stopped; empty: proven, or still under way
  std::string hint;

  // Everything that was sent is back, or as much as can be seen of it.
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
  std::vector<SkippedStream> skipped;  // draining: nothing is sent there
  std::vector<std::string> drift;      // what `fhctl up` would repair; read when something did not arrive
  bool proven() const;
};

struct VerifyOptions {
  std::string run_id;               // marks the records
  int records = 1;                  // to each stream, at most kVerifyRecordsMax
  std::optional<Duration> timeout;  // nullopt: the longest buffer interval and 90 s
  // After each look. Must not wait. May be empty.
  std::function<void(const VerifyReport&)> progress;
};

// Sends, waits, reads back; when something is missing at the end, looks where it stopped. `sender` should give up soon
// (a few attempts), `client` reads. What did not arrive is in the report and no error. Errors: kPrecondition when there
// is no active stream; what keeps it from looking at all (a denied listing, no network, Ctrl-C). `sources` are those
// that `observed` was read with. Waits.
Result<VerifyReport> verify_streams(aws::Client& client, aws::Client& sender, const SpecSources& sources,
                                    const Observed& observed, const VerifyOptions& options);

}  // namespace fhctl::pipeline
