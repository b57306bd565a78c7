// The simulated Amazon S3.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_s3(CloudState& world, const Incoming& incoming);

// The account that the bucket belongs to; empty if there is no such bucket.
std::string owner_of_bucket(const CloudState& world, const std::string& name);
// How Firehose delivers: under which role, and with which KMS key (empty: as the bucket encrypts).
struct Delivery {
  std::string role_arn{};
  std::string kms_key{};
};
// Firehose stores what it delivers. Returns nullopt on success, else the S3 error code ("NoSuchBucket").
std::optional<std::string> deliver_object(CloudState& world, const std::string& bucket, const std::string& key,
                                          std::string body, const Delivery& delivery = {});
// ARN of the KMS key with which the bucket encrypts by default; empty: none, or AWS's own.
std::string default_key_of_bucket(const CloudState& world, const std::string& bucket);
bool bucket_exists(CloudState& world, const std::string& bucket);

// --state DIR: the state of the service as text and back. load returns false if it cannot read the text.
std::string save_s3(const CloudState& world);
bool load_s3(CloudState& world, std::string_view text);

}  // namespace fhctl::sandbox
