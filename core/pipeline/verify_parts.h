// The steps of a verification, each on one stream's state. For verify.cc only.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "core/pipeline/verify.h"
#include "core/services/s3_objects.h"

namespace fhctl::pipeline {

// One stream that was sent to.
struct VerifiedStream {
  s3::BucketRef bucket;
  firehose::S3Destination destination;
  StreamProof proof;
  std::set<int> expected;      // numbers of the markers that Firehose took, or may have taken
  std::set<int> found;         // of those, read back
  std::set<std::string> read;  // keys that were looked at: none is read twice
  std::string obstacle;        // what kept an object from being read, or the bucket from being listed
  bool lost_bucket = false;    // waiting longer is of no use
  WallTime sent_at{};          // AWS's clock
  Instant sent_instant{};

  bool waiting() const { return !expected.empty() && !proof.arrived() && !lost_bucket; }
};

// AWS's clock, as its last answer told it.
WallTime server_now(const aws::Client& client);

// Sends the marked records in one batch; those that are refused a few times more. Waits.
Result<void> send_markers(aws::Client& sender, VerifiedStream& stream, const VerifyOptions& options);

// Lists what has arrived for the streams that still wait and reads what is new. Waits.
Result<void> look_for_markers(aws::Client& client, std::vector<VerifiedStream>& streams, const VerifyReport& report);

// Says of every stream that is not proven where it stopped, and fills in the report's drift. Waits.
Result<void> diagnose(aws::Client& client, const SpecSources& sources, const Observed& observed,
                      std::vector<VerifiedStream>& streams, VerifyReport& report);

// Where to look for a stream's objects: keys begin at `from`, which is earlier than the sending because Firehose names
// an object after its oldest record.
WallTime oldest_key_time(const VerifiedStream& stream, WallTime started);
// LastModified has whole seconds, and so has the clock that the sending was timed by.
bool modified_since(const std::string& last_modified, WallTime since);

}  // namespace fhctl::pipeline
