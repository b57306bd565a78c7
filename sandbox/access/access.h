// What the caller may do: judges each request by the policies of the caller, as IAM does.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/http/message.h"
#include "sandbox/state/world.h"
#include "sandbox/wire/router.h"

namespace fhctl::sandbox {

// Returns the response with which AWS refuses the request, or nullopt: it is allowed.
std::optional<http::Response> refuse_caller(CloudState& world, const Incoming& incoming, const Route& route);

// For Incoming::denied; empty if there are no policies. `world` and `incoming` must outlive it.
std::function<std::optional<std::string>(const std::string&, const std::string&)> judge_of(const CloudState& world,
                                                                                           const Incoming& incoming);

// What is wrong with a policy for Options::caller_policies, or nullopt.
std::optional<std::string> caller_policy_problem(std::string_view kind, std::string_view document);

}  // namespace fhctl::sandbox
