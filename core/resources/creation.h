// Creating a resource although responses get lost and AWS shows new resources late.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>

#include "core/aws/client.h"
#include "core/base/result.h"
#include "core/base/tags.h"

namespace fhctl::pipeline {

// How long a create call whose response is lost is repeated, as long as AWS does not show the resource.
inline constexpr Duration kLostAnswerPatience = std::chrono::seconds(5);

struct NewResource {
  aws::Service service;
  std::string kind;  // "role"
  std::string name;
};

// Calls `create`. If its response is lost, or says that the name is taken, the tags decide whether the resource is the
// one that this run wants: `read_tags` returns those that AWS shows (nullopt: no such resource). While AWS may still
// show an earlier state, both are repeated. kPrecondition when another process created the resource concurrently.
// Waits.
Result<void> create_until_shown(aws::Client& client, const NewResource& what, const Tags& wanted,
                                const std::function<Result<void>()>& create,
                                const std::function<Result<std::optional<Tags>>()>& read_tags);

}  // namespace fhctl::pipeline
