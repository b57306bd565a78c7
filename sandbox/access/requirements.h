// Which permissions a request needs: for each operation the actions, and the forms of the resources' ARNs, that AWS
// judges them by. After the Service Authorization Reference, and after denials that users have published.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sandbox/state/world.h"
#include "sandbox/wire/router.h"

namespace fhctl::sandbox {

struct Requirement {
  std::string action = {};    // "logs:CreateLogGroup"
  std::string resource = {};  // the ARN that policies are compared with; "*" for actions without resources
  std::string shown = {};     // the resource as a denial names it; empty: it names none
  std::map<std::string, std::string> context = {};  // keys in lower case
  std::map<std::string, std::vector<std::string>> lists = {};
};

// All of them must be allowed. An operation that has no row in the table needs an action of its own name on "*".
std::vector<Requirement> requirements_of(CloudState& world, const Incoming& incoming, const Route& route);

// The requirement of one object of DeleteObjects.
Requirement object_requirement(const CloudState& world, const Incoming& incoming, const std::string& action,
                               const std::string& resource_arn);

// Whether the table has a row for the operation.
bool has_requirement(std::string_view service, std::string_view operation);

}  // namespace fhctl::sandbox
