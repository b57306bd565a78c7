// Server side of Signature Version 4: checks that a request is, byte for byte, one that the holder of the key has
// signed. Written from AWS's description of the algorithm, without code of the client's signer, so that the two do not
// share a bug. Stricter than AWS: every x-amz-* header, host and content-type must be signed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/state/options.h"

namespace fhctl::sandbox {

struct Scope {
  std::string access_key_id;
  std::string date;  // "20260120"
  std::string region;
  std::string service;  // "firehose", "s3", "iam", "logs", "sts", "monitoring", "ssm"
  std::string text() const { return date + "/" + region + "/" + service + "/aws4_request"; }
};

struct Verdict {
  Scope scope;                            // as far as it could be read
  std::optional<http::Response> refusal;  // in the error format of the service; empty: the request is genuine
};

// Signing keys that were already derived, by secret and scope: deriving one costs more than all other checks.
using DerivedKeys = std::map<std::string, std::string>;

// `service_asked` is the service that the request is for ("firehose" by its X-Amz-Target); its signature must name the
// same. The date must be within 5 minutes (S3: 15) of `now`, or of `now_shifted` when a test has moved the clock. A
// body in aws-chunked encoding is decoded in place: request.body becomes the payload, its trailers become headers.
Verdict verify(const Options& options, DerivedKeys& keys, http::Request& request, std::string_view service_asked,
               WallTime now, WallTime now_shifted);

}  // namespace fhctl::sandbox
