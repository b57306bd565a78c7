// The aws-chunked encoding of uploads by SDKs to S3: chunks with a signature each, or unsigned chunks followed by a
// checksum.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"

namespace fhctl::sandbox {

struct ChunkSigning {
  std::string key;             // the derived signing key, raw bytes
  std::string amz_date;        // "20260120T100411Z"
  std::string scope;           // "20260120/us-east-1/s3/aws4_request"
  std::string seed_signature;  // of the request's headers, hex
};

bool is_streaming_payload(std::string_view content_sha256);  // STREAMING-...

// Decodes request.body in place, and adds its trailers to the headers. `mode` is the value of x-amz-content-sha256.
// Returns an error response for a broken encoding, a wrong length or a wrong signature of a chunk.
std::optional<http::Response> decode_aws_chunked(http::Request& request, std::string_view mode,
                                                 const ChunkSigning& signing);

}  // namespace fhctl::sandbox
