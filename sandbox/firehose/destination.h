// The S3 destination of a delivery stream: defaults, updates and validation.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "sandbox/state/world.h"

namespace fhctl::sandbox {

// Adds the defaults that AWS adds, so that Describe returns them.
void add_destination_defaults(nlohmann::json& destination);

// UpdateDestination: each member of the update replaces the old one as a whole.
nlohmann::json merge_destination(nlohmann::json current, const nlohmann::json& update);

// Returns the response if AWS would refuse the destination, or if it is not simulated. Checks the role with IAM and the
// bucket with S3.
std::optional<http::Response> refuse_destination(CloudState& world, std::string_view region,
                                                 const nlohmann::json& destination);

// Returns one element of "Destinations", with its older equivalent S3DestinationDescription.
nlohmann::json describe_destination(const nlohmann::json& destination);

inline constexpr const char* kDestinationId = "destinationId-000000000001";

// "bucket" of "arn:aws:s3:::bucket".
std::string bucket_of_arn(std::string_view arn);

}  // namespace fhctl::sandbox
