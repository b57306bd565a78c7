// Searches the bucket for the marked records.
#pragma once

#include <string>
#include <vector>

#include "core/verify/verify_parts.h"

namespace fhctl::pipeline {

// Lists what has arrived for the streams that still wait and reads what is new. Waits.
Result<void> look_for_markers(aws::Client& client, std::vector<VerifiedStream>& streams, const VerifyReport& report);

// From which time on a stream's objects are listed: earlier than the sending, because Firehose names an object after
// its oldest record.
WallTime oldest_key_time(const VerifiedStream& stream, WallTime started);
// Rounded down: LastModified has whole seconds, and so has the clock with which the sending was timed.
bool modified_since(const std::string& last_modified, WallTime since);

}  // namespace fhctl::pipeline
