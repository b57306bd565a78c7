// The S3 destination of a delivery stream: defaults, merging and what is not allowed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <nlohmann/json_fwd.hpp>

#include "sandbox/world.h"

namespace fhctl::sandbox {

// Fills in what AWS fills in, so that Describe shows it.
void add_destination_defaults(nlohmann::json& destination);

// UpdateDestination: members that are sent replace the old ones whole.
nlohmann::json merge_destination(nlohmann::json current, const nlohmann::json& update);

// Why AWS would refuse it, or that it is not simulated. Asks IAM about the role and S3 about the bucket.
std::optional<http::Response> refuse_destination(World& world, std::string_view region,
                                                 const nlohmann::json& destination);

// One element of "Destinations", with the older twin S3DestinationDescription.
nlohmann::json describe_destination(const nlohmann::json& destination);

inline constexpr const char* kDestinationId = "destinationId-000000000001";

// "bucket" of "arn:aws:s3:::bucket".
std::string bucket_of_arn(std::string_view arn);

}  // namespace fhctl::sandbox
