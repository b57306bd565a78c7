// The simulated AWS Identity and Access Management.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"
#include "sandbox/state/world.h"

namespace fhctl::sandbox {

http::Response handle_iam(CloudState& world, const Incoming& incoming);

// Firehose checks whether it can use a role for a stream. Returns nullopt if it can, else the message of the
// InvalidArgumentException with which CreateDeliveryStream and UpdateDestination refuse: the role does not exist, its
// trust policy does not allow Firehose, or IAM has not propagated it yet.
std::optional<std::string> refuse_role(CloudState& world, std::string_view role_arn);
// Whether the role may do this now, according to its inline policies as they have propagated. An explicit Deny wins.
// `context`: further condition keys of the request, in lower case.
bool role_may(CloudState& world, std::string_view role_arn, std::string_view action, std::string_view resource_arn,
              const std::map<std::string, std::string>& context = {});

// --state DIR: the state of the service as text and back. load returns false if it cannot read the text.
std::string save_iam(const CloudState& world);
bool load_iam(CloudState& world, std::string_view text);

}  // namespace fhctl::sandbox
