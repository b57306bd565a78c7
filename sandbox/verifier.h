// Signature Version 4 seen from the server: is this request, byte for byte, one that the holder of the key has signed?
// Written from AWS's description of the algorithm and without a line of the client's signer, so that a mistake in one
// is not repeated by the other. Stricter than AWS: every x-amz-* header, host and content-type must be signed.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/time.h"
#include "core/http/message.h"
#include "sandbox/options.h"

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
  std::optional<http::Response> refusal;  // in the wire form of the service; empty: the request is genuine
};

// Signing keys that were derived already, by the secret and the scope: deriving one costs more than all the rest.
using DerivedKeys = std::map<std::string, std::string>;

// `service_asked` is what the request looks like ("firehose" for its X-Amz-Target); its signature must say the same.
// The date must be within 5 minutes (S3: 15) of `now`, or of `now_shifted` when a test has moved the world's clock.
// A body in aws-chunked encoding is decoded in place: request.body becomes the payload, its trailers become headers.
Verdict verify(const Options& options, DerivedKeys& keys, http::Request& request, std::string_view service_asked,
               WallTime now, WallTime now_shifted);

}  // namespace fhctl::sandbox
