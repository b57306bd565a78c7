// S3Destination to and from the JSON of Firehose. Pure. Only for .cc files.
#pragma once

#include "core/base/json.h"
#include "core/services/firehose.h"

namespace fhctl::firehose {

// ExtendedS3DestinationConfiguration of a new stream.
Json destination_configuration(const S3Destination& destination);
// ExtendedS3DestinationUpdate: every member that fhctl controls, the empty ones too, because a member that is not sent
// keeps its old value.
Json destination_update(const S3Destination& destination);
// From ExtendedS3DestinationDescription.
S3Destination read_destination(const Json& description);

}  // namespace fhctl::firehose
